#include "benchctl/report_html.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/text.h"
#include "benchctl/html.h"
#include "benchctl/json_out.h"
#include "benchctl/page_parts.h"
#include "benchctl/report_chart.h"
#include "benchctl/report_text.h"

namespace benchfleet {
namespace {

constexpr size_t kPageParametersWidth = 80;
constexpr size_t kLinesPerPlot = 120;  // beyond it a picture says less than the table

std::string Facts(const Report& report) {
  const JobStatus& job = report.job;
  size_t samples = 0;
  std::set<std::string> hosts;
  for (const ReportRow& row : report.rows) {
    if (row.metric.derived_from.empty()) samples += row.summary.n;
    hosts.insert(row.host);
  }
  std::vector<Fact> facts = JobFacts(job, report.remarks);
  facts.insert(facts.end(), {{"samples", FormatCount(static_cast<double>(samples))},
                             {"hosts", absl::StrFormat("%d", hosts.size())},
                             {"begun", UtcText(job.started_at)},
                             {"ended", UtcText(job.finished_at)},
                             {"by", job.submitted_by}});
  return PageFacts(facts);
}

std::string Budgets(const Report& report) {
  if (report.budgets.empty()) return "";
  std::string table = RenderHtml(BudgetTable(report, BudgetRows::kAll));
  for (const auto& [word, cell] :
       {std::pair{"<td>held</td>", "<td class=\"good\">held</td>"},
        std::pair{"<td>BROKEN</td>", "<td class=\"bad\">broken</td>"},
        std::pair{"<td>NOT MEASURED</td>", "<td class=\"bad\">not measured</td>"},
        std::pair{"<td>NOT JUDGED</td>", "<td class=\"bad\">not judged</td>"}}) {
    const std::string from = word;
    for (size_t at = table.find(from); at != std::string::npos; at = table.find(from, at + 1)) {
      table.replace(at, from.size(), cell);
    }
  }
  const char* verdict = report.budgets_held() ? "<p class=\"good\">All budgets are held.</p>\n"
                                              : "<p class=\"bad\">Budgets are broken.</p>\n";
  return PageSection("Budgets", verdict + HtmlScroll(table));
}

// The rows that are drawn, by workload in the order of the report.
struct WorkloadRows {
  std::string name;
  std::vector<const ReportRow*> main;
  std::vector<PhaseBar> phases;
};

// Several phases that are not more than the whole: medians of parts add up nearly to that of it.
bool AddsUp(const PhaseBar& bar) {
  constexpr double kSlack = 1.1;
  double sum = 0;
  for (const ReportRow* phase : bar.phases) sum += phase->summary.median;
  return bar.phases.size() > 1 && bar.main->metric.unit == "ns" &&
         sum <= kSlack * bar.main->summary.median;
}

std::vector<WorkloadRows> ByWorkload(const Report& report) {
  std::vector<WorkloadRows> all;
  std::map<std::string, size_t> index;
  for (const ReportRow& row : report.rows) {
    const auto [found, is_new] = index.try_emplace(row.workload, all.size());
    if (is_new) all.push_back({row.workload, {}, {}});
    WorkloadRows& rows = all[found->second];
    if (row.main) {
      rows.main.push_back(&row);
      rows.phases.push_back({&row, {}});
    } else if (!rows.phases.empty() && row.summary.usable() && IsPhase(row.metric)) {
      rows.phases.back().phases.push_back(&row);
    }
  }
  for (WorkloadRows& rows : all) {
    std::erase_if(rows.phases, [](const PhaseBar& bar) { return !AddsUp(bar); });
  }
  return all;
}

// Lines that are to be compared stand together: by parameters first, then by host.
void SortForPlot(std::vector<const ReportRow*>* rows) {
  std::vector<StringMap> order;
  for (const ReportRow* row : *rows) {
    if (std::find(order.begin(), order.end(), row->parameters) == order.end()) {
      order.push_back(row->parameters);
    }
  }
  std::stable_sort(rows->begin(), rows->end(), [&](const ReportRow* a, const ReportRow* b) {
    return std::find(order.begin(), order.end(), a->parameters) <
           std::find(order.begin(), order.end(), b->parameters);
  });
}

std::string Charts(const Report& report) {
  std::vector<std::string> hosts;
  for (const ReportRow& row : report.rows) {
    if (hosts.empty() || hosts.back() != row.host) hosts.push_back(row.host);
  }
  std::string text;
  for (WorkloadRows& rows : ByWorkload(report)) {
    std::string caption = rows.name + (rows.main.empty() ? "" : " — " + rows.main[0]->metric.name);
    if (rows.main.size() > kLinesPerPlot) {
      caption += absl::StrFormat(" (the first %d of %d lines)", kLinesPerPlot, rows.main.size());
      rows.main.resize(kLinesPerPlot);
    }
    SortForPlot(&rows.main);
    text +=
        PageFigure(caption, hosts.size() > 1 ? PageLegend(hosts) : "", StripPlot(rows.main, hosts));
    if (rows.phases.empty()) continue;
    if (rows.phases.size() > kLinesPerPlot) rows.phases.resize(kLinesPerPlot);
    std::vector<std::string> names;
    for (const PhaseBar& bar : rows.phases) {
      for (const ReportRow* phase : bar.phases) {
        const std::string& name = phase->metric.name;
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
      }
    }
    text += PageFigure(rows.name + " — medians of the phases", PageLegend(names),
                       PhasePlot(rows.phases, names));
  }
  return text.empty() ? "" : PageSection("Samples", text);
}

}  // namespace

std::string RenderReportHtml(const Report& report) {
  std::string body = "<h1>" + EscapeHtml(report.job.name) + "</h1>\n";
  if (!report.job.message.empty()) {
    body += "<p class=\"soft\">" + EscapeHtml(report.job.message) + "</p>\n";
  }
  body += Facts(report) + Budgets(report);
  std::string figures = report.rows.empty()
                            ? "<p>No run has succeeded yet.</p>\n"
                            : HtmlScroll(RenderHtml(ReportTable(report, kPageParametersWidth)));
  for (const std::string& note : Footnotes(report)) {
    figures += "<p class=\"foot\">" + EscapeHtml(note) + "</p>\n";
  }
  body += PageSection("Figures", figures) + Charts(report);
  body += PageRemarks(report.remarks) + PageHosts(report.hosts);
  return HtmlPage(report.job.name + " — Benchfleet", body);
}

}  // namespace benchfleet
