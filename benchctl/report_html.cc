#include "benchctl/report_html.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/text.h"
#include "benchctl/html.h"
#include "benchctl/json_out.h"
#include "benchctl/page_parts.h"
#include "benchctl/report_chart.h"
#include "benchctl/report_context_html.h"
#include "benchctl/report_sections.h"
#include "benchctl/report_text.h"

namespace benchfleet {
namespace {

constexpr size_t kPageParametersWidth = 80;
constexpr size_t kLinesPerPlot = 120;  // beyond it a picture says less than the table
constexpr size_t kLinesPerPage = 400;
constexpr size_t kRowsPerPage = 2000;
constexpr char kHowToRead[] =
    "Stroke: the median; band: its 95 % interval; bar: the middle half. Below 50 samples each is a "
    "dot; from there on a violin, a Gaussian kernel density with Silverman's bandwidth, drawn "
    "equally high for every line; the outermost 2 % are dots. An axis leaves out what lies far "
    "beyond the middle 98 %; how many and how far is written beside the line (+12 to 9.8 ms).";

std::string Facts(const Report& report) {
  const JobStatus& job = report.job;
  size_t samples = 0;
  for (const ReportRow& row : report.rows) {
    if (row.metric.derived_from.empty()) samples += row.summary.n;
  }
  std::vector<Fact> facts = JobFacts(job, report.remarks);
  facts.insert(facts.end(), {{"samples", FormatCount(static_cast<double>(samples))},
                             {"hosts", absl::StrFormat("%d", report.conditions.size())},
                             {"begun", UtcText(job.started_at)},
                             {"ended", UtcText(job.finished_at)},
                             {"by", job.submitted_by}});
  return PageFacts(facts);
}

std::string WithVerdictColors(std::string table) {
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
  return HtmlScroll(table);
}

std::string Budgets(const Report& report) {
  if (report.budgets.empty()) return "";
  const auto table = [&report](BudgetRows which) {
    Table made = BudgetTable(report, which);
    made.rows.resize(std::min(made.rows.size(), kRowsPerPage));
    return WithVerdictColors(RenderHtml(made));
  };
  std::string text =
      absl::StrFormat("<p class=\"%s\">%s</p>\n", report.budgets_held() ? "good" : "bad",
                      EscapeHtml(BudgetSummary(report)));
  if (!report.budgets_held()) text += table(BudgetRows::kNotHeld);
  text += absl::StrFormat("<details><summary>All %d budgets</summary>\n%s</details>\n",
                          report.budgets.size(), table(BudgetRows::kAll));
  return PageSection("Budgets", text);
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
  std::map<StringMap, size_t> order;
  for (const ReportRow* row : *rows) order.try_emplace(row->parameters, order.size());
  std::stable_sort(rows->begin(), rows->end(), [&](const ReportRow* a, const ReportRow* b) {
    return order.at(a->parameters) < order.at(b->parameters);
  });
}

std::string WithCaption(const std::string& title, const std::string& caption) {
  return caption.empty() ? title : title + ", " + caption;
}

// At most this many lines are left for the pictures of the page; says what does not fit.
class LinesLeft {
 public:
  // Cuts `rows` to what fits.
  template <typename Row>
  void Take(std::vector<Row>* rows) {
    const size_t kept = std::min({rows->size(), kLinesPerPlot, left_});
    left_out_ += rows->size() - kept;
    left_ -= kept;
    rows->resize(kept);
  }
  std::string Note() const {
    if (left_out_ == 0) return "";
    return absl::StrFormat(
        "<p class=\"foot\">%d more lines are not drawn (at most %d of a workload, %d of a page); "
        "the table and --format csv have them.</p>\n",
        left_out_, kLinesPerPlot, kLinesPerPage);
  }

 private:
  size_t left_ = kLinesPerPage;
  size_t left_out_ = 0;
};

std::string PhaseFigure(const WorkloadRows& rows) {
  std::vector<std::string> names;
  for (const PhaseBar& bar : rows.phases) {
    for (const ReportRow* phase : bar.phases) {
      const std::string& name = phase->metric.name;
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  return PageFigure(
      WithCaption(rows.name + " — medians of the phases", CommonParametersText(rows.phases)),
      PageLegend(names), PhasePlot(rows.phases, names));
}

std::string Charts(const Report& report) {
  std::vector<std::string> hosts;
  for (const ReportRow& row : report.rows) {
    if (hosts.empty() || hosts.back() != row.host) hosts.push_back(row.host);
  }
  LinesLeft left;
  std::string samples;
  std::string phases;
  for (WorkloadRows& rows : ByWorkload(report)) {
    SortForPlot(&rows.main);
    left.Take(&rows.main);
    for (const ChartPanel& panel : SamplePanels(rows.main)) {
      samples +=
          PageFigure(WithCaption(rows.name + " — " + panel.rows[0]->metric.name, panel.caption), "",
                     SamplePlot(panel, hosts));
    }
    left.Take(&rows.phases);
    if (!rows.phases.empty()) phases += PhaseFigure(rows);
  }
  if (!samples.empty())
    samples = "<p class=\"soft\">" + EscapeHtml(kHowToRead) + "</p>\n" + samples;
  return (samples.empty() ? "" : PageSection("Samples", samples)) +
         (phases.empty() ? "" : PageSection("Phases", phases)) + left.Note();
}

// The rows that a reader looks at first; every row folded below.
std::string Figures(const Report& report) {
  if (report.rows.empty()) return PageSection("Figures", "<p>No run has succeeded yet.</p>\n");
  const auto table = [&report](ReportRows which) {
    Table made = ReportTable(report, kPageParametersWidth, which);
    const size_t all = made.rows.size();
    made.rows.resize(std::min(all, kRowsPerPage));
    std::string text = HtmlScroll(RenderHtml(made));
    if (all > kRowsPerPage) {
      text += absl::StrFormat("<p class=\"foot\">%d more rows: --format csv or json</p>\n",
                              all - kRowsPerPage);
    }
    return std::pair(text, all);
  };
  auto [text, main_rows] = table(ReportRows::kMain);
  const auto [every, rows] = table(ReportRows::kAll);
  if (rows > main_rows) {
    text += absl::StrFormat(
        "<details><summary>All %d rows: phases and other metrics</summary>\n%s"
        "</details>\n",
        rows, every);
  }
  for (const std::string& note : Footnotes(report)) {
    text += "<p class=\"foot\">" + EscapeHtml(note) + "</p>\n";
  }
  return PageSection("Figures", text);
}

}  // namespace

std::string RenderReportHtml(const Report& report) {
  std::string body = "<h1>" + EscapeHtml(report.job.name) + "</h1>\n";
  if (!report.job.message.empty()) {
    body += "<p class=\"soft\">" + EscapeHtml(report.job.message) + "</p>\n";
  }
  body += Facts(report) + Budgets(report) + Figures(report) + VerdictsSection(report) +
          Charts(report) + TrendsSection(report);
  body += PageSection("Conditions", HtmlScroll(RenderHtml(ConditionTable(report))));
  body += PageRemarks(report.remarks) + PageHosts(report.hosts);
  return HtmlPage(report.job.name + " — Benchfleet", body);
}

}  // namespace benchfleet
