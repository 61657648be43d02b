#include "analysis/run_error.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "analysis/robust.h"

namespace benchfleet {
namespace {

constexpr double kRunShiftInflation =
    1.05;  // 1/0.955: Hodges-Lehmann's efficiency for normal noise.
constexpr double kMedianOfRuns =
    1.8;  // Variance of a median of h runs: at most this over h of one run's.
constexpr double kLeastSquare = 1e-18;  // Keeps degrees of freedom defined where nothing varies.
constexpr double kClippedDegreesMin = 16;
constexpr size_t kRobustRuns = 5;
constexpr double kAssumedDegreesMax = 10;
constexpr double kAssumedShare = 0.4;  // Of the deviation that single runs are taken to have.
constexpr double kDegreesPerRun = 5;

SumOfSquares PlainSquares(std::span<const double> a, std::span<const double> b) {
  SumOfSquares squares;
  for (const auto side : {a, b}) {
    const double degrees = static_cast<double>(side.size()) - 1;
    squares.sum += degrees * MomentsOf(side).variance;
    squares.degrees_of_freedom += degrees;
  }
  return squares;
}

}  // namespace

void EstimateRunError(std::span<const double> baseline, std::span<const double> candidate,
                      const HistoryVariance& history, const VerdictOptions& options,
                      Comparison* result) {
  const std::vector<std::span<const double>> sides = {baseline, candidate};
  const SumOfSquares plain = PlainSquares(baseline, candidate);
  const double degrees = plain.degrees_of_freedom + history.run_degrees;
  const SumOfSquares own = degrees < kClippedDegreesMin ? plain : WinsorisedSquares(sides);
  result->run_degrees = degrees;
  result->run_variance = degrees > 0 ? (own.sum + history.run_sum) / degrees : 0;
  const double unclipped = degrees > 0 ? (plain.sum + history.run_sum) / degrees : 0;
  if (history.median_variance > 0) {
    result->build_variance =
        std::max(0.0, history.median_variance -
                          kMedianOfRuns * history.mean_inverse_runs * result->run_variance);
  }
  result->build_degrees = history.build_degrees;
  const double little = std::max(0.0, 1 - degrees / kAssumedDegreesMax);
  const double assumed = options.assumed_run_sigma * options.assumed_run_sigma * little;
  const double tick = result->tick_relative * result->tick_relative / 12;
  double run_part = 0;
  double assumed_part = 0;  // what is only assumed of single runs has few degrees of freedom
  for (const auto side : sides) {
    const double variance = (side.size() < kRobustRuns ? std::max(unclipped, result->run_variance)
                                                       : result->run_variance) +
                            (side.size() > 1 ? kAssumedShare * kAssumedShare * assumed : 0) + tick;
    run_part += variance / static_cast<double>(side.size()) * kRunShiftInflation;
    if (side.size() == 1) assumed_part += assumed;
  }
  const double build_part = 2 * options.kappa * result->build_variance;
  const double square = run_part + build_part + assumed_part;
  result->standard_error = std::sqrt(square);
  const auto fewest = static_cast<double>(std::min(baseline.size(), candidate.size()));
  const double run_degrees = std::min(degrees, kDegreesPerRun * fewest + history.run_degrees);
  const double spread = run_part * run_part / std::max(1.0, run_degrees) +
                        build_part * build_part / result->build_degrees +
                        assumed_part * assumed_part / options.assumed_run_degrees;
  const double whole = square + kLeastSquare;
  result->degrees_of_freedom = spread > 0 ? whole * whole / spread : std::max(1.0, run_degrees);
}

}  // namespace benchfleet
