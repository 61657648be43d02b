// The shape of a sample as a smooth curve, for pictures. Pure.
// Source: Silverman, 1986, "Density Estimation for Statistics and Data Analysis", section 3.4 (the
// rule of thumb, equation 3.31) and 3.5 (values binned first; here linearly, Jones and Lotwick,
// 1984).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "absl/status/statusor.h"

namespace benchfleet {

// 0.9 min(s, IQR/1.34) n^(-1/5), in the unit of the values: too wide rather than too narrow where
// there are several humps. Where half of the values are equal the IQR says nothing and s alone
// counts; 0 where all are equal. Needs one finite value; `sorted` ascending. O(n).
double SilvermanBandwidth(std::span<const double> sorted);

// Where a density is wanted: `points` evenly spaced positions, both ends among them.
struct DensityGrid {
  double low = 0;
  double high = 1;
  size_t points = 0;  // at least two
  double step() const { return (high - low) / static_cast<double>(points - 1); }
};

// Estimated by a Gaussian kernel cut at four bandwidths, per unit of the values. Values outside of
// the grid count in the whole and add nothing.
struct Density {
  double bandwidth = 0;  // Silverman's, but never below the grid's step
  std::vector<double> at;
};

// InvalidArgument for values that are not finite or none, a grid without width, fewer than two
// points. `sorted` ascending. O(n + points^2).
absl::StatusOr<Density> EstimateDensity(std::span<const double> sorted, const DensityGrid& grid);

}  // namespace benchfleet
