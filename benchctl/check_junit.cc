#include "benchctl/check_junit.h"

#include "absl/strings/str_format.h"
#include "benchctl/comparison_text.h"

namespace benchfleet {
namespace {

// EscapeHtml makes of control characters and broken UTF-8 a '?', which is what XML needs too; the
// two characters that XML forbids besides are beyond.
std::string Escaped(std::string_view text) {
  std::string safe = EscapeHtml(text);
  for (const std::string_view forbidden : {"\xef\xbf\xbe", "\xef\xbf\xbf"}) {
    for (size_t at = safe.find(forbidden); at != std::string::npos; at = safe.find(forbidden, at)) {
      safe.replace(at, forbidden.size(), "?");
    }
  }
  return safe;
}

struct Suite {
  std::string name;
  std::string cases;
  size_t tests = 0;
  size_t failures = 0;
  size_t skipped = 0;

  enum class End { kPassed, kFailed, kSkipped };
  void Add(const std::string& group, const std::string& test, End end, const std::string& type,
           const std::string& message) {
    ++tests;
    failures += end == End::kFailed;
    skipped += end == End::kSkipped;
    cases += absl::StrFormat("    <testcase classname=\"%s\" name=\"%s\" time=\"0\"",
                             Escaped(group), Escaped(test));
    if (end == End::kFailed) {
      cases += absl::StrFormat(
          ">\n      <failure type=\"%s\" message=\"%s\">%s</failure>\n"
          "    </testcase>\n",
          Escaped(type), Escaped(message), Escaped(message));
    } else if (end == End::kSkipped) {
      cases += absl::StrFormat(">\n      <skipped message=\"%s\"/>\n    </testcase>\n",
                               Escaped(message));
    } else {
      cases += absl::StrFormat(">\n      <system-out>%s</system-out>\n    </testcase>\n",
                               Escaped(message));
    }
  }

  std::string Text(const CheckReport& report) const {
    std::string text = absl::StrFormat(
        "  <testsuite name=\"%s\" tests=\"%d\" failures=\"%d\" errors=\"0\" skipped=\"%d\" "
        "time=\"0\">\n    <properties>\n      <property name=\"job\" value=\"%s\"/>\n",
        Escaped(name), tests, failures, skipped, Escaped(report.job));
    if (report.comparison) {
      text += absl::StrFormat("      <property name=\"against\" value=\"%s\"/>\n",
                              Escaped(report.comparison->baseline));
      for (const std::string& line : SuspectLines(*report.comparison)) {
        text += absl::StrFormat("      <property name=\"suspect\" value=\"%s\"/>\n", Escaped(line));
      }
    }
    return text + "    </properties>\n" + cases + "  </testsuite>\n";
  }
};

Suite SeriesSuite(const CheckReport& report) {
  Suite suite{.name = "benchfleet.series", .cases = ""};
  if (!report.comparison) return suite;
  const ComparisonReport& comparison = *report.comparison;
  const auto undecided = report.fail_on_undecided ? Suite::End::kFailed : Suite::End::kSkipped;
  for (const ComparisonRow& row : comparison.rows) {
    const bool open = CannotRuleOutFailure(row, comparison.options.ladder.fail);
    const auto end = row.judgement.severity == Severity::kFailure ? Suite::End::kFailed
                     : open                                       ? undecided
                                                                  : Suite::End::kPassed;
    suite.Add(row.series.workload,
              SeriesText(NameOfBoth(row.base_series, row.series)) +
                  (row.host.empty() ? "" : " on " + row.host),
              end, VerdictName(row.judgement.comparison.verdict),
              absl::StrFormat("%s: %s", VerdictWord(row), row.judgement.comparison.reason));
  }
  for (const UnmatchedSeries& series : comparison.one_sided) {
    if (!series.candidate.empty()) continue;
    suite.Add(series.series.workload, SeriesText(series.series), undecided, "undecided",
              "the job has no such series any more");
  }
  for (const UnmatchedSeries& series : comparison.cross_machine) {
    suite.Add(series.series.workload, SeriesText(series.series), undecided, "undecided",
              absl::StrFormat("the machines differ: %s; %s", series.baseline, series.candidate));
  }
  return suite;
}

Suite BudgetSuite(const CheckReport& report) {
  Suite suite{.name = "benchfleet.budgets", .cases = ""};
  for (const GateResult& gate : report.gates) {
    const auto end = gate.state == GateState::kHeld ? Suite::End::kPassed
                     : gate.state == GateState::kUndecided && !report.fail_on_undecided
                         ? Suite::End::kSkipped
                         : Suite::End::kFailed;
    std::string message = gate.actual;
    for (const std::string& part : {gate.reason, gate.warning}) {
      if (!part.empty()) message += (message.empty() ? "" : "; ") + part;
    }
    suite.Add(gate.rule, gate.series.empty() ? gate.rule : gate.series, end,
              GateStateName(gate.state), message);
  }
  return suite;
}

}  // namespace

std::string CheckJunit(const CheckReport& report) {
  const Suite series = SeriesSuite(report);
  const Suite budgets = BudgetSuite(report);
  std::string text = absl::StrFormat(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites name=\"benchfleet\" tests=\"%d\" failures=\"%d\" errors=\"0\" time=\"0\">\n",
      series.tests + budgets.tests, series.failures + budgets.failures);
  if (report.comparison) text += series.Text(report);
  if (!report.gates.empty()) text += budgets.Text(report);
  return text + "</testsuites>\n";
}

}  // namespace benchfleet
