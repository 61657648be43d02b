// One report asks many questions; these keep the number of false alarms in it at the stated rate.
// Sources: Benjamini and Hochberg, 1995, "Controlling the False Discovery Rate"; Benjamini and
// Yekutieli, 2001, "The Control of the False Discovery Rate in Multiple Testing under Dependency";
// Holm, 1979, "A Simple Sequentially Rejective Multiple Test Procedure".
#pragma once

#include <span>
#include <vector>

#include "absl/status/statusor.h"

namespace benchfleet {

enum class Adjustment {
  kBenjaminiHochberg,   // share of false ones among the findings; the default of a report
  kBenjaminiYekutieli,  // the same under any dependency
  kHolm,                // chance of even one false finding
  kBonferroni,          // the same, one step
};

// Adjusted p values in the order given: what falls at or below alpha is a finding at rate alpha.
// Each p must be within [0, 1]. An empty list stays empty. O(m log m).
absl::StatusOr<std::vector<double>> AdjustPValues(std::span<const double> p, Adjustment adjustment);

}  // namespace benchfleet
