// The sections of a report besides its figures, as words and tables that text, Markdown and HTML
// share: verdicts, trends, conditions. Pure functions.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "benchctl/report.h"
#include "benchctl/table.h"

namespace benchfleet {

// Whether AddContext was asked: without a store there are neither verdicts nor trends.
bool HasContext(const Report& report);

// "against job 13 nightly (c0ffee11): 1 regressed, 20 unchanged", or "none: no earlier job is ...".
std::string VerdictHeadline(const Report& report);
// The comparison with the rows alone that changed, without means; suspects stay.
ComparisonReport ChangedRows(const ComparisonReport& comparison);
// "benchctl compare 13 14", the command that shows every row.
std::string CompareCommandLine(const Report& report);

// "2 of 14 series changed over 12 revisions; 3 series are new with this job".
std::string TrendHeadline(const Report& report);
// Indices of the series that changed, the largest shift first, and of the others.
struct TrendOrder {
  std::vector<size_t> changed;
  std::vector<size_t> steady;
};
TrendOrder OrderTrends(const TrendReport& history);
// A line for the last shift of each series that changed.
Table TrendShiftTable(const Report& report, size_t most);

// A line a host: cpu, kernel, governor, runs, not quiet, clock pair, identity, state.
Table ConditionTable(const Report& report);

// From a row of figures to its verdict and its history. Refers to the report.
class ReportLinks {
 public:
  explicit ReportLinks(const Report& report);
  const ComparisonRow* VerdictOf(const ReportRow& row) const;  // null where there is none
  const SeriesTrend* TrendOf(const ReportRow& row) const;
  const HostConditions* ConditionsOf(const ReportRow& row) const;

 private:
  using Key = std::tuple<std::string, StringMap, std::string, std::string>;
  std::map<Key, const ComparisonRow*> verdicts_;  // by host
  std::map<Key, const SeriesTrend*> trends_;      // by identity
  std::map<std::string, const HostConditions*> conditions_;
};

}  // namespace benchfleet
