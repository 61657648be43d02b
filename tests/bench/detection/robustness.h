// What should not matter to change points, and what must not alarm.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace benchfleet::bench {

// Prints
//  - F1 on every set after harmless transformations: points repeated, values rounded, points left
//    out, time or sign turned round;
//  - false alarms per 1,000 points of histories in which nothing changes, by kind and length;
//  - the share of steps found and kept as the history grows, by length.
absl::Status PrintRobustness(const std::string& folder, uint64_t seed);

}  // namespace benchfleet::bench
