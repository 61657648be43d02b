// Generated histories and comparisons whose truth is known, for one seed each the same on every
// machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace benchfleet::bench {

enum class Noise { kLognormal, kHeavyTailed, kBimodal, kDrifting, kBursty, kQuantised };
inline constexpr Noise kNoises[] = {Noise::kLognormal, Noise::kHeavyTailed, Noise::kBimodal,
                                    Noise::kDrifting,  Noise::kBursty,      Noise::kQuantised};
const char* NoiseName(Noise noise);

struct GeneratedHistory {
  std::vector<double> values;
  std::vector<size_t> changes;  // of 5 % and more
  std::vector<size_t> small;    // of 2 %: finding them is neither right nor wrong
};
// 200 to 400 points about 100 with up to three steps of 2, 5, 10 or 20 %.
GeneratedHistory MakeHistory(Noise noise, uint64_t seed);

struct ComparisonCase {
  std::vector<std::vector<double>> baseline;  // runs of samples
  std::vector<std::vector<double>> candidate;
  std::vector<std::vector<double>> history;  // one run median a revision; may be empty
};
// `runs` a side of ten samples; runs differ by some percent, as machines do. The candidate is
// slower by `effect` (0.05: five percent).
ComparisonCase MakeComparison(Noise noise, size_t runs, size_t history, double effect,
                              uint64_t seed);

}  // namespace benchfleet::bench
