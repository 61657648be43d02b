// What the rules of a budgets file come to, on one job and its comparison. Pure functions.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/comparison_report.h"
#include "benchctl/gate_rules.h"

namespace benchfleet {

// kNotJudged: its limit is in no unit that the metric has.
enum class GateState { kHeld, kBroken, kUndecided, kNotMeasured, kNotJudged };
const char* GateStateName(GateState state);

// One rule on one series; or on nothing that was measured.
struct GateResult {
  std::string rule;
  std::string place;
  GateState state = GateState::kNotMeasured;
  std::string series;  // "crypto.sha256 size=1KiB, local-1"
  std::string actual;  // "48.1 ms", "+3.1% (+1.0% to +5.3%)"
  std::string reason;  // of what is not held
  // It cannot see what it is set to catch, and what could.
  std::string warning;
};

// The share that a row loses, at the estimate and at the bad end of its interval: 0.25 for a
// quarter more time, or a fifth less throughput. Below 0: a gain. Infinite where nothing is known.
struct Loss {
  double estimate = 0;
  double worst = 0;
};
Loss LossOf(const ComparisonRow& row);

struct GateInput {
  const Side* job = nullptr;
  const ComparisonReport* against = nullptr;  // null: nothing to compare with
  // By GateRule::side: the job compared with that side.
  std::map<std::string, ComparisonReport> claims;
};

// Relative rules on a statistic other than the whole distribution are about series of their own:
// adds to both sides, for each such rule, "p99 of latency", a value a run.
void AddStatisticSeries(const std::vector<GateRule>& rules, Side* side);

// Every rule on every series that it is about and in whose unit its limit is. Error: a
// relative rule with nothing to compare with.
absl::StatusOr<std::vector<GateResult>> JudgeGates(const std::vector<GateRule>& rules,
                                                   const GateInput& input);

}  // namespace benchfleet
