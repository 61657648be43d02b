// From a comparison to what a report says and a gate does: the noise that the series has shown
// between equal builds, warn and fail thresholds, and what else changed between the sides.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/verdict.h"

namespace benchfleet {

enum class Severity { kNone, kWarning, kFailure };

// What is known of a side besides its samples; empty strings are unknown.
struct SideFacts {
  // Of the thing under test: equal hashes are the same binary, whatever the revision is called.
  std::string artefact_hash;
  // Kernel, governor, agent and plug-in versions and the like, by name: what may shift a series
  // without the thing under test having changed.
  std::map<std::string, std::string> conditions;
};

struct LadderOptions {
  VerdictOptions verdict;
  double warn = 0.10;  // a significant loss of this much warns (as a share: 0.10 is 10 %)
  double fail = 0.20;  // and of this much fails
  // What equal builds of this series were seen to differ by (|log ratio|, NoiseFloor below): a
  // shift within it is undecided, whatever its p. 0: not known.
  double noise_floor = 0;
};

struct Judgement {
  Comparison comparison;  // its verdict and reason are final
  Severity severity = Severity::kNone;
  // The same binary on both sides shifted: the environment did it, and the verdict is undecided.
  bool environment_fault = false;
  // Conditions that differ between the sides, by name, first suspects first: "kernel: 6.1 -> 6.5".
  std::vector<std::string> suspects;
  // A loss that would fail the gate is smaller than what the comparison can see.
  bool gate_is_blind = false;
};

// Rungs, in this order: the comparison; noise floor; same-binary veto; suspects; thresholds. Pure:
// a comparison adjusted over its report (AdjustVerdicts) can be judged again.
Judgement Judge(const Comparison& comparison, const SideFacts& baseline, const SideFacts& candidate,
                const LadderOptions& options);

// The floor that a series' own A/A pairs teach: the 95 % quantile of the size of their shifts
// (logarithms), never below `least`. Fewer than ten pairs teach nothing: `least`. NaN or infinity
// is refused.
absl::StatusOr<double> NoiseFloor(std::span<const double> same_build_log_shifts, double least);

// The same pairs give the rate at which `options` would have called a change: to be held against
// alpha.
absl::StatusOr<double> FalseAlarmRate(std::span<const Comparison> same_build,
                                      const VerdictOptions& options);

}  // namespace benchfleet
