// What every function here asks of its input: finite numbers, enough of them, levels inside (0, 1).
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "absl/status/status.h"

namespace benchfleet {

// The largest size of a value: its square, and sums of those, are still numbers.
inline constexpr double kLargestValue = 1e150;

// InvalidArgument that names the first NaN, infinity or value beyond kLargestValue and its
// position, counted from 1: "candidate: value 3 of 10 is NaN".
absl::Status CheckFinite(std::span<const double> values, std::string_view name);

// CheckFinite, and at least `minimum` values: "candidate: 1 value where at least 2 are needed".
absl::Status CheckSample(std::span<const double> values, size_t minimum, std::string_view name);

// CheckSample, and every value above zero, since the logarithm is taken.
absl::Status CheckPositive(std::span<const double> values, size_t minimum, std::string_view name);

// InvalidArgument unless 0 < value < 1; for confidence levels, alphas and fractions.
absl::Status CheckFraction(double value, std::string_view name);

}  // namespace benchfleet
