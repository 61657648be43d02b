#include "analysis/boundary.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "analysis/distribution.h"
#include "analysis/quantile.h"
#include "analysis/robust.h"
#include "analysis/run_variance.h"
#include "analysis/shift.h"

namespace benchfleet {
namespace {

constexpr size_t kNear = 6;         // Points a side that must show the step itself,
constexpr double kNearShare = 0.5;  // at least this share of it.
constexpr size_t kShortRun = 12;    // The longest stretch that may be a burst.
constexpr size_t kMemory = 10;      // Windows of the longer side in which bursts are counted.
constexpr double kRunsExpected =
    0.02;                            // As many chance runs make a burst a sufficient explanation.
constexpr double kRankShare = 0.85;  // Of the critical value, for Mann-Whitney.
constexpr double kSeparation = 0.6;  // Of its ceiling, where the windows are small.
constexpr double kShiftInflation =
    1.05;  // 1/0.955, the efficiency of Hodges-Lehmann for normal noise.

struct Windows {
  std::vector<double> before;  // sorted
  std::vector<double> after;
};

std::vector<double> SortedSlice(std::span<const double> values, size_t from, size_t to) {
  std::vector<double> slice(values.begin() + static_cast<std::ptrdiff_t>(from),
                            values.begin() + static_cast<std::ptrdiff_t>(to));
  std::sort(slice.begin(), slice.end());
  return slice;
}

size_t WindowStart(size_t from, size_t at, size_t window) {
  return at - from > window ? at - window : from;
}
size_t WindowEnd(size_t at, size_t to, size_t window) { return std::min(to, at + window); }

Windows TakeWindows(std::span<const double> values, const Boundary& boundary, size_t window) {
  return {SortedSlice(values, WindowStart(boundary.from, boundary.at, window), boundary.at),
          SortedSlice(values, boundary.at, WindowEnd(boundary.at, boundary.to, window))};
}

struct LocalError {
  double standard_error = 0;
  double degrees_of_freedom = 0;
};

LocalError ErrorOfShift(const Windows& windows, const BoundaryOptions& options) {
  const std::vector<std::span<const double>> sides = {windows.before, windows.after};
  const SumOfSquares own = WinsorisedSquares(sides);
  const double degrees = own.degrees_of_freedom + options.noise_degrees;
  LocalError error{.degrees_of_freedom = std::max(1.0, degrees)};
  const double variance =
      (own.sum + options.noise_degrees * options.noise * options.noise) / error.degrees_of_freedom;
  const double lengths = 1 / static_cast<double>(windows.before.size()) +
                         1 / static_cast<double>(windows.after.size());
  error.standard_error = std::sqrt(variance * options.long_run * kShiftInflation * lengths);
  return error;
}

// The normal score with the same tail as t.
double NormalScore(double t, double degrees_of_freedom) {
  constexpr double kFar = 30;  // Beyond, the tails are 0 in double precision.
  if (t > kFar) return t;
  const double tail = StudentTail(t, degrees_of_freedom);
  return tail > 0 ? -NormalQuantile(tail) : t;
}

// Mann-Whitney's score for "after lies `direction`-wards of before by more than the floor".
double RankScore(const Windows& windows, double direction, double floor) {
  double above = 0;
  size_t below = 0;
  size_t at_most = 0;
  std::vector<double> moved = windows.after;
  for (double& value : moved) value -= direction * floor;
  for (const double value : moved) {
    while (below < windows.before.size() && windows.before[below] < value) ++below;
    at_most = std::max(at_most, below);
    while (at_most < windows.before.size() && windows.before[at_most] <= value) ++at_most;
    above += static_cast<double>(below + at_most) / 2;
  }
  const double variance = MannWhitneyVariance(windows.before, moved);
  const double pairs = static_cast<double>(moved.size() * windows.before.size());
  return variance > 0 ? direction * (above - pairs / 2) / std::sqrt(variance) : 0;
}

bool ShowsStep(std::span<const double> values, const Boundary& boundary, double shift) {
  const Windows near = TakeWindows(values, boundary, kNear);
  const double step = Differences(near.before, near.after).Median();
  return step * (shift > 0 ? 1 : -1) >= kNearShare * std::abs(shift);
}

// How many runs as long as the shorter side one would expect from the longer side's own excursions
// beyond the middle between the levels. Excursions come in bursts, so the chance of the next is
// taken given the last.
bool MayBeBurst(std::span<const double> values, const Boundary& boundary, size_t window) {
  const size_t before = boundary.at - boundary.from;
  const size_t after = boundary.to - boundary.at;
  const size_t run = std::min(before, after);
  if (run > kShortRun) return false;
  const bool short_before = before < after;
  const size_t from =
      short_before ? boundary.at : WindowStart(boundary.from, boundary.at, kMemory * window);
  const size_t to =
      short_before ? WindowEnd(boundary.at, boundary.to, kMemory * window) : boundary.at;
  const auto longer = values.subspan(from, to - from);
  const double level = MedianOf(longer);
  const double excursion = MedianOf(short_before ? values.subspan(boundary.from, before)
                                                 : values.subspan(boundary.at, after));
  const double middle = level / 2 + excursion / 2;
  const double direction = excursion > level ? 1 : -1;
  double beyond = 0;
  double followed = 0;  // excursions whose next point is one too
  double with_next = 0;
  for (size_t i = 0; i < longer.size(); ++i) {
    if ((longer[i] - middle) * direction <= 0) continue;
    beyond += 1;
    if (i + 1 == longer.size()) continue;
    with_next += 1;
    followed += (longer[i + 1] - middle) * direction > 0;
  }
  if (beyond == 0) return false;
  const auto points = static_cast<double>(longer.size());
  const double chance = (beyond + 0.5) / (points + 1);
  const double again = std::max(chance, (followed + 0.5 * chance) / (with_next + 0.5));
  return points * chance * std::pow(again, static_cast<double>(run) - 1) > kRunsExpected;
}

}  // namespace

BoundaryEvidence JudgeBoundary(std::span<const double> values, const Boundary& boundary,
                               const BoundaryOptions& options) {
  const Windows windows = TakeWindows(values, boundary, options.window);
  const LocalError error = ErrorOfShift(windows, options);
  BoundaryEvidence evidence;
  evidence.shift = Differences(windows.before, windows.after).Median();
  evidence.standard_error = error.standard_error;
  evidence.degrees_of_freedom = error.degrees_of_freedom;
  const double beyond = std::abs(evidence.shift) - options.floor;
  if (beyond <= 0) return evidence;
  const double z = error.standard_error > 0
                       ? NormalScore(beyond / error.standard_error, error.degrees_of_freedom)
                       : std::numeric_limits<double>::infinity();
  const double rank = RankScore(windows, evidence.shift > 0 ? 1 : -1, options.floor);
  const auto n = static_cast<double>(windows.before.size());
  const auto m = static_cast<double>(windows.after.size());
  const double ceiling = std::sqrt(3 * n * m / (n + m + 1));
  const double needed = std::min(kRankShare * options.critical, kSeparation * ceiling);
  evidence.z = rank >= needed ? z : std::min(z, rank / needed * options.critical);
  if (!ShowsStep(values, boundary, evidence.shift)) evidence.z = 0;
  if (options.suspicious && evidence.z > 0 && MayBeBurst(values, boundary, options.window)) {
    evidence.z = 0;
  }
  return evidence;
}

size_t PolishedPosition(std::span<const double> values, const Boundary& boundary, size_t window,
                        size_t reach) {
  const size_t from = WindowStart(boundary.from, boundary.at, window);
  const size_t to = WindowEnd(boundary.at, boundary.to, window);
  const size_t first = std::max(from + 1, boundary.at > reach ? boundary.at - reach : size_t{1});
  const size_t last = std::min(to - 1, boundary.at + reach);
  double least = std::numeric_limits<double>::infinity();
  size_t best = boundary.at;
  for (size_t at = first; at <= last; ++at) {
    double sum = 0;
    for (const auto side : {values.subspan(from, at - from), values.subspan(at, to - at)}) {
      const double median = MedianOf(side);
      for (const double value : side) sum += std::abs(value - median);
    }
    if (sum < least - 1e-12 * std::abs(least) || !std::isfinite(least)) {
      least = sum;
      best = at;
    }
  }
  return best;
}

bool ReturnsToLevel(std::span<const double> values, size_t from, size_t start, size_t end,
                    size_t to, const BoundaryOptions& options) {
  Windows windows = {SortedSlice(values, WindowStart(from, start, options.window), start),
                     SortedSlice(values, end, WindowEnd(end, to, options.window))};
  const double shift = std::abs(Differences(windows.before, windows.after).Median());
  const double excursion =
      std::abs(MedianOf(values.subspan(start, end - start)) - SortedQuantile(windows.before, 0.5));
  if (shift < excursion / 4) return true;
  return shift - options.floor < 2 * ErrorOfShift(windows, options).standard_error;
}

}  // namespace benchfleet
