#include "analysis/summary.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "analysis/check.h"
#include "analysis/robust.h"

namespace benchfleet {

Summary Summarize(std::span<const double> values) {
  Summary summary;
  summary.n = values.size();
  summary.not_finite = static_cast<size_t>(std::ranges::count_if(
      values, [](double value) { return !(std::abs(value) <= kLargestValue); }));
  if (!summary.usable()) {
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    summary.min = summary.max = summary.mean = summary.stddev = kNone;
    summary.median = summary.p95 = summary.p99 = kNone;
    return summary;
  }
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const Moments moments = MomentsOf(sorted);
  summary.min = sorted.front();
  summary.max = sorted.back();
  summary.mean = std::clamp(moments.mean, summary.min, summary.max);
  summary.stddev = moments.n < 2 ? 0 : std::sqrt(moments.variance);
  summary.median = SortedQuantile(sorted, 0.5);
  summary.p95 = SortedQuantile(sorted, 0.95);
  summary.p99 = SortedQuantile(sorted, 0.99);
  const auto orders = QuantileOrders(static_cast<int64_t>(sorted.size()), 0.5, 0.95);
  if (orders.ok() && orders->lower >= 1 && orders->upper <= static_cast<int64_t>(sorted.size())) {
    summary.median_interval = Interval{.low = sorted[static_cast<size_t>(orders->lower - 1)],
                                       .high = sorted[static_cast<size_t>(orders->upper - 1)]};
  }
  return summary;
}

}  // namespace benchfleet
