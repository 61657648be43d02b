#include <algorithm>
#include <cmath>

#include "analysis/across_hosts.h"
#include "analysis/check.h"
#include "analysis/distribution.h"
#include "analysis/multiple.h"
#include "analysis/robust.h"
#include "analysis/run_variance.h"
#include "base/status.h"

namespace benchfleet {
namespace {

// Fewer hosts leave open which one is off.
constexpr size_t kHostsToTellMin = 3;

// Host h's level against those of the others, which differ by more than their runs do.
double OutlierP(const std::vector<LogEstimate>& levels, size_t h, const AcrossOptions& options,
                double* shift) {
  std::vector<double> others;
  for (size_t i = 0; i < levels.size(); ++i) {
    if (i != h) others.push_back(levels[i].value);
  }
  const std::span<const double> group = others;
  const SumOfSquares spread = WinsorisedSquares({&group, 1});
  *shift = levels[h].value - PseudoMedian(others);
  // Equal machines are taken to differ by as much as runs of one build do, besides their runs' own
  // noise.
  const double run_variance = levels[h].variance;
  const double opinion = run_variance + options.assumed_run_sigma * options.assumed_run_sigma;
  const double degrees = spread.degrees_of_freedom + options.assumed_degrees;
  const double variance =
      std::max(run_variance, (spread.sum + options.assumed_degrees * opinion) / degrees);
  const double error =
      std::sqrt(variance * (1 + kPseudoMedianFactor / static_cast<double>(others.size())));
  const double beyond = std::max(0.0, std::abs(*shift) - options.floor);
  return std::min(1.0, 2 * StudentTail(beyond / error, degrees));
}

}  // namespace

absl::StatusOr<HostOutlierReport> FindHostOutliers(std::span<const AcrossSeries> suite,
                                                   const AcrossOptions& options) {
  BF_RETURN_IF_ERROR(CheckFraction(options.alpha, "alpha"));
  BF_ASSIGN_OR_RETURN(const std::vector<HostLogLevels> levels, SuiteLevels(suite, options));
  std::vector<HostOutlier> candidates;
  std::vector<double> p;
  for (size_t series = 0; series < levels.size(); ++series) {
    std::vector<size_t> hosts;
    std::vector<LogEstimate> present;
    for (size_t host = 0; host < levels[series].size(); ++host) {
      if (!levels[series][host]) continue;
      hosts.push_back(host);
      present.push_back(*levels[series][host]);
    }
    if (present.size() < kHostsToTellMin) continue;
    for (size_t i = 0; i < present.size(); ++i) {
      double shift = 0;
      p.push_back(OutlierP(present, i, options, &shift));
      candidates.push_back(
          {.host = hosts[i], .series = series, .ratio = std::exp(shift), .adjusted_p = 1});
    }
  }
  HostOutlierReport report;
  report.tested = candidates.size();
  if (candidates.empty()) {
    report.reason =
        "fewer than three hosts of this identity measured any one workload: which of two is off "
        "cannot be told";
    return report;
  }
  BF_ASSIGN_OR_RETURN(const std::vector<double> adjusted, AdjustPValues(p, Adjustment::kHolm));
  for (size_t i = 0; i < candidates.size(); ++i) {
    candidates[i].adjusted_p = adjusted[i];
    if (adjusted[i] <= options.alpha) report.outliers.push_back(candidates[i]);
  }
  std::stable_sort(
      report.outliers.begin(), report.outliers.end(),
      [](const HostOutlier& a, const HostOutlier& b) { return a.adjusted_p < b.adjusted_p; });
  return report;
}

}  // namespace benchfleet
