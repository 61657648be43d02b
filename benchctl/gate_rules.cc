#include "benchctl/gate_rules.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>

#include "absl/strings/str_format.h"
#include "analysis/robust.h"
#include "analysis/summary.h"
#include "base/limits.h"
#include "base/status.h"
#include "base/text.h"
#include "benchctl/report.h"
#include "benchctl/table.h"

namespace benchfleet {
namespace {

std::optional<double> NumberOf(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) {
    return std::nullopt;
  }
  return number;
}

// "82%": 0.82.
std::optional<double> ShareOf(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  const auto number = NumberOf(text.substr(0, text.size() - 1));
  if (!number || *number < 0) return std::nullopt;
  return *number / 100;
}

// Words, comparison signs apart: "p99<50ms" is three.
std::vector<std::string> WordsOf(std::string_view text) {
  std::vector<std::string> words(1);
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ' ' || c == '\t') {
      words.emplace_back();
    } else if (c == '<' || c == '>') {
      const bool with_equals = i + 1 < text.size() && text[i + 1] == '=';
      words.emplace_back(text.substr(i, with_equals ? 2 : 1));
      words.emplace_back();
      i += with_equals;
    } else {
      words.back() += c;
    }
  }
  std::erase(words, "");
  return words;
}

bool IsSign(const std::string& word) {
  return word == "<" || word == "<=" || word == ">" || word == ">=";
}

// The words of one rule, taken from the front.
class RuleParser {
 public:
  RuleParser(std::vector<std::string> words, GateRule* rule)
      : words_(std::move(words)), rule_(*rule) {}

  absl::Status Parse() {
    BF_RETURN_IF_ERROR(TakeScope());
    if (words_.empty()) return Refuse("a rule is empty", "for example p99 < 50ms");
    if (words_[0] == "at") return ParseClaim();
    BF_RETURN_IF_ERROR(TakeValue());
    if (Next() == "regresses") return ParseRelative();
    if (IsSign(Next())) return ParseAbsolute();
    if (Next().empty()) return Refuse("the rule ends early", "<, > or 'regresses' after the value");
    return Refuse(Quoted(Next()), "<, <=, >, >= or 'regresses'", {"regresses", "of", "for"});
  }

 private:
  std::string Next() const { return at_ < words_.size() ? words_[at_] : ""; }
  static std::string Quoted(const std::string& word) { return "'" + Printable(word) + "'"; }

  static absl::Status Refuse(const std::string& what, const std::string& expected,
                             const std::vector<std::string>& names = {}) {
    const std::string word =
        what.size() > 2 && what[0] == '\'' ? what.substr(1, what.size() - 2) : std::string();
    return absl::InvalidArgumentError(absl::StrFormat("%s, expected %s%s", what, expected,
                                                      word.empty() ? "" : DidYouMean(word, names)));
  }

  // `expected` one after the other; false, and the place where it went wrong, where it is not so.
  absl::Status TakeWord(const std::string& expected) {
    if (Next() != expected) {
      return Refuse(Next().empty() ? "the rule ends early" : Quoted(Next()), "'" + expected + "'",
                    {expected});
    }
    ++at_;
    return absl::OkStatus();
  }

  absl::Status TakeEnd() {
    if (Next().empty()) return absl::OkStatus();
    return Refuse(Quoted(Next()), "the end of the rule or 'for WORKLOAD'", {"for", "in"});
  }

  absl::Status TakeScope() {
    const auto found = std::find(words_.begin(), words_.end(), "for");
    if (found == words_.end()) return absl::OkStatus();
    if (found + 1 == words_.end()) return Refuse("'for'", "the name of a workload after it");
    rule_.workload = *(found + 1);
    for (auto word = found + 2; word != words_.end(); ++word) {
      const size_t equals = word->find('=');
      if (equals == std::string::npos || equals == 0) {
        return Refuse(Quoted(*word), "PARAMETER=VALUE after the workload");
      }
      rule_.parameters[word->substr(0, equals)] = word->substr(equals + 1);
    }
    words_.erase(found, words_.end());
    return absl::OkStatus();
  }

  absl::Status TakeValue() {
    const std::string first = words_[at_++];
    if (IsSign(first)) return Refuse(Quoted(first), "a metric or a statistic before it");
    const bool digits = first.size() > 1 && first[0] == 'p' &&
                        first.find_first_not_of("0123456789.", 1) == std::string::npos;
    if (digits && !IsStatistic(first)) return Refuse(Quoted(first), "a quantile as p99 or p99.9");
    if (Next() == "of") {
      if (!IsStatistic(first)) {
        return Refuse(Quoted(first), "median, mean, min, max or a quantile as p99 before 'of'",
                      {"median", "mean", "min", "max"});
      }
      ++at_;
      if (Next().empty()) return Refuse("the rule ends early", "a metric after 'of'");
      rule_.statistic = first;
      rule_.metric = words_[at_++];
      return absl::OkStatus();
    }
    (IsStatistic(first) ? rule_.statistic : rule_.metric) = first;
    return absl::OkStatus();
  }

  absl::Status ParseAbsolute() {
    rule_.kind = RuleKind::kAbsolute;
    rule_.at_most = Next()[0] == '<';
    const std::string sign = Next();
    for (++at_; at_ < words_.size(); ++at_) {
      rule_.limit += (rule_.limit.empty() ? "" : " ") + words_[at_];
    }
    if (rule_.limit.empty()) {
      return Refuse("'" + sign + "'", "a limit after it, for example 50ms, 85MiB, 10k/s or 0.1%");
    }
    if (rule_.limit.find_first_of("0123456789") != 0) {
      return Refuse(Quoted(rule_.limit), "a limit as 50ms, 85MiB, 10k/s or 0.1%");
    }
    return absl::OkStatus();
  }

  absl::Status ParseRelative() {
    rule_.kind = RuleKind::kRelative;
    ++at_;
    if (Next() != "<" && Next() != "<=") {
      return Refuse(Next().empty() ? "the rule ends early" : Quoted(Next()),
                    "< and a share after 'regresses'");
    }
    ++at_;
    const auto share = ShareOf(Next());
    if (!share) {
      return Refuse(Next().empty() ? "the rule ends early" : Quoted(Next()), "a share as 5%");
    }
    rule_.share = *share;
    ++at_;
    return TakeEnd();
  }

  absl::Status ParseClaim() {
    rule_.kind = RuleKind::kClaim;
    ++at_;
    BF_RETURN_IF_ERROR(TakeWord("least"));
    const std::string amount = Next();
    ++at_;
    if (const auto share = ShareOf(amount)) {
      BF_RETURN_IF_ERROR(TakeGain(*share));
    } else if (amount.ends_with('x') &&
               NumberOf(std::string_view(amount).substr(0, amount.size() - 1))) {
      BF_RETURN_IF_ERROR(
          TakeFactor(*NumberOf(std::string_view(amount).substr(0, amount.size() - 1))));
    } else {
      return Refuse(amount.empty() ? "the rule ends early" : Quoted(amount),
                    "a share as 82% or a factor as 2.5x");
    }
    if (Next() == "baseline") {
      ++at_;
      rule_.side = "baseline:";
    }
    if (Next().empty()) return Refuse("the rule ends early", "a baseline, a job or a file");
    rule_.side += words_[at_++];
    if (Next() != "in") return TakeEnd();
    ++at_;
    if (Next().empty()) return Refuse("the rule ends early", "a metric after 'in'");
    rule_.metric = words_[at_++];
    return TakeEnd();
  }

  // "82% faster than": 82 % less time.
  absl::Status TakeGain(double share) {
    const std::vector<std::string> kWords = {"faster", "smaller", "better"};
    if (std::find(kWords.begin(), kWords.end(), Next()) == kWords.end()) {
      return Refuse(Next().empty() ? "the rule ends early" : Quoted(Next()),
                    "faster, smaller or better", kWords);
    }
    if (!(share < 1)) {
      return Refuse(
          absl::StrFormat("%g %% %s", 100 * share, Next()),
          "below 100% (82% faster: 82% less time); for more say 'at least 2.5x as fast as'");
    }
    ++at_;
    rule_.share = share;
    rule_.ratio = 1 - share;
    return TakeWord("than");
  }

  absl::Status TakeFactor(double factor) {
    if (!(factor > 0)) return Refuse("a factor of 0", "one above 0");
    rule_.share = factor;
    rule_.ratio = 1 / factor;
    BF_RETURN_IF_ERROR(TakeWord("as"));
    if (Next() != "fast" && Next() != "good") {
      return Refuse(Quoted(Next()), "fast or good", {"fast", "good"});
    }
    ++at_;
    return TakeWord("as");
  }

  std::vector<std::string> words_;
  GateRule& rule_;
  size_t at_ = 0;
};

absl::Status ParseRule(const std::string& text, GateRule* rule) {
  rule->text = text;
  return RuleParser(WordsOf(text), rule).Parse();
}

absl::StatusOr<const YamlNode*> ListOf(const YamlNode& root, std::string_view file) {
  if (root.kind == YamlNode::Kind::kList) return &root;
  if (root.kind != YamlNode::Kind::kMap) {
    return YamlError(file, root.at,
                     Describe(root) + ", expected a list of rules or `budgets:` with one");
  }
  for (const YamlNode::Entry& entry : root.entries) {
    if (entry.key != "budgets") {
      return YamlError(file, entry.key_at,
                       absl::StrFormat("unknown key '%s', expected 'budgets'%s",
                                       Printable(entry.key), DidYouMean(entry.key, {"budgets"})));
    }
    if (entry.value->kind == YamlNode::Kind::kList) return entry.value.get();
    return YamlError(file, entry.value->at, Describe(*entry.value) + ", expected a list of rules");
  }
  return YamlError(file, root.at, "no rule, expected `budgets:` with a list of them");
}

}  // namespace

bool IsStatistic(std::string_view word) {
  if (word == "median" || word == "mean" || word == "min" || word == "max") return true;
  if (word.size() < 2 || word[0] != 'p') return false;
  const auto number = NumberOf(word.substr(1));
  return number && *number > 0 && *number < 100;
}

double StatisticOf(const std::vector<double>& values, const std::string& statistic) {
  const Summary summary = Summarize(values);
  if (!summary.usable()) return std::numeric_limits<double>::quiet_NaN();
  if (statistic == "median") return summary.median;
  if (statistic == "mean") return summary.mean;
  if (statistic == "min") return summary.min;
  if (statistic == "max") return summary.max;
  const auto number = NumberOf(std::string_view(statistic).substr(1));
  return Quantile(values, number.value_or(50) / 100)
      .value_or(std::numeric_limits<double>::quiet_NaN());
}

std::string UsualStatistic(const std::string& metric) {
  if (metric == kRssPeakMetric) return "max";
  if (metric == "error_rate") return "mean";
  return "median";
}

absl::StatusOr<GateRule> ParseGateRule(const std::string& text, const std::string& place) {
  GateRule rule;
  rule.place = place;
  const absl::Status status = ParseRule(text, &rule);
  if (!status.ok()) return Annotate(status, place);
  return rule;
}

absl::StatusOr<std::vector<GateRule>> ParseGateRules(std::string_view text, std::string_view file) {
  BF_ASSIGN_OR_RETURN(const std::shared_ptr<const YamlNode> root, ParseYaml(text, file));
  if (root == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: the file is empty, expected a list of rules", file));
  }
  BF_ASSIGN_OR_RETURN(const YamlNode* const list, ListOf(*root, file));
  std::vector<GateRule> rules;
  for (const auto& item : list->items) {
    if (item->kind != YamlNode::Kind::kScalar) {
      return YamlError(file, item->at, Describe(*item) + ", expected a rule as p99 < 50ms");
    }
    GateRule rule;
    rule.place = absl::StrFormat("%s:%d", file, item->at.line);
    const absl::Status status = ParseRule(item->text, &rule);
    if (!status.ok()) return YamlError(file, item->at, Message(status));
    rules.push_back(std::move(rule));
  }
  if (rules.empty()) return YamlError(file, list->at, "no rule, expected at least one");
  return rules;
}

absl::StatusOr<std::vector<GateRule>> ReadGateRules(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return ErrnoError(errno, absl::StrFormat("opening '%s'", path));
  std::string text(limits::kMaxJobFileBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > limits::kMaxJobFileBytes) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s has more than %d KiB of rules", path, limits::kMaxJobFileBytes >> 10));
  }
  return ParseGateRules(text, path);
}

}  // namespace benchfleet
