// Budgets: absolute limits on a statistic of a metric. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "benchctl/report.h"

namespace benchfleet {

// median, mean, min, max, p90, p95, p99.
const std::vector<std::string>& StatisticNames();

// "1500ms", "85MB", "100MiB/s", "10k/s", "0.1": the limit in `unit` ("ns", "B", "B/s", "1/s" or any
// other, where only a bare number fits). A bare number is in `unit` already.
absl::StatusOr<double> ParseLimit(std::string_view text, std::string_view unit);

// OK when `text` could be a limit of some unit: what can be said before anything is measured.
absl::Status CheckLimit(std::string_view text);

// Judges the budgets of `report->spec` on the rows and writes `report->budgets`. A budget that
// cannot be judged is a verdict too: it must not hide what was measured.
void JudgeBudgets(Report* report);

}  // namespace benchfleet
