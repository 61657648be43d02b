#include "analysis/excursions.h"

#include <algorithm>
#include <cmath>

#include "analysis/quantile.h"
#include "analysis/series_scale.h"

namespace benchfleet {
namespace {

constexpr double kOrdinary = 3;  // Noises that neighbours ordinarily differ by.
constexpr size_t kLevelMin = 2;  // More than kClipHalfWidth points carry a running median anyway.

// The number of points at the end that all lie beyond `far` from the level before them, on one
// side of it.
size_t LevelAtEnd(std::span<const double> values, double far) {
  for (size_t length = kClipHalfWidth; length >= kLevelMin; --length) {
    if (values.size() < 2 * length + 1) continue;
    const auto last = values.last(length);
    const auto rest = values.first(values.size() - length);
    const double level = MedianOf(rest.last(std::min<size_t>(rest.size(), 2 * kClipHalfWidth + 1)));
    if (std::ranges::all_of(last, [&](double value) { return value > level + far; }) ||
        std::ranges::all_of(last, [&](double value) { return value < level - far; })) {
      return length;
    }
  }
  return 0;
}

}  // namespace

double ChanceOfExcursion(std::span<const std::vector<double>> log_history, double log_shift) {
  std::vector<double> medians;
  for (const auto& revision : log_history) medians.push_back(MedianOf(revision));
  const double far = std::max(std::abs(log_shift) / 2, kOrdinary * NeighbourNoise(medians));
  medians.resize(medians.size() - LevelAtEnd(medians, far));
  std::ranges::reverse(medians);
  medians.resize(medians.size() - LevelAtEnd(medians, far));
  double excursions = 0;
  for (size_t i = 0; i < medians.size(); ++i) {
    excursions += std::abs(medians[i] - RunningMedianAt(medians, i)) > far;
  }
  if (excursions == 0) return 0;
  return (excursions + 0.5) / (static_cast<double>(medians.size()) + 1);
}

}  // namespace benchfleet
