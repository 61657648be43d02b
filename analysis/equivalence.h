// "Not significant" is not "unchanged": these ask whether a shift is surely small, or surely large
// enough. Source: Schuirmann, 1987, "A Comparison of the Two One-Sided Tests Procedure and the
// Power Approach for Assessing the Equivalence of Average Bioavailability"; Goeman, Solari and
// Stijnen, 2010, "Three-Sided Hypothesis Testing" (difference beyond a floor).
#pragma once

#include "absl/status/statusor.h"
#include "analysis/quantile.h"

namespace benchfleet {

// An estimated shift whose error follows Student's t; any unit (logarithms of ratios, mostly).
struct EstimatedShift {
  double shift = 0;
  double standard_error = 0;      // above 0
  double degrees_of_freedom = 0;  // above 0; infinity for a normal error
};

struct EquivalenceResult {
  double difference_p = 1;  // two-sided p of "the shift is 0"
  double relevance_p = 1;   // two-sided p of "the shift is at most `floor` in size"
  double equivalence_p =
      1;  // larger of the one-sided p of "the shift is at least `margin` in size"
};
// margin > 0, floor >= 0.
absl::StatusOr<EquivalenceResult> TestEquivalence(const EstimatedShift& estimate, double margin,
                                                  double floor);

// shift -+ t standard errors.
absl::StatusOr<Interval> ShiftInterval(const EstimatedShift& estimate, double level);

}  // namespace benchfleet
