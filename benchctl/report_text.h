// A Report as a table for a terminal, as Markdown and as CSV.
#pragma once

#include <string>
#include <string_view>

#include "benchctl/console.h"
#include "benchctl/report.h"
#include "benchctl/table.h"
#include "proto/parameters_text.h"

namespace benchfleet {

// "1.23–1.31 ms": as few digits as tell the two ends apart, at least three, at most six.
std::string FormatRange(const Interval& interval, std::string_view unit);

// The table of figures; `parameters_width` shortens long parameters. kMain: of each cell the metric
// that it is judged by.
enum class ReportRows { kAll, kMain };
Table ReportTable(const Report& report, size_t parameters_width,
                  ReportRows which = ReportRows::kAll);
// Every verdict, or those alone that are not held.
enum class BudgetRows { kAll, kNotHeld };
Table BudgetTable(const Report& report, BudgetRows rows);
// "all 12 held", "3 of 12 not held".
std::string BudgetSummary(const Report& report);

std::string RenderReportText(const Report& report, const Style& style);
std::string RenderReportMarkdown(const Report& report);
// One line per row of the report, plain numbers in the metric's unit; verdict, last shift and the
// host's conditions stand in the row's own columns.
std::string RenderReportCsv(const Report& report);

// "clock pair: local-1 23 ns, local-2 25 ns" and the other remarks under a table, a line each.
std::vector<std::string> Footnotes(const Report& report);
// "job 12 prove-age (a1b2c3d): done, 60 of 60 runs, 2 failed"
std::string Headline(const Report& report);

}  // namespace benchfleet
