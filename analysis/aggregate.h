// Comparing runs of which only number, mean and standard deviation were kept.
//
// Two runs or more a side: the run means are the sample, as if each run had one value, and Compare
// judges them. One run on a side: Welch's t on means, on the scale of logarithms
// (standard error of log mean = stddev / (mean sqrt n)), widened by what a single run cannot know
// (VerdictOptions::assumed_run_sigma, of few degrees of freedom). Iterations of one run are not
// independent and their autocorrelation is lost with the samples, so this is the most that the
// figures allow.
#pragma once

#include <cstdint>
#include <span>

#include "absl/status/statusor.h"
#include "analysis/verdict.h"

namespace benchfleet {

struct AggregateRun {
  uint64_t n = 0;
  double mean = 0;
  double stddev = 0;  // NaN: not known
};

// InvalidArgument names the side and run whose mean is NaN, infinite, 0 or below, and an empty
// side. A single run without a spread gives an undecided with the reason.
absl::StatusOr<Comparison> CompareAggregates(std::span<const AggregateRun> baseline,
                                             std::span<const AggregateRun> candidate,
                                             std::span<const std::vector<double>> history,
                                             const VerdictOptions& options);

}  // namespace benchfleet
