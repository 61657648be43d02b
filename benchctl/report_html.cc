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
#include "benchctl/report_chart.h"
#include "benchctl/report_text.h"

namespace benchfleet {
namespace {

constexpr size_t kParametersWidth = 80;
constexpr size_t kLinesPerPlot = 120;  // beyond it a picture says less than the table

std::string Section(const std::string& title, const std::string& body) {
  return absl::StrFormat("<section>\n<h2>%s</h2>\n%s</section>\n", title, body);
}

std::string Figure(const std::string& caption, const std::string& legend, const std::string& svg) {
  if (svg.empty()) return "";
  return absl::StrFormat("<figure class=\"panel\"><figcaption>%s</figcaption>\n%s%s</figure>\n",
                         EscapeHtml(caption), legend, svg);
}

std::string Legend(const std::vector<std::string>& names) {
  std::string text = "<div class=\"legend\">";
  for (size_t i = 0; i < names.size(); ++i) {
    text += absl::StrFormat("<span><i style=\"background:%s\"></i>%s</span>", SeriesColor(i),
                            EscapeHtml(names[i]));
  }
  return text + "</div>\n";
}

std::string Facts(const Report& report) {
  const JobStatus& job = report.job;
  size_t samples = 0;
  std::set<std::string> hosts;
  for (const ReportRow& row : report.rows) {
    if (row.metric.derived_from.empty()) samples += row.summary.n;
    hosts.insert(row.host);
  }
  std::string text = "<dl class=\"facts\">\n";
  const auto fact = [&text](const char* name, const std::string& value) {
    if (value.empty()) return;
    text += absl::StrFormat("<div><dt>%s</dt><dd>%s</dd></div>\n", name, EscapeHtml(value));
  };
  fact("job", absl::StrFormat("%d", job.job.value));
  fact("state", std::string(StateName(job.state)));
  fact("revision", job.revision);
  fact("runs", absl::StrFormat("%d of %d", job.runs_done, job.runs));
  fact("failed", report.failed.empty() ? "" : absl::StrFormat("%d", report.failed.size()));
  fact("samples", FormatCount(static_cast<double>(samples)));
  fact("hosts", absl::StrFormat("%d", hosts.size()));
  fact("begun", UtcText(job.started_at));
  fact("ended", UtcText(job.finished_at));
  fact("by", job.submitted_by);
  return text + "</dl>\n";
}

std::string Budgets(const Report& report) {
  if (report.budgets.empty()) return "";
  std::string table = RenderHtml(BudgetTable(report, BudgetRows::kAll));
  for (const auto& [word, cell] :
       {std::pair{"<td>held</td>", "<td class=\"good\">held</td>"},
        std::pair{"<td>BROKEN</td>", "<td class=\"bad\">broken</td>"},
        std::pair{"<td>NOT MEASURED</td>", "<td class=\"bad\">not measured</td>"}}) {
    const std::string from = word;
    for (size_t at = table.find(from); at != std::string::npos; at = table.find(from, at + 1)) {
      table.replace(at, from.size(), cell);
    }
  }
  const char* verdict = report.budgets_held() ? "<p class=\"good\">All budgets are held.</p>\n"
                                              : "<p class=\"bad\">Budgets are broken.</p>\n";
  return Section("Budgets", verdict + HtmlScroll(table));
}

// What a process used of a processor is no part of the time that passed.
bool IsProcessorTime(const std::string& metric) {
  return metric == "user_time" || metric == "system_time" || metric == "cpu_time";
}

// The rows that are drawn, by workload in the order of the report.
struct WorkloadRows {
  std::string name;
  std::vector<const ReportRow*> main;
  std::vector<PhaseBar> phases;
};

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
    } else if (!rows.phases.empty() && row.metric.unit == "ns" && row.summary.usable() &&
               row.metric.derived_from.empty() && !IsProcessorTime(row.metric.name)) {
      rows.phases.back().phases.push_back(&row);
    }
  }
  for (WorkloadRows& rows : all) {
    std::erase_if(rows.phases, [](const PhaseBar& bar) {
      return bar.phases.size() < 2 || bar.main->metric.unit != "ns";
    });
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
    text += Figure(caption, hosts.size() > 1 ? Legend(hosts) : "", StripPlot(rows.main, hosts));
    if (rows.phases.empty()) continue;
    if (rows.phases.size() > kLinesPerPlot) rows.phases.resize(kLinesPerPlot);
    std::vector<std::string> names;
    for (const ReportRow* phase : rows.phases[0].phases) names.push_back(phase->metric.name);
    text += Figure(rows.name + " — medians of the phases", Legend(names), PhasePlot(rows.phases));
  }
  return text.empty() ? "" : Section("Samples", text);
}

std::string Hosts(const Report& report) {
  if (report.hosts.empty()) return "";
  Table table{{{"host"},
               {"labels"},
               {"cpu"},
               {"cores", true},
               {"memory", true},
               {"kernel"},
               {"governor"},
               {"identity"},
               {"state"}},
              {}};
  for (const HostStatus& host : report.hosts) {
    const auto field = [&host](const char* name) {
      const auto found = host.fingerprint.fields.find(name);
      return found == host.fingerprint.fields.end() ? std::string("-") : found->second;
    };
    std::string labels;
    for (const auto& [key, value] : host.labels) labels += key + "=" + value + " ";
    table.rows.push_back({host.name, labels, field("cpu.model_name"), field("cpu.cores"),
                          field("memory.total_gib") + " GiB", field("kernel.release"),
                          field("cpufreq.governor"), host.fingerprint.identity_digest.substr(0, 12),
                          host.fingerprint.state_digest.substr(0, 12)});
  }
  std::string text = HtmlScroll(RenderHtml(table));
  for (const HostStatus& host : report.hosts) {
    if (host.fingerprint.fields.empty()) continue;
    Table fields{{{"field"}, {"value"}}, {}};
    for (const auto& [name, value] : host.fingerprint.fields) {
      fields.rows.push_back({name, Shorten(value, 160)});
    }
    text += absl::StrFormat("<details><summary>Fingerprint of %s</summary>\n%s</details>\n",
                            EscapeHtml(host.name), HtmlScroll(RenderHtml(fields)));
  }
  return Section("Hosts", text);
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
                            : HtmlScroll(RenderHtml(ReportTable(report, kParametersWidth)));
  for (const std::string& note : Footnotes(report)) {
    figures += "<p class=\"foot\">" + EscapeHtml(note) + "</p>\n";
  }
  body += Section("Figures", figures) + Charts(report);
  if (!report.failed.empty()) {
    body +=
        Section("Failed runs (not in the figures)", HtmlScroll(RenderHtml(FailureTable(report))));
  }
  body += Hosts(report);
  return HtmlPage(report.job.name + " — Benchfleet", body);
}

}  // namespace benchfleet
