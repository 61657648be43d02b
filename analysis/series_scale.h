// A history made ready for change points: on a scale where effects add up, with its noise known and
// wild points drawn in.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace benchfleet {

// 1.4826 median |x_(i+1) - x_i| / sqrt 2: the noise of neighbours, which steps hardly touch. Where
// more than half of the neighbours are equal (a coarse timer), the root mean square of those
// differences, clipped at their 95 % quantile, so that a few steps do not pass for noise. 0 below
// two values; finite values.
double NeighbourNoise(std::span<const double> values);

// The median of the 11 points about `index` (fewer at the ends).
double RunningMedianAt(std::span<const double> values, size_t index);
// The value at `index` drawn in to at most `reach` from the median of the 11 points about it (fewer
// at the ends).
double ClippedAt(std::span<const double> values, size_t index, double reach);
inline constexpr size_t kClipHalfWidth = 5;

// True where all values are above 0: then ratios make sense and logarithms are taken.
bool AllPositive(std::span<const double> values);

}  // namespace benchfleet
