// The rules of a budgets file: what a job must hold, one rule a line.
//
// file     := YAML: a list of rules, or a map with that list under `budgets`
// rule     := (absolute | relative | claim) scope?
// absolute := value ("<" | "<=" | ">" | ">=") limit        p99 < 50ms, throughput > 10k/s
// relative := value "regresses" ("<" | "<=") share         p50 of latency regresses < 5%
// claim    := "at least" share ("faster" | "smaller" | "better") "than" side ("in" METRIC)?
//           | "at least" NUMBER "x as" ("fast" | "good") "as" side ("in" METRIC)?
// value    := statistic | METRIC | statistic "of" METRIC   a statistic alone is of latency
// statistic:= "median" | "mean" | "min" | "max" | "p" NUMBER
// side     := "baseline" NAME | a side as `benchctl compare` takes it
// scope    := "for" WORKLOAD-PATTERN (PARAMETER "=" VALUE)*
// share    := NUMBER "%"
// Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/yaml_tree.h"
#include "proto/model.h"

namespace benchfleet {

enum class RuleKind { kAbsolute, kRelative, kClaim };

struct GateRule {
  RuleKind kind = RuleKind::kAbsolute;
  std::string text;   // as written
  std::string place;  // "budgets.yaml:3"
  std::string metric = "latency";
  std::string statistic;  // "" is the usual one of the metric
  bool at_most = true;    // of kAbsolute: else at least
  std::string limit;      // of kAbsolute
  double share = 0;       // of kRelative: the largest loss; of kClaim: the least gain
  // Of kClaim: the new value over the old one must be at most this (where lower is better), its
  // inverse at least (where higher is better).
  double ratio = 1;
  std::string side;      // of kClaim
  std::string workload;  // a pattern; "" every workload
  StringMap parameters;  // that must have these values
};

// Errors are one line, "FILE:LINE:COLUMN: what, expected what (did you mean?)".
absl::StatusOr<std::vector<GateRule>> ParseGateRules(std::string_view text, std::string_view file);
// One rule; `place` is for messages ("--budget").
absl::StatusOr<GateRule> ParseGateRule(const std::string& text, const std::string& place);

absl::StatusOr<std::vector<GateRule>> ReadGateRules(const std::string& path);

// median, mean, min, max, p and a number above 0 and below 100.
bool IsStatistic(std::string_view word);
// Of finite values; NaN where there is none.
double StatisticOf(const std::vector<double>& values, const std::string& statistic);
// What a metric is judged by where nobody says: rss_peak max, error_rate mean, else median.
std::string UsualStatistic(const std::string& metric);

}  // namespace benchfleet
