// The figures that reports, tables and the store's history show for one sample.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "analysis/quantile.h"

namespace benchfleet {

// In the unit of the values. Where there is no value, or one of them is NaN, infinite or beyond
// 1e150, nothing is computed from the rest: `n` is the number given, `not_finite` says how many are
// bad, and every figure is NaN (CheckFinite in analysis/check.h names the first of them).
struct Summary {
  size_t n = 0;
  size_t not_finite = 0;
  double min = 0;
  double max = 0;
  double mean = 0;
  double stddev = 0;  // n - 1 in the divisor; 0 for a single value.
  double median = 0;
  // 95 %, by order statistics (analysis/quantile.h); absent below six values.
  std::optional<Interval> median_interval;
  double p95 = 0;  // Quantiles of type 7.
  double p99 = 0;

  bool usable() const { return n > 0 && not_finite == 0; }
};

// O(n log n) time, one copy of the values.
Summary Summarize(std::span<const double> values);

}  // namespace benchfleet
