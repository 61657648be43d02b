#include "analysis/t_tests.h"

#include <cmath>

#include "analysis/check.h"
#include "analysis/distribution.h"
#include "analysis/robust.h"
#include "base/status.h"

namespace benchfleet {
namespace {

struct Sides {
  Moments a;
  Moments b;
  double n = 0;
  double m = 0;
  double pooled_variance = 0;
};

absl::StatusOr<Sides> CheckedSides(std::span<const double> a, std::span<const double> b) {
  BF_RETURN_IF_ERROR(CheckSample(a, 2, "t test, first side"));
  BF_RETURN_IF_ERROR(CheckSample(b, 2, "t test, second side"));
  Sides sides{.a = MomentsOf(a), .b = MomentsOf(b)};
  sides.n = static_cast<double>(a.size());
  sides.m = static_cast<double>(b.size());
  sides.pooled_variance = ((sides.n - 1) * sides.a.variance + (sides.m - 1) * sides.b.variance) /
                          (sides.n + sides.m - 2);
  return sides;
}

absl::StatusOr<TTestResult> Finish(const Sides& sides, double standard_error,
                                   double degrees_of_freedom, double level) {
  BF_RETURN_IF_ERROR(CheckFraction(level, "confidence level"));
  TTestResult result;
  result.difference = sides.b.mean - sides.a.mean;
  result.standard_error = standard_error;
  result.degrees_of_freedom = degrees_of_freedom;
  result.interval = {.low = result.difference, .high = result.difference};
  if (!(standard_error > 0)) {
    if (result.difference == 0) return result;
    return absl::FailedPreconditionError(
        "t test: neither side varies, so there is no noise to judge the difference by");
  }
  result.t = result.difference / standard_error;
  result.p = 2 * StudentTail(std::abs(result.t), degrees_of_freedom);
  const double reach = StudentQuantile(0.5 + level / 2, degrees_of_freedom) * standard_error;
  result.interval = {.low = result.difference - reach, .high = result.difference + reach};
  return result;
}

}  // namespace

absl::StatusOr<TTestResult> WelchTest(std::span<const double> a, std::span<const double> b,
                                      double level) {
  BF_ASSIGN_OR_RETURN(const Sides sides, CheckedSides(a, b));
  const double from_a = sides.a.variance / sides.n;
  const double from_b = sides.b.variance / sides.m;
  const double sum = from_a + from_b;
  const double degrees_of_freedom =
      sum > 0 ? sum * sum / (from_a * from_a / (sides.n - 1) + from_b * from_b / (sides.m - 1))
              : sides.n + sides.m - 2;
  return Finish(sides, std::sqrt(sum), degrees_of_freedom, level);
}

absl::StatusOr<TTestResult> StudentTest(std::span<const double> a, std::span<const double> b,
                                        double level) {
  BF_ASSIGN_OR_RETURN(const Sides sides, CheckedSides(a, b));
  const double error = std::sqrt(sides.pooled_variance * (1 / sides.n + 1 / sides.m));
  return Finish(sides, error, sides.n + sides.m - 2, level);
}

absl::StatusOr<StandardizedEffect> StandardizedMeanDifference(std::span<const double> a,
                                                              std::span<const double> b) {
  BF_ASSIGN_OR_RETURN(const Sides sides, CheckedSides(a, b));
  const double difference = sides.b.mean - sides.a.mean;
  if (!(sides.pooled_variance > 0)) {
    if (difference == 0) return StandardizedEffect{};
    return absl::FailedPreconditionError("standardised effect: neither side varies");
  }
  StandardizedEffect effect;
  effect.cohens_d = difference / std::sqrt(sides.pooled_variance);
  effect.hedges_g = effect.cohens_d * (1 - 3 / (4 * (sides.n + sides.m) - 9));
  return effect;
}

}  // namespace benchfleet
