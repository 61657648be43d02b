#include "analysis/check.h"

#include <cmath>
#include <string>

#include "absl/strings/str_format.h"

namespace benchfleet {

absl::Status CheckFinite(std::span<const double> values, std::string_view name) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::abs(values[i]) <= kLargestValue) continue;
    const std::string what =
        std::isnan(values[i]) ? "NaN"
        : std::isinf(values[i])
            ? "infinite"
            : absl::StrFormat("%g, which is too large (at most %g)", values[i], kLargestValue);
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: value %d of %d is %s", std::string(name), i + 1, values.size(), what));
  }
  return absl::OkStatus();
}

absl::Status CheckSample(std::span<const double> values, size_t minimum, std::string_view name) {
  if (values.size() < minimum) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s: %d value%s where at least %d %s needed", std::string(name), values.size(),
        values.size() == 1 ? "" : "s", minimum, minimum == 1 ? "is" : "are"));
  }
  return CheckFinite(values, name);
}

absl::Status CheckPositive(std::span<const double> values, size_t minimum, std::string_view name) {
  if (absl::Status status = CheckSample(values, minimum, name); !status.ok()) return status;
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] > 0) continue;
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: value %d of %d is %g, and ratios need values above zero",
                        std::string(name), i + 1, values.size(), values[i]));
  }
  return absl::OkStatus();
}

absl::Status CheckFraction(double value, std::string_view name) {
  if (value > 0 && value < 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("%s is %g, expected more than 0 and less than 1", std::string(name), value));
}

}  // namespace benchfleet
