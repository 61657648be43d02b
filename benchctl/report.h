// What a job measured, ready to be shown: one row per host, workload, parameters and metric, the
// runs that failed and why, and the budgets. Computed here once; report_text, report_json and
// report_html only render it. Pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/summary.h"
#include "benchctl/results.h"
#include "benchctl/run_remarks.h"
#include "proto/control.h"

namespace benchfleet {

// In bytes; as a budget it can be asked of every workload.
inline constexpr std::string_view kRssPeakMetric = "rss_peak";

// A time that may be part of the main metric's: no processor time, no part of a part
// ("prove/sumcheck"), no figure of the network or of the set-up.
bool IsPhase(const Metric& metric);

struct ReportRow {
  std::string host;
  std::string workload;
  StringMap parameters;
  Metric metric;
  // The metric that the workload is judged by: "latency" where there is one, else its first.
  bool main = false;
  uint64_t runs = 0;            // successful ones that the samples come from
  std::vector<double> samples;  // of all of them, in the metric's unit
  // Of `samples`. For results imported without samples: what is known, NaN what is not.
  Summary summary;
  bool aggregate_only = false;
  // Resident memory of the cell: the samples of its metric kRssPeakMetric where the workload
  // measures that itself (a command's, apart from what runs it), else the highest of each run.
  std::vector<double> rss_bytes;

  std::optional<double> rss_peak_bytes() const;  // the highest of them
};

// kNotJudged: its limit is not one of the metric's unit.
enum class BudgetState { kHeld, kBroken, kNotMeasured, kNotJudged };

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

struct Report {
  JobStatus job;
  JobSpec spec;
  std::string source;  // of imported results
  std::vector<HostStatus> hosts;
  std::vector<ReportRow> rows;  // by host, then as the job lists workloads and parameters
  RunRemarks remarks;
  std::vector<BudgetVerdict> budgets;
  std::map<std::string, double> clock_pair_ns;  // by host, the median of its runs

  // A budget that nobody could measure is not held either: a gate does not pass on nothing.
  bool budgets_held() const;
};

// Errors: damaged samples; a budget that cannot be read.
absl::StatusOr<Report> BuildReport(const JobResults& results);

}  // namespace benchfleet
