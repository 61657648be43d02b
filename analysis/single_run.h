// One run a side and nothing known of how runs differ: only the samples themselves can speak, and
// they speak less than their number, since neighbours are alike.
#pragma once

#include <cstddef>
#include <span>

namespace benchfleet {

inline constexpr size_t kSingleRunSamplesMin = 4;

struct SingleRunEvidence {
  bool usable = false;  // False below kSingleRunSamplesMin a side, or where no sample differs.
  double standard_error = 0;      // of the shift, as far as samples know it
  double degrees_of_freedom = 0;  // of the effective samples
};

// `a` and `b` in the order measured, `sorted_*` the same sorted; logarithms, mostly. From the width
// of Hodges and Lehmann's interval for independent samples (the ranks of Mann and Whitney), its
// variance inflated by the larger of (1+r)/(1-r), r the lag-1 autocorrelation of ranks, and what
// the medians of consecutive blocks show.
SingleRunEvidence JudgeSingleRuns(std::span<const double> a, std::span<const double> b,
                                  std::span<const double> sorted_a,
                                  std::span<const double> sorted_b);

// How many times larger the variance of a run's location is than for independent samples: at
// least 1, at most as many times as there are samples (a run is worth one of them at least).
double CorrelationInflation(std::span<const double> run);

}  // namespace benchfleet
