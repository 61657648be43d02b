#include "benchctl/report_html.h"

#include "absl/strings/str_format.h"
#include "benchctl/html.h"
#include "benchctl/report_text.h"

namespace benchfleet {
namespace {

constexpr size_t kParametersWidth = 80;

std::string Section(const char* title, const Table& table) {
  return absl::StrFormat("<h2>%s</h2>\n%s", title, HtmlScroll(RenderHtml(table)));
}

}  // namespace

std::string RenderReportHtml(const Report& report) {
  std::string body = "<h1>" + EscapeHtml(report.job.name) + "</h1>\n<p class=\"soft\">" +
                     EscapeHtml(Headline(report)) + "</p>\n";
  if (!report.budgets.empty()) body += Section("Budgets", BudgetTable(report));
  body += Section("Figures", ReportTable(report, kParametersWidth));
  for (const std::string& note : Footnotes(report)) {
    body += "<p class=\"foot\">" + EscapeHtml(note) + "</p>\n";
  }
  if (!report.failed.empty()) {
    body += Section("Failed runs (not in the figures)", FailureTable(report));
  }
  return HtmlPage(report.job.name + " — Benchfleet", body);
}

}  // namespace benchfleet
