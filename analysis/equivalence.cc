#include "analysis/equivalence.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "analysis/check.h"
#include "analysis/distribution.h"
#include "base/status.h"

namespace benchfleet {
namespace {

absl::Status CheckEstimate(const EstimatedShift& estimate) {
  if (std::isfinite(estimate.shift) && std::isfinite(estimate.standard_error) &&
      estimate.standard_error > 0 && estimate.degrees_of_freedom > 0) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrFormat("shift %g with standard error %g and %g degrees of freedom cannot be tested",
                      estimate.shift, estimate.standard_error, estimate.degrees_of_freedom));
}

}  // namespace

absl::StatusOr<EquivalenceResult> TestEquivalence(const EstimatedShift& estimate, double margin,
                                                  double floor) {
  BF_RETURN_IF_ERROR(CheckEstimate(estimate));
  if (!(margin > 0 && floor >= 0)) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "equivalence margin %g and floor %g, expected above 0 and at least 0", margin, floor));
  }
  const auto tail = [&](double distance) {
    return StudentTail(distance / estimate.standard_error, estimate.degrees_of_freedom);
  };
  const double size = std::abs(estimate.shift);
  EquivalenceResult result;
  result.difference_p = std::min(1.0, 2 * tail(size));
  result.relevance_p = std::min(1.0, 2 * tail(std::max(0.0, size - floor)));
  result.equivalence_p = tail(margin - size);
  return result;
}

absl::StatusOr<Interval> ShiftInterval(const EstimatedShift& estimate, double level) {
  BF_RETURN_IF_ERROR(CheckEstimate(estimate));
  BF_RETURN_IF_ERROR(CheckFraction(level, "confidence level"));
  const double reach =
      StudentQuantile(0.5 + level / 2, estimate.degrees_of_freedom) * estimate.standard_error;
  return Interval{.low = estimate.shift - reach, .high = estimate.shift + reach};
}

}  // namespace benchfleet
