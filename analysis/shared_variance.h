// How much runs differ from each other, learnt from several things that were measured alike.
//
// Two or three runs of one thing say little of their variance: Student's quantile at one degree of
// freedom is 12.7, and an interval spans orders of magnitude. But the rows of one table were
// measured by the same programs on the same hosts, and their runs scatter by about the same share.
// With s_g^2 the variance of ln(run median) of thing g and d_g its degrees of freedom, g is lent
//
//   s_0^2 = sum over the others of d_h s_h^2 / sum of d_h,    d_0 = min(sum of d_h, 4),
//
// and its variance becomes (d_0 s_0^2 + d_g s_g^2) / (d_0 + d_g) with d_0 + d_g degrees of freedom
// (Estimator::Of). d_0 says how far things may be unlike: a variance known to 4 degrees of freedom
// is known to a factor of exp(0.8), so scatters (its roots) within a factor of 1.5 of each other
// are what it stands for. What has many runs of its own hardly notices.
//
// Source: Smyth, 2004, "Linear Models and Empirical Bayes Methods for Assessing Differential
// Expression in Microarray Experiments", section 3; d_0 is set, since some rows cannot tell it.
#pragma once

#include <span>
#include <vector>

#include "analysis/estimate.h"

namespace benchfleet {

// What each thing is lent by the others; {0, 0}, which changes nothing, where no other has two runs
// or no run of theirs differs from another. Errors: as Estimator::Of.
absl::StatusOr<std::vector<SharedVariance>> ShareVariance(std::span<const RunSamples> things);

}  // namespace benchfleet
