// Quantiles of a sample and intervals for them that assume no distribution.
// Source of the definition: Hyndman and Fan, 1996, "Sample Quantiles in Statistical Packages",
// type 7. Source of the intervals: David and Nagaraja, 2003, "Order Statistics", section 7.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"

namespace benchfleet {

struct Interval {
  double low = 0;
  double high = 0;
  bool operator==(const Interval&) const = default;
};

// Type 7: with h = (n-1) p, linear between the order statistics floor(h) and floor(h)+1 (from 0).
// Needs one finite value and 0 <= p <= 1. O(n).
absl::StatusOr<double> Quantile(std::span<const double> values, double p);
absl::StatusOr<double> Median(std::span<const double> values);

// Several quantiles for one sort, in the order asked. O(n log n).
absl::StatusOr<std::vector<double>> Quantiles(std::span<const double> values,
                                              std::span<const double> probabilities);

// Which order statistics (counted from 1) bound the p-quantile of n independent values:
//   lower: the largest l with P(Bin(n, p) < l) <= (1-level)/2; 0 means minus infinity,
//   upper: the smallest u with P(Bin(n, p) >= u) <= (1-level)/2; n+1 means infinity.
// coverage = P(lower <= Bin(n, p) < upper), never below `level`.
struct OrderInterval {
  int64_t lower = 0;
  int64_t upper = 0;
  double coverage = 0;
};
absl::StatusOr<OrderInterval> QuantileOrders(int64_t n, double p, double level);

// The interval that those order statistics span; nothing where the sample is too small for a
// bounded one (a median at 95 % needs six values).
absl::StatusOr<std::optional<Interval>> QuantileInterval(std::span<const double> values, double p,
                                                         double level);
absl::StatusOr<std::optional<Interval>> MedianInterval(std::span<const double> values,
                                                       double level);

// Kernels for callers that have checked: not empty, finite, 0 <= p <= 1.
double SortedQuantile(std::span<const double> sorted, double p);
// Reorders `scratch`; O(n).
double MedianInPlace(std::span<double> scratch);
double MedianOf(std::span<const double> values);

}  // namespace benchfleet
