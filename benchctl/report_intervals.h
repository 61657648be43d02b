// The intervals of a report's medians, with runs as clusters. Pure functions.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "benchctl/report.h"

namespace benchfleet {

// Gives rows of two runs or more the interval that their runs' medians tell (analysis/estimate.h),
// about the median of all samples. Rows of one workload and metric lend each other what they know
// of how runs scatter (analysis/shared_variance.h). Rows of one run, and those with a run
// whose median is not above 0, keep the interval of their samples; `interval_over_runs` tells which
// is which. Errors: none for rows that BuildReport makes.
absl::Status SetIntervals(std::vector<ReportRow>* rows);

}  // namespace benchfleet
