#include "coordinator/selector.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_format.h"
#include "base/text.h"

namespace benchfleet {
namespace {

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

const std::string* Find(const SelectableHost& host, const std::string& key) {
  if (key == "name") return &host.name;
  if (const auto label = host.labels.find(key); label != host.labels.end()) return &label->second;
  if (const auto field = host.fields.find(key); field != host.fields.end()) {
    return field->second == "absent" ? nullptr : &field->second;
  }
  return nullptr;
}

constexpr size_t kValuesTold = 8;

// Sorted, each once.
std::vector<std::string> ValuesOf(const std::string& key,
                                  const std::vector<SelectableHost>& hosts) {
  std::set<std::string> values;
  for (const SelectableHost& host : hosts) {
    if (const std::string* value = Find(host, key)) values.insert(*value);
  }
  return {values.begin(), values.end()};
}

std::vector<std::string> KeysOf(const std::vector<SelectableHost>& hosts) {
  std::set<std::string> keys = {"name"};
  for (const SelectableHost& host : hosts) {
    for (const auto& [key, value] : host.labels) keys.insert(key);
    for (const auto& [key, value] : host.fields) keys.insert(key);
  }
  return {keys.begin(), keys.end()};
}

}  // namespace

bool MatchesPattern(std::string_view text, std::string_view pattern) {
  // Greedy with one point of return, the last star: linear in text times pattern, however many
  // stars.
  size_t t = 0;
  size_t p = 0;
  size_t star = std::string_view::npos;
  size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

absl::StatusOr<Selector> Selector::Parse(std::string_view text) {
  Selector selector;
  std::string_view rest = Trim(text);
  while (!rest.empty()) {
    const size_t comma = rest.find(',');
    const std::string_view term_text = Trim(rest.substr(0, comma));
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    if (comma != std::string_view::npos && Trim(rest).empty()) {
      return absl::InvalidArgumentError(absl::StrFormat("selector '%s' ends with a comma", text));
    }
    SelectorTerm term;
    const size_t equals = term_text.find('=');
    if (equals == std::string_view::npos) {
      term.key = std::string(term_text);
    } else {
      const bool differs = equals > 0 && term_text[equals - 1] == '!';
      term.kind = differs ? SelectorTerm::Kind::kDiffers : SelectorTerm::Kind::kEquals;
      term.key = std::string(Trim(term_text.substr(0, differs ? equals - 1 : equals)));
      term.value = std::string(Trim(term_text.substr(equals + 1)));
    }
    if (term.key.empty() || term.key.find_first_of(" !\"'") != std::string::npos) {
      return absl::InvalidArgumentError(
          absl::StrFormat("selector '%s' has the term '%s' (expected key=value, key!=value or key, "
                          "joined by commas)",
                          text, term_text));
    }
    selector.terms_.push_back(std::move(term));
  }
  return selector;
}

bool Selector::Matches(const SelectorTerm& term, const SelectableHost& host) {
  const std::string* value = Find(host, term.key);
  switch (term.kind) {
    case SelectorTerm::Kind::kPresent:
      return value != nullptr;
    case SelectorTerm::Kind::kEquals:
      return value != nullptr && MatchesPattern(*value, term.value);
    case SelectorTerm::Kind::kDiffers:
      return value == nullptr || !MatchesPattern(*value, term.value);
  }
  return false;
}

bool Selector::Matches(const SelectableHost& host) const {
  return std::all_of(terms_.begin(), terms_.end(),
                     [&](const SelectorTerm& term) { return Matches(term, host); });
}

std::string WhyNoneFits(const Selector& selector, const std::vector<SelectableHost>& hosts) {
  for (const SelectorTerm& term : selector.terms()) {
    const bool fits = std::any_of(hosts.begin(), hosts.end(), [&](const SelectableHost& host) {
      return Selector::Matches(term, host);
    });
    if (fits) continue;
    const std::vector<std::string> values = ValuesOf(term.key, hosts);
    if (values.empty()) {
      return absl::StrFormat("no host has '%s'%s", term.key, DidYouMean(term.key, KeysOf(hosts)));
    }
    if (term.kind == SelectorTerm::Kind::kDiffers) {
      return absl::StrFormat("every host has %s=%s", term.key, term.value);
    }
    std::string known;
    for (const std::string& value : values) known += (known.empty() ? "" : ", ") + value;
    if (values.size() > 1) known = "one of " + known;
    return absl::StrFormat("no host has %s=%s%s%s", term.key, term.value,
                           values.size() > kValuesTold ? "" : ", expected " + known,
                           DidYouMean(term.value, values));
  }
  return "none has all of it";
}

}  // namespace benchfleet
