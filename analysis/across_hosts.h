// Comparing machines rather than revisions: who is faster, by how much, and which machine of a kind
// is off. Different hardware never shares a series (docs/glossary.md), so these words are their
// own: no "regressed" here, only ratios, ranks and outliers.
//
// Everything is on logarithms of *cost*: a value where lower is better, its inverse where higher
// is. So 1.25 means "takes a quarter more", whatever the metric, and workloads of different units
// can be averaged (Fleming and Wallace, 1986, "How Not to Lie with Statistics: The Correct Way to
// Summarize Benchmark Results").
//
// The variance of one run is estimated over all hosts of a workload together (run medians about
// their host's median, run_variance.h), moderated with what runs of one build usually differ by
// (Smyth, 2004), and never below what the samples of a single run leave open. Degrees of freedom of
// sums after Satterthwaite, 1946.
//
// Pure functions; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/aggregate.h"
#include "analysis/quantile.h"

namespace benchfleet {

struct AcrossOptions {
  double level = 0.95;  // of intervals
  double alpha = 0.01;  // chance that any host of one identity is called off without being so
  // Smaller differences are not worth a word: |log ratio|.
  double floor = 0.005;
  // What runs of one build differ by (standard deviation of the logarithm) where nothing else is
  // known, and how many degrees of freedom that opinion is worth.
  double assumed_run_sigma = 0.01;
  double assumed_degrees = 4;
};

// What one host measured of a workload; nothing where it lacks it.
struct HostMeasurements {
  std::vector<std::vector<double>> runs;  // samples of each run, all above 0
  std::vector<AggregateRun> aggregates;   // runs whose samples were not kept; means above 0
};

// One workload with its parameters and metric as several hosts measured it.
struct AcrossSeries {
  std::string name;  // for messages
  bool lower_is_better = true;
  // In one unit. The order of hosts is the same in all series of one call.
  std::vector<HostMeasurements> hosts;
};

// An estimate of a log cost, or of a difference of two.
struct LogEstimate {
  double value = 0;
  double variance = 0;  // of `value`
  double degrees = 1;   // of freedom, for Student's t
};

// exp of a LogEstimate and its interval.
struct CostRatio {
  double ratio = 1;
  Interval interval;
  LogEstimate log;
};
CostRatio RatioOf(const LogEstimate& estimate, double level);

// Of every host, in order; absent where the host lacks the workload.
using HostLogLevels = std::vector<std::optional<LogEstimate>>;
// The log cost of one workload on every host. InvalidArgument names series, host (counted from 1)
// and value that is NaN, infinite, zero or negative.
absl::StatusOr<HostLogLevels> HostLevels(const AcrossSeries& series, const AcrossOptions& options);
// Of a whole suite. InvalidArgument too when the series differ in their number of hosts.
absl::StatusOr<std::vector<HostLogLevels>> SuiteLevels(std::span<const AcrossSeries> suite,
                                                       const AcrossOptions& options);

// Host `other` against host `base` over a suite.
struct HostComparison {
  std::vector<std::optional<CostRatio>> series;  // as given; absent where one of both lacks it
  std::optional<CostRatio> geometric_mean;       // over the series that both have
  size_t compared = 0;
};
// With `canary` series their mean log ratio is taken off every ratio, and its error carried
// through: what remains is how the hosts differ beyond the canary suite. NotFound when the hosts
// share no canary.
absl::StatusOr<HostComparison> CompareHosts(std::span<const AcrossSeries> suite,
                                            std::span<const AcrossSeries> canary, size_t base,
                                            size_t other, const AcrossOptions& options);

// Hosts from the fastest to the slowest by geometric mean over the series that all of them have.
struct RankedHost {
  size_t host = 0;
  // 1 for the fastest; hosts that cannot be told apart share a rank: one more than the number of
  // hosts that are surely faster.
  size_t rank = 1;
  CostRatio against_first;
};
struct Ranking {
  std::vector<RankedHost> hosts;
  size_t compared = 0;  // series that all hosts have
};
// Intervals are widened for the number of pairs (Bonferroni). NotFound when no series is on all
// hosts; needs two hosts.
absl::StatusOr<Ranking> RankHosts(std::span<const AcrossSeries> suite,
                                  const AcrossOptions& options);

// One host that stands out from the others of the same identity.
struct HostOutlier {
  size_t host = 0;
  size_t series = 0;
  double ratio = 1;  // cost against the others' pseudo-median (Hodges and Lehmann, 1963)
  double adjusted_p = 1;
};
struct HostOutlierReport {
  // Most significant first; |log ratio| above the floor and adjusted p (Holm over all host-series
  // pairs) at or below alpha.
  std::vector<HostOutlier> outliers;
  size_t tested = 0;
  // Why nothing could be tested: with two hosts one sees that they differ, not which is off.
  std::string reason;
};
// The hosts of all series must be of one identity. Each host is held against the others: t with the
// variance between those (their levels, winsorised), a prediction interval, not one of the mean.
absl::StatusOr<HostOutlierReport> FindHostOutliers(std::span<const AcrossSeries> suite,
                                                   const AcrossOptions& options);

}  // namespace benchfleet
