// One run a side and nothing known of how runs differ: only the samples themselves can speak, and
// they speak less than their number, since neighbours are alike.
#pragma once

#include <span>

#include "analysis/quantile.h"

namespace benchfleet {

struct SingleRunEvidence {
  bool usable = false;  // False below four samples a side, or where no sample differs.
  double p = 1;         // two-sided, of "the shift is within the floor"
  double standard_error = 0;
  double degrees_of_freedom = 0;  // of the effective samples
  Interval interval;              // of the shift
};

// `a` and `b` in the order measured, `sorted_*` the same sorted, `shift` their Hodges-Lehmann
// shift; logarithms, mostly. Mann-Whitney with its variance inflated by the larger of (1+r)/(1-r),
// r the lag-1 autocorrelation of ranks, and what the medians of consecutive blocks show; the
// interval of Hodges and Lehmann, widened alike.
SingleRunEvidence JudgeSingleRuns(std::span<const double> a, std::span<const double> b,
                                  std::span<const double> sorted_a,
                                  std::span<const double> sorted_b, double shift, double floor,
                                  double level);

// How many times larger the variance of a run's location is than for independent samples: at
// least 1.
double CorrelationInflation(std::span<const double> run);

}  // namespace benchfleet
