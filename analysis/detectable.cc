#include "analysis/detectable.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "absl/strings/str_format.h"
#include "analysis/check.h"
#include "analysis/distribution.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr double kShiftPrecision = 1e-3;

// The chance of the outermost order of n and m runs: 1 / (n + m over n).
double OneSidedCeiling(size_t n, size_t m) {
  double chance = 1;
  for (size_t i = 1; i <= std::min(n, m) && chance > 0; ++i) {
    chance *= static_cast<double>(i) / static_cast<double>(std::max(n, m) + i);
  }
  return chance;
}

// The mean of the scores of t and of ranks, for normal runs so far apart. Mann-Whitney's expected
// value is n m Phi(shift / (sigma sqrt 2)), its variance n m (n + m + 1) / 12, and it ends where
// no run of one side lies among those of the other.
double ScoreExpected(const RunsDesign& design, double shift) {
  const double tail = StudentTail(shift / design.standard_error, design.degrees_of_freedom);
  const double z = tail > 0 ? -NormalQuantile(tail) : shift / design.standard_error;
  const auto n = static_cast<double>(design.baseline_runs);
  const auto m = static_cast<double>(design.candidate_runs);
  const double above =
      design.run_sigma > 0 ? NormalCdf(shift / (design.run_sigma * std::numbers::sqrt2)) : 1;
  const double chance =
      std::max(OneSidedCeiling(design.baseline_runs, design.candidate_runs), 1e-300);
  const double ranks =
      std::min((above - 0.5) * std::sqrt(12 * n * m / (n + m + 1)), -NormalQuantile(chance));
  return (z + design.rank_share * ranks) / 2;
}

}  // namespace

absl::StatusOr<double> MinimumDetectableShift(double standard_error, double degrees_of_freedom,
                                              double alpha, double power, double floor) {
  BF_RETURN_IF_ERROR(CheckFraction(alpha, "alpha"));
  BF_RETURN_IF_ERROR(CheckFraction(power, "power"));
  if (!(std::isfinite(standard_error) && standard_error >= 0 && degrees_of_freedom > 0 &&
        std::isfinite(floor) && floor >= 0)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("detectable effect: standard error %g, %g degrees of freedom, floor %g",
                        standard_error, degrees_of_freedom, floor));
  }
  return floor + (StudentQuantile(1 - alpha / 2, degrees_of_freedom) +
                  StudentQuantile(power, degrees_of_freedom)) *
                     standard_error;
}

bool RanksHaveASay(size_t baseline_runs, size_t candidate_runs) {
  return OneSidedCeiling(baseline_runs, candidate_runs) <= OneSidedCeiling(4, 4) * (1 + 1e-9);
}

absl::StatusOr<double> MinimumDetectableShiftOfRuns(const RunsDesign& design, double alpha,
                                                    double power, double floor) {
  const double error = design.standard_error;
  BF_ASSIGN_OR_RETURN(const double plain, MinimumDetectableShift(error, design.degrees_of_freedom,
                                                                 alpha, power, floor));
  if (!RanksHaveASay(design.baseline_runs, design.candidate_runs) || !(error > 0)) return plain;
  const double wanted = NormalQuantile(1 - alpha / 2);
  double low = 0;
  double high = plain;
  while (std::isfinite(high) && ScoreExpected(design, high) < wanted) {
    low = high;
    high *= 2;
  }
  while (high - low > kShiftPrecision * high) {
    const double middle = (low + high) / 2;
    (ScoreExpected(design, middle) < wanted ? low : high) = middle;
  }
  return floor + high + StudentQuantile(power, design.degrees_of_freedom) * error;
}

double RatioOfShift(double log_shift) { return std::expm1(log_shift); }

absl::StatusOr<int64_t> RunsNeeded(double run_variance, double shift, double alpha, double power,
                                   int64_t runs_max) {
  if (!(std::isfinite(run_variance) && run_variance >= 0 && shift > 0 && runs_max >= 2)) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "runs needed: variance %g, shift %g, at most %d runs", run_variance, shift, runs_max));
  }
  const auto found = [&](int64_t runs) -> absl::StatusOr<bool> {
    const auto count = static_cast<double>(runs);
    const RunsDesign design{.standard_error = std::sqrt(2 * run_variance / count),
                            .degrees_of_freedom = 2 * count - 2,
                            .run_sigma = std::sqrt(run_variance),
                            .baseline_runs = static_cast<size_t>(runs),
                            .candidate_runs = static_cast<size_t>(runs)};
    BF_ASSIGN_OR_RETURN(const double detectable,
                        MinimumDetectableShiftOfRuns(design, alpha, power, 0));
    return detectable <= shift;
  };
  BF_ASSIGN_OR_RETURN(const bool possible, found(runs_max));
  if (!possible) {
    return absl::OutOfRangeError(
        absl::StrFormat("more than %d runs a side would be needed", runs_max));
  }
  int64_t low = 2;
  int64_t high = runs_max;
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    BF_ASSIGN_OR_RETURN(const bool enough, found(middle));
    if (enough) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

}  // namespace benchfleet
