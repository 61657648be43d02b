#include "analysis/run_variance.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "analysis/quantile.h"
#include "analysis/robust.h"

namespace benchfleet {
namespace {

constexpr double kClip = 2.5;
constexpr double kHistoryDegreesMax = 60;  // A long history may stem from other times.

}  // namespace

SumOfSquares WinsorisedSquares(std::span<const std::span<const double>> groups) {
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

HistoryVariance VarianceOfHistory(std::span<const std::vector<double>> log_history) {
  HistoryVariance result;
  if (log_history.size() < 2) return result;
  std::vector<double> medians;
  std::vector<std::span<const double>> groups;
  double inverse_runs = 0;
  for (const auto& revision : log_history) {
    medians.push_back(MedianOf(revision));
    groups.emplace_back(revision);
    inverse_runs += 1 / static_cast<double>(revision.size());
  }
  const auto revisions = static_cast<double>(log_history.size());
  result.mean_inverse_runs = inverse_runs / revisions;
  const auto differences = NoiseFromDifferences(medians, kClip);
  const double of_medians =
      differences.ok() ? differences->winsorised_sigma * differences->winsorised_sigma : 0;
  const SumOfSquares within = WinsorisedSquares(groups);
  double variance = of_medians;
  double degrees = (revisions - 1) / 2;  // Successive differences share their points.
  if (within.degrees_of_freedom > 0) {
    result.median_variance = of_medians;
    result.build_degrees = std::max(1.0, degrees);
    variance = within.variance();
    degrees = within.degrees_of_freedom;
  }
  result.run_degrees = std::min(degrees, kHistoryDegreesMax);
  result.run_sum = variance * result.run_degrees;
  return result;
}

}  // namespace benchfleet
