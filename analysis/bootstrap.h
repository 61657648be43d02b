// Intervals for any statistic of a sample, by drawing from the sample itself. The seed is an input:
// the same seed gives the same interval on every machine. Sources: Efron, 1987, "Better Bootstrap
// Confidence Intervals" (BCa); Davison and Hinkley, 1997, "Bootstrap Methods and their
// Application", section 3.8 (hierarchical data).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/quantile.h"

namespace benchfleet {

// Gets a copy that it may reorder; never empty.
using Statistic = std::function<double(std::span<double>)>;
double MeanStatistic(std::span<double> values);
double MedianStatistic(std::span<double> values);

// Row r holds which values (from 0) resample r draws, in order.
using ResampleIndices = std::vector<std::vector<uint32_t>>;
// s = 6364136223846793005 s + 1442695040888963407 mod 2^64 from `seed`, index = (s >> 33) mod n.
ResampleIndices DrawIndices(uint64_t seed, size_t resamples, size_t n);

// How the bias correction counts replicates equal to the estimate.
enum class TiesWithEstimate { kHalf, kNone };

struct BootstrapResult {
  double estimate = 0;        // of the sample itself
  double bootstrap_mean = 0;  // of the replicates
  double standard_error = 0;  // their standard deviation, n - 1 in the divisor
  Interval percentile;        // type 7 quantiles of the replicates
  Interval basic;             // 2 estimate - the percentile interval, turned round
  Interval bca;               // percentiles at alpha_low and alpha_high
  // z0 = Phi^-1(share of replicates below the estimate), the share kept half a replicate away from
  // 0 and 1.
  double bias_correction = 0;
  // sum (m - j_i)^3 / (6 (sum (m - j_i)^2)^1.5), j_i the estimate without value i, m their mean.
  double acceleration = 0;
  double alpha_low = 0;
  double alpha_high = 0;
};
// Needs two values, two resamples, rows with every index below values.size(). The statistic must be
// finite.
absl::StatusOr<BootstrapResult> Bootstrap(std::span<const double> values,
                                          const ResampleIndices& indices,
                                          const Statistic& statistic, double level,
                                          TiesWithEstimate ties = TiesWithEstimate::kHalf);

// Samples within runs within hosts.
using HostRuns = std::vector<std::vector<std::vector<double>>>;

// The mean over hosts of the mean over runs of `statistic` of the run's samples.
absl::StatusOr<double> HierarchicalLocation(const HostRuns& hosts, const Statistic& statistic);

struct HierarchicalOptions {
  uint64_t seed = 1;
  size_t resamples = 2000;  // 1000 steadies a 95 % interval; more for 99 %
  double level = 0.95;
  // Draw samples within runs too: for short runs. Off, a run stands for itself.
  bool resample_samples = true;
};
struct HierarchicalRatio {
  double ratio = 1;  // location of the candidate over that of the baseline
  Interval interval;
};
// Hosts are drawn on each level in turn, both sides with the same host draw where they have the
// same number of hosts (the same machines measured both). All values above 0, no empty host or run.
absl::StatusOr<HierarchicalRatio> HierarchicalBootstrapRatio(const HostRuns& baseline,
                                                             const HostRuns& candidate,
                                                             const Statistic& statistic,
                                                             const HierarchicalOptions& options);

}  // namespace benchfleet
