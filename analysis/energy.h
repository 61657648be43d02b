// How far apart two distributions are, and where a sequence is best split in two, by mean
// distances. Sources: Szekely and Rizzo, 2013, "Energy Statistics: A Class of Statistics Based on
// Distances"; Matteson and James, 2014, "A Nonparametric Approach for Multiple Change Point
// Analysis" (E-divisive).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "absl/status/statusor.h"

namespace benchfleet {

// 2 E|X-Y| - E|X-X'| - E|Y-Y'|, never below 0, 0 where both samples are alike. O(N log N).
absl::StatusOr<double> EnergyDistance(std::span<const double> a, std::span<const double> b);

enum class WithinMeans {
  kAllPairs,       // V statistic: over all t^2 pairs.
  kDistinctPairs,  // U statistic: over the t(t-1)/2 distinct pairs.
};

struct EnergySplits {
  // At index t-1, for the split after t points: t m/n (2 mean|x-y| - mean|x-x'| - mean|y-y'|), m =
  // n - t.
  std::vector<double> statistic;
  size_t best = 0;  // The t of the largest, the first of equals.
};
// Needs two values. O(n log n).
absl::StatusOr<EnergySplits> EnergyOfSplits(std::span<const double> values, WithinMeans within);

}  // namespace benchfleet
