#include "analysis/series_scale.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "analysis/quantile.h"
#include "analysis/robust.h"

namespace benchfleet {

double NeighbourNoise(std::span<const double> values) {
  if (values.size() < 2) return 0;
  std::vector<double> sizes(values.size() - 1);
  for (size_t i = 0; i < sizes.size(); ++i) {
    sizes[i] = std::abs(values[i + 1] - values[i]) / std::numbers::sqrt2;
  }
  const double sigma = kMadToSigmaRounded * MedianOf(sizes);
  if (sigma > 0) return sigma;
  constexpr double kLeastReach = 1e-18;
  std::sort(sizes.begin(), sizes.end());
  const double reach = std::max(SortedQuantile(sizes, 0.95), kLeastReach);
  double squares = 0;
  for (const double size : sizes) squares += std::min(size, reach) * std::min(size, reach);
  return std::sqrt(squares / static_cast<double>(sizes.size()));
}

double RunningMedianAt(std::span<const double> values, size_t index) {
  const size_t first = index < kClipHalfWidth ? 0 : index - kClipHalfWidth;
  const size_t end = std::min(values.size(), index + kClipHalfWidth + 1);
  std::array<double, 2 * kClipHalfWidth + 1> scratch;
  const auto last = std::copy(values.begin() + static_cast<std::ptrdiff_t>(first),
                              values.begin() + static_cast<std::ptrdiff_t>(end), scratch.begin());
  return MedianInPlace(std::span(scratch.begin(), last));
}

double ClippedAt(std::span<const double> values, size_t index, double reach) {
  const double median = RunningMedianAt(values, index);
  return std::clamp(values[index], median - reach, median + reach);
}

bool AllPositive(std::span<const double> values) {
  return std::ranges::all_of(values, [](double value) { return value > 0; });
}

}  // namespace benchfleet
