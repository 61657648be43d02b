#include "coordinator/selector.h"

#include "absl/strings/str_format.h"

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

bool Selector::Matches(const SelectableHost& host) const {
  for (const SelectorTerm& term : terms_) {
    const std::string* value = Find(host, term.key);
    switch (term.kind) {
      case SelectorTerm::Kind::kPresent:
        if (value == nullptr) return false;
        break;
      case SelectorTerm::Kind::kEquals:
        if (value == nullptr || !MatchesPattern(*value, term.value)) return false;
        break;
      case SelectorTerm::Kind::kDiffers:
        if (value != nullptr && MatchesPattern(*value, term.value)) return false;
        break;
    }
  }
  return true;
}

}  // namespace benchfleet
