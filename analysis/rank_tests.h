// Tests and effect sizes that use the order of the values alone.
// Sources: Mann and Whitney, 1947; Cliff, 1993, "Dominance Statistics: Ordinal Analyses to Answer
// Ordinal Questions"; Vargha and Delaney, 2000, "A Critique and Improvement of the CL Common
// Language Effect Size".
#pragma once

#include <cstddef>
#include <span>

#include "absl/status/statusor.h"

namespace benchfleet {

enum class MannWhitneyMethod {
  kAuto,              // kExact where both sides have at most 20 values, else kNormalContinuity.
  kExact,             // Every allotment of the pooled midranks, so ties are exact too.
  kNormal,            // Tie-corrected variance.
  kNormalContinuity,  // And half a rank drawn in.
};

struct MannWhitneyResult {
  double u_a = 0;  // Pairs with a > b, ties counting half; u_a + u_b = n m.
  double u_b = 0;
  // Signed standard score of u_b, for the p below: positive where b tends to be larger.
  double z = 0;
  double p = 1;  // Two-sided: P(|U - nm/2| >= as far as observed).
  bool exact = false;
};

// Needs one value a side. All values equal: z 0, p 1. kExact refuses sides whose product of work is
// above 1e9 steps (some 100 values a side). O(N log N) but for kExact, O(N n^2 m).
absl::StatusOr<MannWhitneyResult> MannWhitney(std::span<const double> a, std::span<const double> b,
                                              MannWhitneyMethod method);

// P(b > a) - P(b < a), between -1 and 1. O(N log N).
absl::StatusOr<double> CliffsDelta(std::span<const double> a, std::span<const double> b);
// P(b > a) + P(b = a)/2, between 0 and 1.
absl::StatusOr<double> VarghaDelaneyA12(std::span<const double> a, std::span<const double> b);

}  // namespace benchfleet
