#include "analysis/across_hosts.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "absl/strings/str_format.h"
#include "analysis/check.h"
#include "analysis/distribution.h"
#include "analysis/robust.h"
#include "analysis/run_variance.h"
#include "base/status.h"

namespace benchfleet {
namespace {

// Two-sided 95 %: what a distribution-free interval of a median is turned into a variance by.
constexpr double kIntervalLevel = 0.95;
constexpr double kIntervalZ = 1.959963984540054;

// Log medians of a host's runs, and what their samples leave open of them.
struct HostRunLevels {
  std::vector<double> medians;
  std::vector<double> sampling_variances;  // of those runs that can tell
};

absl::Status AddRuns(const AcrossSeries& series, size_t host, HostRunLevels* levels) {
  for (const std::vector<double>& run : series.hosts[host].runs) {
    BF_RETURN_IF_ERROR(
        CheckPositive(run, 1, absl::StrFormat("%s, host %d", series.name, host + 1)));
    std::vector<double> logs(run.size());
    std::transform(run.begin(), run.end(), logs.begin(), [&series](double value) {
      return series.lower_is_better ? std::log(value) : -std::log(value);
    });
    BF_ASSIGN_OR_RETURN(const std::optional<Interval> interval,
                        MedianInterval(logs, kIntervalLevel));
    if (interval.has_value()) {
      const double sigma = (interval->high - interval->low) / (2 * kIntervalZ);
      levels->sampling_variances.push_back(sigma * sigma);
    }
    levels->medians.push_back(MedianInPlace(logs));
  }
  return absl::OkStatus();
}

// Of an aggregate its mean stands for the median: standard error of its logarithm stddev / (mean
// sqrt n).
absl::Status AddAggregates(const AcrossSeries& series, size_t host, HostRunLevels* levels) {
  for (const AggregateRun& run : series.hosts[host].aggregates) {
    BF_RETURN_IF_ERROR(
        CheckPositive({&run.mean, 1}, 1, absl::StrFormat("%s, host %d", series.name, host + 1)));
    if (run.n > 0 && std::isfinite(run.stddev)) {
      const double relative = run.stddev / run.mean;
      levels->sampling_variances.push_back(relative * relative / static_cast<double>(run.n));
    }
    levels->medians.push_back(series.lower_is_better ? std::log(run.mean) : -std::log(run.mean));
  }
  return absl::OkStatus();
}

// Sum of independent estimates, each times `factor`.
LogEstimate Sum(std::span<const LogEstimate> parts, double factor) {
  LogEstimate sum{.value = 0, .variance = 0, .degrees = 0};
  double squares = 0;
  for (const LogEstimate& part : parts) {
    const double variance = part.variance * factor * factor;
    sum.value += part.value * factor;
    sum.variance += variance;
    squares += variance * variance / part.degrees;
  }
  sum.degrees = squares > 0 ? sum.variance * sum.variance / squares : 1;
  return sum;
}

LogEstimate Difference(const LogEstimate& base, const LogEstimate& other) {
  LogEstimate negative = base;
  negative.value = -base.value;
  return Sum(std::vector<LogEstimate>{negative, other}, 1);
}

// Differences of the series that both hosts have.
std::vector<std::optional<LogEstimate>> SharedDifferences(const std::vector<HostLogLevels>& levels,
                                                          size_t base, size_t other) {
  std::vector<std::optional<LogEstimate>> result;
  for (const auto& hosts : levels) {
    result.emplace_back();
    if (hosts[base] && hosts[other]) result.back() = Difference(*hosts[base], *hosts[other]);
  }
  return result;
}

LogEstimate Mean(const std::vector<std::optional<LogEstimate>>& estimates, size_t* count) {
  std::vector<LogEstimate> present;
  for (const auto& estimate : estimates) {
    if (estimate) present.push_back(*estimate);
  }
  *count = present.size();
  return present.empty() ? LogEstimate{} : Sum(present, 1 / static_cast<double>(present.size()));
}

bool OnAllHosts(const HostLogLevels& hosts) {
  return std::all_of(hosts.begin(), hosts.end(),
                     [](const auto& level) { return level.has_value(); });
}

}  // namespace

CostRatio RatioOf(const LogEstimate& estimate, double level) {
  const double half =
      StudentQuantile((1 + level) / 2, estimate.degrees) * std::sqrt(estimate.variance);
  return {
      .ratio = std::exp(estimate.value),
      .interval = {.low = std::exp(estimate.value - half), .high = std::exp(estimate.value + half)},
      .log = estimate};
}

absl::StatusOr<HostLogLevels> HostLevels(const AcrossSeries& series, const AcrossOptions& options) {
  std::vector<HostRunLevels> runs(series.hosts.size());
  std::vector<std::span<const double>> groups;
  std::vector<double> variances;
  for (size_t host = 0; host < series.hosts.size(); ++host) {
    BF_RETURN_IF_ERROR(AddRuns(series, host, &runs[host]));
    BF_RETURN_IF_ERROR(AddAggregates(series, host, &runs[host]));
    variances.insert(variances.end(), runs[host].sampling_variances.begin(),
                     runs[host].sampling_variances.end());
  }
  const double sampling = variances.empty() ? 0 : MomentsOf(variances).mean;
  for (const HostRunLevels& host : runs) groups.emplace_back(host.medians);
  const SumOfSquares between = WinsorisedSquares(groups);
  const double assumed = options.assumed_run_sigma * options.assumed_run_sigma;
  const double degrees = between.degrees_of_freedom + options.assumed_degrees;
  const double moderated = (between.sum + options.assumed_degrees * assumed) / degrees;
  const double run_variance = std::max(moderated, sampling);

  HostLogLevels levels;
  for (const HostRunLevels& host : runs) {
    levels.emplace_back();
    if (host.medians.empty()) continue;
    levels.back() = LogEstimate{
        .value = PseudoMedian(host.medians),
        .variance = kPseudoMedianFactor * run_variance / static_cast<double>(host.medians.size()),
        .degrees = degrees};
  }
  return levels;
}

absl::StatusOr<std::vector<HostLogLevels>> SuiteLevels(std::span<const AcrossSeries> suite,
                                                       const AcrossOptions& options) {
  std::vector<HostLogLevels> levels;
  for (const AcrossSeries& series : suite) {
    if (series.hosts.size() != suite.front().hosts.size()) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s names %d hosts where %s names %d", series.name, series.hosts.size(),
                          suite.front().name, suite.front().hosts.size()));
    }
    BF_ASSIGN_OR_RETURN(levels.emplace_back(), HostLevels(series, options));
  }
  return levels;
}

absl::StatusOr<HostComparison> CompareHosts(std::span<const AcrossSeries> suite,
                                            std::span<const AcrossSeries> canary, size_t base,
                                            size_t other, const AcrossOptions& options) {
  BF_RETURN_IF_ERROR(CheckFraction(options.level, "level"));
  BF_ASSIGN_OR_RETURN(const std::vector<HostLogLevels> levels, SuiteLevels(suite, options));
  std::vector<std::optional<LogEstimate>> differences = SharedDifferences(levels, base, other);
  HostComparison result;
  LogEstimate mean = Mean(differences, &result.compared);
  if (!canary.empty()) {
    BF_ASSIGN_OR_RETURN(const std::vector<HostLogLevels> canary_levels,
                        SuiteLevels(canary, options));
    size_t shared = 0;
    const LogEstimate offset = Mean(SharedDifferences(canary_levels, base, other), &shared);
    if (shared == 0) {
      return absl::NotFoundError("no workload of the canary suite was measured on both hosts");
    }
    for (auto& difference : differences) {
      if (difference) difference = Difference(offset, *difference);
    }
    mean = Difference(offset, mean);
  }
  for (const auto& difference : differences) {
    result.series.emplace_back();
    if (difference) result.series.back() = RatioOf(*difference, options.level);
  }
  if (result.compared > 0) result.geometric_mean = RatioOf(mean, options.level);
  return result;
}

absl::StatusOr<Ranking> RankHosts(std::span<const AcrossSeries> suite,
                                  const AcrossOptions& options) {
  BF_RETURN_IF_ERROR(CheckFraction(options.level, "level"));
  if (suite.empty() || suite.front().hosts.size() < 2) {
    return absl::InvalidArgumentError("a ranking needs at least one workload and two hosts");
  }
  BF_ASSIGN_OR_RETURN(std::vector<HostLogLevels> levels, SuiteLevels(suite, options));
  std::erase_if(levels, [](const auto& hosts) { return !OnAllHosts(hosts); });
  if (levels.empty()) return absl::NotFoundError("no workload was measured on all of the hosts");

  const size_t hosts = suite.front().hosts.size();
  std::vector<LogEstimate> means;
  for (size_t host = 0; host < hosts; ++host) {
    std::vector<LogEstimate> parts;
    for (const auto& level : levels) parts.push_back(*level[host]);
    means.push_back(Sum(parts, 1 / static_cast<double>(parts.size())));
  }
  std::vector<size_t> order(hosts);
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&means](size_t a, size_t b) { return means[a].value < means[b].value; });

  const double pairs = static_cast<double>(hosts * (hosts - 1)) / 2;
  const double pair_level = 1 - (1 - options.level) / pairs;
  Ranking ranking{.hosts = {}, .compared = levels.size()};
  for (const size_t host : order) {
    RankedHost ranked{.host = host, .rank = 1, .against_first = {}};
    for (const size_t faster : order) {
      if (faster == host) break;
      const CostRatio ratio = RatioOf(Difference(means[faster], means[host]), pair_level);
      if (ratio.interval.low > 1) ++ranked.rank;
    }
    ranked.against_first =
        host == order.front()
            ? CostRatio{.ratio = 1, .interval = {.low = 1, .high = 1}, .log = {}}
            : RatioOf(Difference(means[order.front()], means[host]), options.level);
    ranking.hosts.push_back(ranked);
  }
  return ranking;
}

}  // namespace benchfleet
