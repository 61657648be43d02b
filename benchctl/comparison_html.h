// A ComparisonReport as one HTML page: the verdicts, each change with its interval as a picture,
// the table. Nothing is fetched from anywhere. Pure.
#pragma once

#include <string>

#include "analysis/comparison_report.h"

namespace benchfleet {

std::string RenderComparisonHtml(const ComparisonReport& report);
// What stands between the page's head and its end.
std::string ComparisonBody(const ComparisonReport& report);
// Of that, without title and counts: suspects, a table and a picture for each metric under a
// heading of this tag ("h2"), remarks. Of more than `rows_max` rows of a metric the first are shown
// and the others counted.
std::string ComparisonDetails(const ComparisonReport& report, const char* heading, size_t rows_max);
inline constexpr size_t kComparisonRowsMax = 1000;

// The changes of one metric as intervals about "no change", one line a row, as SVG; "" where no row
// has an interval. The axis is cut where an interval reaches far beyond the others.
struct ComparisonGroup;
std::string IntervalPlot(const ComparisonGroup& group, const LadderOptions& options);

}  // namespace benchfleet
