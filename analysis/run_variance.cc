#include "analysis/run_variance.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "analysis/quantile.h"
#include "analysis/robust.h"

namespace benchfleet {

SumOfSquares WinsorisedSquares(std::span<const std::span<const double>> groups) {
  constexpr double kClip = 2.5;
  static const double kConsistency = ClippedNormalVariance(kClip);
  std::vector<double> sizes;
  double used = 0;
  for (const auto group : groups) {
    if (group.empty()) continue;
    used += 1;
    const double median = MedianOf(group);
    for (const double value : group) sizes.push_back(std::abs(value - median));
  }
  SumOfSquares result;
  const auto n = static_cast<double>(sizes.size());
  result.degrees_of_freedom = n - used;
  if (!(result.degrees_of_freedom > 0)) return SumOfSquares{};
  const double scale =
      kMadToSigmaRounded * MedianOf(sizes) * std::sqrt(n / result.degrees_of_freedom);
  for (const double size : sizes) {
    const double kept = scale > 0 ? std::min(size, kClip * scale) : size;
    result.sum += kept * kept / kConsistency;
  }
  return result;
}

}  // namespace benchfleet
