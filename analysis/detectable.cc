#include "analysis/detectable.h"

#include <cmath>

#include "absl/strings/str_format.h"
#include "analysis/check.h"
#include "analysis/distribution.h"
#include "base/status.h"

namespace benchfleet {

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

double RatioOfShift(double log_shift) { return std::expm1(log_shift); }

absl::StatusOr<int64_t> RunsNeeded(double run_variance, double shift, double alpha, double power,
                                   int64_t runs_max) {
  if (!(std::isfinite(run_variance) && run_variance >= 0 && shift > 0 && runs_max >= 2)) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "runs needed: variance %g, shift %g, at most %d runs", run_variance, shift, runs_max));
  }
  const auto found = [&](int64_t runs) -> absl::StatusOr<bool> {
    const auto count = static_cast<double>(runs);
    BF_ASSIGN_OR_RETURN(const double detectable,
                        MinimumDetectableShift(std::sqrt(2 * run_variance / count), 2 * count - 2,
                                               alpha, power, 0));
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
