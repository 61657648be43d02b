// A ComparisonReport as a table for a terminal, as Markdown and as CSV.
#pragma once

#include <string>
#include <vector>

#include "analysis/comparison_report.h"
#include "benchctl/console.h"
#include "benchctl/table.h"

namespace benchfleet {

// The rows of one metric, and its geometric mean where there is one.
struct ComparisonGroup {
  std::string metric;
  std::string unit;
  Better better = Better::kLower;
  std::vector<const ComparisonRow*> rows;
  const GeometricMean* mean = nullptr;
};
std::vector<ComparisonGroup> GroupsOf(const ComparisonReport& report);

// "latency, lower is better"
std::string GroupTitle(const ComparisonGroup& group);

// What has to be said below a table: a line each, rows refer to them as [1], [2], ...
class ReasonNotes {
 public:
  // "[2]", the same for the same text.
  std::string Mark(const std::string& text);
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
};

// `with_hosts` adds the column of hosts.
Table GroupTable(const ComparisonGroup& group, bool with_hosts, ReasonNotes* notes);
bool HasSeveralHosts(const ComparisonReport& report);

// "regressed", "regressed (fails)", "undecided", "accepted"
std::string VerdictWord(const ComparisonRow& row);
// "+5.1%", "~", "+0.02" where ratios make no sense.
std::string DeltaText(const ComparisonRow& row);
std::string IntervalText(const ComparisonRow& row);
std::string ProbabilityText(double p);
// "5 x 40" runs by samples; both sides where they differ.
std::string CountText(const ComparisonRow& row);

// "1 regressed, 2 improved, 8 unchanged, 1 undecided"
std::string CountsText(const ComparisonReport& report);
// What stands above the tables: suspects, machines that cannot be compared.
std::vector<std::string> SuspectLines(const ComparisonReport& report);
std::vector<std::string> UnmatchedLines(const ComparisonReport& report);
// The stated error rate, and what the words mean.
std::vector<std::string> RateLines(const ComparisonReport& report);
// The one host of all rows and its machine; "" where there are several.
std::string PlaceText(const ComparisonReport& report);

std::string RenderComparisonText(const ComparisonReport& report, const Style& style);
std::string RenderComparisonMarkdown(const ComparisonReport& report);
// One line a row, plain numbers in the metric's unit.
std::string RenderComparisonCsv(const ComparisonReport& report);

}  // namespace benchfleet
