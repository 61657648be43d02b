// Means of samples within runs: how much of the noise comes from where, and what to repeat.
// Source: Kalibera and Jones, 2013, "Rigorous Benchmarking in Reasonable Time"; interval of a
// ratio: Fieller, 1954, "Some Problems in Interval Estimation".
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/quantile.h"

namespace benchfleet {

// Two levels: r runs of n samples each (n the same in all).
struct TwoLevelVariance {
  double mean = 0;
  double within = 0;        // S1: mean of the runs' own variances
  double of_run_means = 0;  // S2: variance of the run means
  // T2 = S2 - S1/n, the unbiased variance between runs; below 0 where there is no run effect.
  double between = 0;
  double half_width = 0;  // of the interval of the mean: t sqrt(S2 / r), r - 1 degrees of freedom
};
// Needs two runs of at least one sample each, all of one size.
absl::StatusOr<TwoLevelVariance> AnalyzeRuns(const std::vector<std::vector<double>>& runs,
                                             double level);

// The cheapest number of samples a run: sqrt(cost_run / cost_sample x S1 / T2). Absent where runs
// do not differ (T2 <= 0): then one long run is as good as many.
std::optional<double> BestSamplesPerRun(const TwoLevelVariance& variance, double cost_run,
                                        double cost_sample);

struct MeanRatio {
  double ratio = 1;
  // Fieller's interval; absent where the baseline's mean is not surely different from 0.
  std::optional<Interval> interval;
};
absl::StatusOr<MeanRatio> RatioOfMeans(const std::vector<std::vector<double>>& baseline,
                                       const std::vector<std::vector<double>>& candidate,
                                       double level);

}  // namespace benchfleet
