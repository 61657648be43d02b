// Time per iteration from batches of different length: a line through the origin.
// Source: ordinary least squares without intercept, as linear sampling of benchmark iterations uses
// it.
#pragma once

#include <span>

#include "absl/status/statusor.h"

namespace benchfleet {

struct SlopeThroughOrigin {
  double slope = 0;                // sum(n t) / sum(n^2)
  double r_squared_uncentred = 0;  // 1 - sum (t - slope n)^2 / sum t^2
};
// Same length, at least one pair, some n not 0; all-zero times give slope 0 and r squared 1.
absl::StatusOr<SlopeThroughOrigin> FitThroughOrigin(std::span<const double> iterations,
                                                    std::span<const double> times);

}  // namespace benchfleet
