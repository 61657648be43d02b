#include "analysis/slope.h"

#include "absl/strings/str_format.h"
#include "analysis/check.h"
#include "base/status.h"

namespace benchfleet {

absl::StatusOr<SlopeThroughOrigin> FitThroughOrigin(std::span<const double> iterations,
                                                    std::span<const double> times) {
  BF_RETURN_IF_ERROR(CheckSample(iterations, 1, "iterations"));
  BF_RETURN_IF_ERROR(CheckSample(times, 1, "times"));
  if (iterations.size() != times.size()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%d iteration counts for %d times", iterations.size(), times.size()));
  }
  long double products = 0;
  long double squares = 0;
  long double time_squares = 0;
  for (size_t i = 0; i < times.size(); ++i) {
    products += static_cast<long double>(iterations[i]) * times[i];
    squares += static_cast<long double>(iterations[i]) * iterations[i];
    time_squares += static_cast<long double>(times[i]) * times[i];
  }
  if (!(squares > 0)) return absl::InvalidArgumentError("iterations: all are 0");
  const long double slope = products / squares;
  long double residuals = 0;
  for (size_t i = 0; i < times.size(); ++i) {
    const long double residual = times[i] - slope * iterations[i];
    residuals += residual * residual;
  }
  SlopeThroughOrigin fit;
  fit.slope = static_cast<double>(slope);
  fit.r_squared_uncentred =
      time_squares > 0 ? static_cast<double>(1 - residuals / time_squares) : 1;
  return fit;
}

}  // namespace benchfleet
