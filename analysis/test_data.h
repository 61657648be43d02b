// Seeded random values for the tests.
#pragma once

#include <cmath>
#include <numbers>
#include <vector>

#include "base/ids.h"

namespace benchfleet {

// Box and Muller, one of the pair.
inline double NormalValue(Random& random) {
  const double radius = std::sqrt(-2 * std::log(1 - random.Uniform()));
  return radius * std::cos(2 * std::numbers::pi * random.Uniform());
}

inline std::vector<double> NormalValues(Random& random, size_t n, double mean, double sigma) {
  std::vector<double> values(n);
  for (double& value : values) value = mean + sigma * NormalValue(random);
  return values;
}

// Whole numbers below `bound`: plenty of ties.
inline std::vector<double> TiedValues(Random& random, size_t n, uint64_t bound) {
  std::vector<double> values(n);
  for (double& value : values) value = static_cast<double>(random.Below(bound));
  return values;
}

}  // namespace benchfleet
