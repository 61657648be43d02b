#include "benchctl/check_report.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/str_format.h"
#include "benchctl/comparison_html.h"
#include "benchctl/comparison_json.h"
#include "benchctl/comparison_text.h"
#include "benchctl/html.h"
#include "benchctl/json_parts.h"

namespace benchfleet {
namespace {

std::string Plural(size_t count, const char* one, const char* many) {
  return absl::StrFormat("%d %s", count, count == 1 ? one : many);
}

std::string Titled(const std::string& headline) { return "check " + headline; }

std::string RenderText(const CheckReport& report, const Style& style) {
  std::string text = "job:  " + Printable(report.job) + "\n";
  if (report.comparison) text = RenderComparisonText(*report.comparison, style);
  if (!report.gates.empty()) {
    text += "\n" + style.Bold("budgets") + "\n" + RenderText(GatesTable(report.gates));
  }
  const std::vector<std::string> warnings = CheckWarnings(report);
  if (!warnings.empty()) text += "\n";
  for (const std::string& line : warnings) text += style.Yellow("warning: ") + line + "\n";
  const std::string headline = Titled(CheckHeadline(report));
  const int code = report.exit_code();
  return text + "\n" +
         (code == kExitOk             ? style.Green(headline)
          : code == kExitBudgetBroken ? style.Red(headline)
                                      : style.Yellow(headline)) +
         "\n";
}

std::string RenderMarkdownPage(const CheckReport& report) {
  std::string text = "## " + Titled(EscapeHtml(CheckHeadline(report))) + "\n\n";
  if (report.comparison) text += RenderComparisonMarkdown(*report.comparison);
  if (!report.gates.empty()) {
    text += "\n**Budgets**\n\n" + RenderMarkdown(GatesTable(report.gates));
  }
  for (const std::string& line : CheckWarnings(report)) {
    text += "\n**Warning:** " + EscapeHtml(line) + "\n";
  }
  return text;
}

std::string RenderCsvLines(const CheckReport& report) {
  Table table{{{"kind"}, {"what"}, {"series"}, {"state"}, {"actual"}, {"reason"}, {"warning"}}, {}};
  if (report.comparison) {
    for (const ComparisonRow& row : report.comparison->rows) {
      table.rows.push_back({"series", row.series.metric,
                            SeriesText(NameOfBoth(row.base_series, row.series)) +
                                (row.host.empty() ? "" : ", " + row.host),
                            VerdictWord(row), IntervalText(row), row.judgement.comparison.reason,
                            ""});
    }
  }
  for (const GateResult& gate : report.gates) {
    table.rows.push_back({"budget", gate.rule, gate.series, GateStateName(gate.state), gate.actual,
                          gate.reason, gate.warning});
  }
  return RenderCsv(table);
}

std::string RenderJson(const CheckReport& report) {
  json::Json gates = json::Json::array();
  for (const GateResult& gate : report.gates) {
    gates.push_back({{"rule", gate.rule},
                     {"place", gate.place},
                     {"series", gate.series},
                     {"state", GateStateName(gate.state)},
                     {"actual", gate.actual},
                     {"reason", gate.reason},
                     {"warning", gate.warning}});
  }
  json::Json comparison = nullptr;
  if (report.comparison) comparison = json::Json::parse(ComparisonJson(*report.comparison));
  return json::Dump({{"job", report.job},
                     {"exit_code", report.exit_code()},
                     {"result", CheckHeadline(report)},
                     {"regressions", report.regressions()},
                     {"budgets_broken", report.broken()},
                     {"undecided", report.undecided()},
                     {"warnings", CheckWarnings(report)},
                     {"budgets", std::move(gates)},
                     {"comparison", std::move(comparison)}});
}

std::string RenderPage(const CheckReport& report) {
  const int code = report.exit_code();
  std::string head = absl::StrFormat("<p class=\"%s\">%s</p>\n", code == kExitOk ? "good" : "bad",
                                     EscapeHtml(Titled(CheckHeadline(report))));
  if (!report.gates.empty()) {
    head += "<section>\n<h2>Budgets</h2>\n" + HtmlScroll(RenderHtml(GatesTable(report.gates))) +
            "</section>\n";
  }
  for (const std::string& line : CheckWarnings(report)) {
    head += "<p class=\"foot\">warning: " + EscapeHtml(line) + "</p>\n";
  }
  const std::string body = report.comparison ? ComparisonBody(*report.comparison)
                                             : "<h1>" + EscapeHtml(report.job) + "</h1>\n";
  return HtmlPage("Check — Benchfleet", head + body);
}

}  // namespace

size_t CheckReport::regressions() const { return comparison ? comparison->failures() : 0; }

size_t CheckReport::broken() const {
  return static_cast<size_t>(std::ranges::count_if(gates, [](const GateResult& gate) {
    return gate.state != GateState::kHeld && gate.state != GateState::kUndecided;
  }));
}

size_t CheckReport::undecided() const {
  auto count = static_cast<size_t>(std::ranges::count_if(
      gates, [](const GateResult& gate) { return gate.state == GateState::kUndecided; }));
  if (!comparison) return count;
  for (const ComparisonRow& row : comparison->rows) {
    count += CannotRuleOutFailure(row, comparison->options.ladder.fail);
  }
  for (const UnmatchedSeries& series : comparison->one_sided) count += series.candidate.empty();
  return count + comparison->cross_machine.size();
}

int CheckReport::exit_code() const {
  if (regressions() + broken() > 0) return kExitBudgetBroken;
  return fail_on_undecided && undecided() > 0 ? kExitUndecided : kExitOk;
}

bool CannotRuleOutFailure(const ComparisonRow& row, double fail) {
  if (row.judgement.comparison.verdict != Verdict::kUndecided) return false;
  return row.judgement.environment_fault || LossOf(row).worst >= fail;
}

std::string CheckHeadline(const CheckReport& report) {
  std::string text;
  if (report.regressions() > 0) text += Plural(report.regressions(), "regression", "regressions");
  if (report.broken() > 0) {
    text +=
        (text.empty() ? "" : ", ") + Plural(report.broken(), "budget not held", "budgets not held");
  }
  if (!text.empty()) return "FAILED: " + text;
  const size_t undecided = report.undecided();
  if (undecided == 0) return "passed";
  const std::string open =
      Plural(undecided, "question is open (a failing loss cannot be ruled out)",
             "questions are open (a failing loss cannot be ruled out)");
  return (report.fail_on_undecided ? "UNDECIDED: " : "passed, ") + open;
}

std::vector<std::string> CheckWarnings(const CheckReport& report) {
  std::vector<std::string> lines;
  const auto add = [&lines](const std::string& line) {
    if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(line);
  };
  if (report.comparison) {
    size_t blind = 0;
    for (const ComparisonRow& row : report.comparison->rows) {
      blind += row.judgement.gate_is_blind && row.judgement.comparison.judgeable;
    }
    if (blind > 0) {
      add(absl::StrFormat(
          "%d of %d rows cannot see a loss of %.3g%%, which is what fails this check (column sees)",
          blind, report.comparison->rows.size(), 100 * report.comparison->options.ladder.fail));
    }
  }
  for (const GateResult& gate : report.gates) {
    if (!gate.warning.empty()) {
      add(Printable(gate.place + ": '" + gate.rule + "' on " + gate.series + ": " + gate.warning));
    }
  }
  return lines;
}

Table GatesTable(const std::vector<GateResult>& gates) {
  Table table{{{"rule"}, {"state"}, {"actual", true}, {"series"}, {"why"}}, {}};
  for (const GateResult& gate : gates) {
    table.rows.push_back({gate.rule, GateStateName(gate.state),
                          gate.actual.empty() ? "-" : gate.actual, Shorten(gate.series, 64),
                          gate.reason});
  }
  return table;
}

std::string RenderCheck(const CheckReport& report, Format format, const Style& style) {
  switch (format) {
    case Format::kTable:
      return RenderText(report, style);
    case Format::kJson:
      return RenderJson(report);
    case Format::kCsv:
      return RenderCsvLines(report);
    case Format::kMarkdown:
      return RenderMarkdownPage(report);
    case Format::kHtml:
      return RenderPage(report);
  }
  return "";
}

}  // namespace benchfleet
