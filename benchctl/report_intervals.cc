#include "benchctl/report_intervals.h"

#include <map>
#include <span>
#include <string>
#include <utility>

#include "analysis/estimate.h"
#include "analysis/quantile.h"
#include "analysis/shared_variance.h"
#include "base/status.h"

namespace benchfleet {
namespace {

// The runs' medians, a sample each: what an estimate is made of. Empty where the logarithm of one
// cannot be taken, or there is one run alone.
RunSamples MediansByRun(const ReportRow& row) {
  RunSamples runs;
  if (row.run_ends.size() < 2 || !row.summary.usable()) return runs;
  size_t start = 0;
  for (const size_t end : row.run_ends) {
    runs.push_back({MedianOf(std::span(row.samples).subspan(start, end - start))});
    if (runs.back()[0] <= 0) return {};
    start = end;
  }
  return runs;
}

}  // namespace

absl::Status SetIntervals(std::vector<ReportRow>* rows) {
  std::map<std::pair<std::string, std::string>, std::vector<ReportRow*>> alike;
  for (ReportRow& row : *rows) alike[{row.workload, row.metric.name}].push_back(&row);
  for (const auto& [what, group] : alike) {
    std::vector<ReportRow*> told;
    std::vector<RunSamples> things;
    for (ReportRow* row : group) {
      RunSamples runs = MediansByRun(*row);
      if (runs.empty()) continue;
      told.push_back(row);
      things.push_back(std::move(runs));
    }
    if (told.empty()) continue;
    BF_ASSIGN_OR_RETURN(const std::vector<SharedVariance> shared, ShareVariance(things));
    Estimator estimator({});
    for (size_t i = 0; i < told.size(); ++i) {
      BF_ASSIGN_OR_RETURN(const Estimate estimate, estimator.Of(things[i], shared[i]));
      if (!estimate.interval) continue;
      Summary& summary = told[i]->summary;
      const double scale = summary.median / estimate.value;
      summary.median_interval =
          Interval{.low = scale * estimate.interval->low, .high = scale * estimate.interval->high};
      told[i]->interval_over_runs = true;
    }
  }
  return absl::OkStatus();
}

}  // namespace benchfleet
