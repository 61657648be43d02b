#include "analysis/density.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "absl/strings/str_format.h"
#include "analysis/check.h"
#include "analysis/quantile.h"
#include "analysis/robust.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr double kKernelReach = 4;  // bandwidths; what lies beyond is 6e-5 of the whole

// How many values each position of the grid stands for: a value between two of them is shared.
std::vector<double> LinearBins(std::span<const double> values, const DensityGrid& grid) {
  std::vector<double> bins(grid.points);
  for (const double value : values) {
    const double place = (value - grid.low) / grid.step();
    const double left = std::floor(place);
    const double share = place - left;
    if (left >= 0 && left < static_cast<double>(grid.points)) {
      bins[static_cast<size_t>(left)] += 1 - share;
    }
    if (left >= -1 && left + 1 < static_cast<double>(grid.points)) {
      bins[static_cast<size_t>(left + 1)] += share;
    }
  }
  return bins;
}

}  // namespace

double SilvermanBandwidth(std::span<const double> sorted) {
  const auto n = static_cast<double>(sorted.size());
  const double deviation = std::sqrt(MomentsOf(sorted).variance);
  const double quartiles = SortedQuantile(sorted, 0.75) - SortedQuantile(sorted, 0.25);
  const double spread = quartiles > 0 ? std::min(deviation, quartiles / 1.34) : deviation;
  return 0.9 * spread * std::pow(n, -0.2);
}

absl::StatusOr<Density> EstimateDensity(std::span<const double> sorted, const DensityGrid& grid) {
  BF_RETURN_IF_ERROR(CheckSample(sorted, 1, "density"));
  if (grid.points < 2 || !(grid.high > grid.low)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("density: a grid of %d points from %g to %g, expected two or more over a "
                        "width",
                        grid.points, grid.low, grid.high));
  }
  Density density;
  density.bandwidth = std::max(SilvermanBandwidth(sorted), grid.step());
  const std::vector<double> bins = LinearBins(sorted, grid);
  const auto reach = static_cast<size_t>(std::ceil(
      std::min(kKernelReach * density.bandwidth / grid.step(), static_cast<double>(grid.points))));
  std::vector<double> kernel(reach + 1);
  const double whole =
      static_cast<double>(sorted.size()) * density.bandwidth * std::sqrt(2 * std::numbers::pi);
  for (size_t i = 0; i <= reach; ++i) {
    const double z = static_cast<double>(i) * grid.step() / density.bandwidth;
    kernel[i] = std::exp(-z * z / 2) / whole;
  }
  density.at.resize(grid.points);
  for (size_t from = 0; from < grid.points; ++from) {
    if (bins[from] == 0) continue;
    const size_t first = from > reach ? from - reach : 0;
    const size_t last = std::min(from + reach, grid.points - 1);
    for (size_t to = first; to <= last; ++to) {
      density.at[to] += bins[from] * kernel[to > from ? to - from : from - to];
    }
  }
  return density;
}

}  // namespace benchfleet
