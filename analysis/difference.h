// Comparing what may be 0 or below: error rates, counts, processor time that a coarse clock rounds
// to 0. Ratios and logarithms say nothing there, so the shift is a difference of means.
//
// A run counts as one value, its mean (of zeros and ones the median tells nothing). Welch's t on
// the runs' means, its null "the difference is within floor x the baseline's mean"; from four runs
// a side on the mean of that z and Mann-Whitney's on the same values. "Unchanged" needs an interval
// within equivalence x the baseline's mean.
// Source: Welch, 1947 (analysis/t_tests.h); Mann and Whitney, 1947 (analysis/rank_tests.h).
#pragma once

#include "absl/status/statusor.h"
#include "analysis/verdict.h"

namespace benchfleet {

// History is not used: runs of either side speak for themselves. One run on a side, or runs that do
// not vary and differ by less than their ranks can decide, give an undecided with the reason.
// InvalidArgument names the side and value that is NaN or infinite, and an empty side or run.
absl::StatusOr<Comparison> CompareDifferences(const VerdictInput& input,
                                              const VerdictOptions& options);

// True where Compare would refuse the values since one of them is 0 or below.
bool NeedsDifferences(const VerdictInput& input);

}  // namespace benchfleet
