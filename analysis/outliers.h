// Values that lie outside what the rest of a sample suggests: named, never removed.
// Sources: Tukey, 1977, "Exploratory Data Analysis" (fences); Iglewicz and Hoaglin, 1993, "How to
// Detect and Handle Outliers" (modified z score).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/quantile.h"

namespace benchfleet {

enum class OutlierClass { kLowSevere, kLowMild, kNormal, kHighMild, kHighSevere };

struct OutlierReport {
  Interval mild_fences;               // quartiles (type 7) -+ 1.5 interquartile ranges
  Interval severe_fences;             // -+ 3
  std::vector<OutlierClass> classes;  // one a value, in the order given
  size_t low_severe = 0;
  size_t low_mild = 0;
  size_t high_mild = 0;
  size_t high_severe = 0;
  size_t count() const { return low_severe + low_mild + high_mild + high_severe; }
};
// Needs one value; a value on a fence is inside.
absl::StatusOr<OutlierReport> ClassifyOutliers(std::span<const double> values);

// quartile_low - reach IQR, quartile_high + reach IQR.
absl::StatusOr<Interval> TukeyFences(std::span<const double> values, double reach);

// (x - median) / (1.4826 MAD); all 0 where the MAD is 0 and x is the median, infinite for the
// others.
absl::StatusOr<std::vector<double>> ModifiedZScores(std::span<const double> values);

}  // namespace benchfleet
