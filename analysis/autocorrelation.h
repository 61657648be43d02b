// How much one value says about the next, and how many independent values a sample is worth.
// Source: Box, Jenkins and Reinsel, 1994, "Time Series Analysis", section 2.1; effective size of a
// first-order process: Bayley and Hammersley, 1946, "The 'Effective' Number of Independent
// Observations".
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "absl/status/statusor.h"

namespace benchfleet {

// r_k = sum (x_i - mean)(x_(i+k) - mean) / sum (x_i - mean)^2 for k = 1 .. lags. Needs lags + 1
// values; all equal gives zeros. O(n lags).
absl::StatusOr<std::vector<double>> Autocorrelation(std::span<const double> values, size_t lags);

// n (1 - r1)/(1 + r1), r1 drawn up to 0 where it is negative: between 0 and n. Needs two values.
absl::StatusOr<double> EffectiveSize(std::span<const double> values);

// Lag-1 autocorrelation of the ranks (midranks for ties), which no wild value can feign or hide.
absl::StatusOr<double> RankAutocorrelation(std::span<const double> values);

}  // namespace benchfleet
