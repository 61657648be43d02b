// What `benchctl check` found: the comparison, the budgets, and what follows for CI. Rendered as
// text, Markdown, CSV, HTML and JSON here, as JUnit XML and a pull request's comment elsewhere
// (check_junit, check_comment). Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/comparison_report.h"
#include "benchctl/console.h"
#include "benchctl/gates.h"
#include "benchctl/session.h"
#include "benchctl/table.h"

namespace benchfleet {

struct CheckReport {
  std::string job;
  std::optional<ComparisonReport> comparison;  // absent: budgets alone were asked for
  std::vector<GateResult> gates;
  bool fail_on_undecided = false;

  // Rows whose loss fails; gates that are broken or were not measured.
  size_t regressions() const;
  size_t broken() const;
  // Rows that cannot rule out a failing loss, series that the job no longer has, undecided gates.
  size_t undecided() const;
  // kExitOk, kExitBudgetBroken, kExitUndecided.
  int exit_code() const;
};

// The loss that fails the gate is neither sure nor ruled out.
bool CannotRuleOutFailure(const ComparisonRow& row, double fail);

// "passed", "FAILED: 1 regression, 2 budgets", "UNDECIDED: 3 ..."
std::string CheckHeadline(const CheckReport& report);
// A line each: what cannot see what it is set to catch.
std::vector<std::string> CheckWarnings(const CheckReport& report);
Table GatesTable(const std::vector<GateResult>& gates);

std::string RenderCheck(const CheckReport& report, Format format, const Style& style);

}  // namespace benchfleet
