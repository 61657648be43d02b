// What a job measured, ready to be shown: one row per host, workload, parameters and metric, the
// runs that failed and why, the budgets, the conditions; and, where the store has them, how the job
// compares with what was measured before, and the history of its series. Computed once, by
// BuildReport here and AddContext (report_context); all formats only render it. Pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/comparison_report.h"
#include "analysis/sample_shape.h"
#include "analysis/summary.h"
#include "benchctl/results.h"
#include "benchctl/run_remarks.h"
#include "benchctl/trend.h"
#include "proto/control.h"

namespace benchfleet {

// In bytes; as a budget it can be asked of every workload.
inline constexpr std::string_view kRssPeakMetric = "rss_peak";

// A time that may be part of the main metric's: no processor time, no part of a part
// ("prove/sumcheck"), no figure of the network or of the set-up.
bool IsPhase(const Metric& metric);

struct ReportRow {
  std::string host;
  std::string identity;  // of its series (SeriesIdentity in side_of_results.h)
  std::string workload;
  StringMap parameters;
  Metric metric;
  // The metric that the workload is judged by: "latency" where there is one, else its first.
  bool main = false;
  uint64_t runs = 0;             // successful ones that the samples come from
  std::vector<double> samples;   // of all of them, in the metric's unit
  std::vector<size_t> run_ends;  // where each run's samples end in `samples`
  // Of `samples`. For results imported without samples: what is known, NaN what is not.
  Summary summary;
  // `summary.median_interval` counts runs as clusters (SetIntervals in report_intervals.h); else it
  // is of the samples alone.
  bool interval_over_runs = false;
  bool aggregate_only = false;
  std::optional<SampleShape> shape;  // of main rows with samples (AddShapes in report_shapes.h)
  // Resident memory of the cell: the samples of its metric kRssPeakMetric where the workload
  // measures that itself (a command's, apart from what runs it), else the highest of each run.
  std::vector<double> rss_bytes;

  std::optional<double> rss_peak_bytes() const;  // the highest of them
};

// kNotJudged: its limit is not one of the metric's unit.
enum class BudgetState { kHeld, kBroken, kNotMeasured, kNotJudged };
const char* BudgetStateName(BudgetState state);  // "held", "broken", "not measured", "not judged"

// One budget on one row; or, with `row` missing, a budget on something that nobody measured.
struct BudgetVerdict {
  Budget budget;  // `statistic` filled in
  BudgetState state = BudgetState::kNotMeasured;
  std::string host;
  std::string workload;
  StringMap parameters;
  std::string unit;
  double actual = 0;   // NaN when not measured
  std::string reason;  // of kNotMeasured and kNotJudged
};

// One host during the job.
struct HostConditions {
  std::string host;
  uint64_t runs = 0;                    // good ones
  uint64_t disturbed = 0;               // of them not quiet
  uint64_t unknown = 0;                 // of them nobody can say
  std::optional<double> clock_pair_ns;  // the cost of one pair of readings, the median of its runs
  std::set<std::string> states;         // digests of its state: several where it changed meanwhile
};

// The job against what was measured before.
struct ReportVerdicts {
  std::optional<ComparisonReport> comparison;
  std::string none_because;  // where there is no comparison
  std::string base;  // the side as one names it to `benchctl compare`: "13", "baseline:main"
};

// The history of those series of the job that an earlier job measured too, up to this job.
struct ReportTrends {
  TrendReport history;
  size_t first_seen = 0;     // series that no earlier job measured
  size_t not_read = 0;       // beyond limits::kReportTrendSeries
  std::string none_because;  // where nothing is known of history at all
};

struct Report {
  JobStatus job;
  JobSpec spec;
  std::string source;  // of imported results
  std::vector<HostStatus> hosts;
  std::vector<ReportRow> rows;  // by host, then as the job lists workloads and parameters
  RunRemarks remarks;
  std::vector<BudgetVerdict> budgets;
  std::vector<HostConditions> conditions;  // by host
  ReportVerdicts verdicts;
  ReportTrends trends;

  // A budget that nobody could measure is not held either: a gate does not pass on nothing.
  bool budgets_held() const;
};

// What the runs alone tell. Errors: damaged samples; a budget that cannot be read.
absl::StatusOr<Report> BuildReport(const JobResults& results);

}  // namespace benchfleet
