#include "benchctl/across_text.h"

#include <cmath>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/text.h"
#include "benchctl/comparison_text.h"
#include "benchctl/report_text.h"

namespace benchfleet {
namespace {

constexpr size_t kAcrossSeriesWidth = 56;
constexpr size_t kValueWidth = 40;
constexpr size_t kAcrossDigestShown = 8;
constexpr size_t kFieldsShown = 24;
constexpr size_t kFindingsShown = 20;

std::string Times(double ratio) {
  return absl::StrFormat(ratio < 9.995 ? "%.3fx" : "%.3gx", ratio);
}

std::string Ends(const CostRatio& ratio) {
  return Times(ratio.interval.low) + " to " + Times(ratio.interval.high);
}

std::string SeriesCell(const SeriesName& name) {
  const std::string parameters = ParametersText(name.parameters);
  return Shorten(name.workload + (parameters.empty() ? "" : " " + parameters), kAcrossSeriesWidth);
}

std::vector<std::string> RankingCells(const AcrossReport& report, const AcrossGroup& group,
                                      size_t host, const std::string& rank) {
  const auto& mean = group.geometric_means[host];
  const bool is_base = host == report.base;
  return {rank,
          report.hosts[host].name,
          mean ? Times(mean->ratio) : "-",
          is_base ? "base"
          : mean  ? Ends(*mean)
                  : "-",
          absl::StrFormat("%d", group.compared[host]),
          Shorten(report.hosts[host].machine, kValueWidth)};
}

std::string Section(const std::string& title, const Table& table, const Style& style) {
  const std::string text = RenderText(table);
  const size_t end = text.find('\n');
  return title + "\n" + style.Dim(text.substr(0, end)) + text.substr(end) + "\n";
}

}  // namespace

std::string AcrossTitle(const AcrossReport& report, const AcrossGroup& group) {
  std::string title = absl::StrFormat("%s: cost against %s (1.200x costs a fifth more)",
                                      group.metric, report.hosts[report.base].name);
  if (!group.normalised.empty()) title += ", " + group.normalised;
  return title;
}

Table RankingTable(const AcrossReport& report, const AcrossGroup& group) {
  Table table;
  table.columns = {{"rank", true},      {"host"},   {"cost", true}, {"95% interval", true},
                   {"workloads", true}, {"machine"}};
  if (group.ranking) {
    for (const RankedHost& ranked : group.ranking->hosts) {
      table.rows.push_back(
          RankingCells(report, group, ranked.host, absl::StrFormat("%d", ranked.rank)));
    }
    return table;
  }
  for (size_t host = 0; host < report.hosts.size(); ++host) {
    table.rows.push_back(RankingCells(report, group, host, "-"));
  }
  return table;
}

Table WorkloadTable(const AcrossReport& report, const AcrossGroup& group) {
  Table table;
  table.columns = {{"workload"},           {"host"},      {"level", true}, {"cost", true},
                   {"95% interval", true}, {"runs", true}};
  for (const AcrossRow& row : group.rows) {
    for (size_t host = 0; host < report.hosts.size(); ++host) {
      if (!row.levels[host]) continue;
      const auto& ratio = row.against_base[host];
      table.rows.push_back({SeriesCell(row.series), report.hosts[host].name,
                            FormatValue(*row.levels[host], group.unit),
                            ratio ? Times(ratio->ratio) : "-",
                            host == report.base ? "base"
                            : ratio             ? Ends(*ratio)
                                                : "-",
                            absl::StrFormat("%d", row.runs[host])});
    }
  }
  return table;
}

Table DifferingTable(const AcrossReport& report) {
  Table table;
  table.columns.push_back({"differs"});
  for (const AcrossHost& host : report.hosts) table.columns.push_back({host.name});
  for (const DifferingField& field : report.differing) {
    if (table.rows.size() == kFieldsShown) break;
    std::vector<std::string> cells = {field.name};
    for (const std::string& value : field.values) {
      cells.push_back(value.empty() ? "-" : Shorten(value, kValueWidth));
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

std::vector<std::string> SameIdentityLines(const AcrossReport& report) {
  std::vector<std::string> lines;
  for (const SameIdentity& same : report.same_identity) {
    std::vector<std::string> names;
    for (const size_t host : same.hosts) names.push_back(report.hosts[host].name);
    const std::string of =
        absl::StrFormat("%s are the same hardware (identity %s)", absl::StrJoin(names, ", "),
                        same.identity.substr(0, kAcrossDigestShown));
    if (!same.reason.empty()) {
      lines.push_back(of + ": " + same.reason);
    } else if (same.off.empty()) {
      lines.push_back(of + ": none of them is off");
    }
    for (size_t i = 0; i < same.off.size() && i < kFindingsShown; ++i) {
      const auto& finding = same.off[i];
      lines.push_back(absl::StrFormat(
          "%s is off: %s %s costs %s what it does on the others of its "
          "identity (p %s)",
          report.hosts[finding.host].name, SeriesCell(finding.series), finding.series.metric,
          Times(finding.ratio), ProbabilityText(finding.adjusted_p)));
    }
    if (same.off.size() > kFindingsShown) {
      lines.push_back(absl::StrFormat("and %d more such findings (--format json has all)",
                                      same.off.size() - kFindingsShown));
    }
  }
  return lines;
}

std::vector<std::string> AcrossNotes(const AcrossReport& report) {
  std::vector<std::string> notes = {
      "between machines: ratios, not verdicts; hosts that cannot be told apart share a rank"};
  for (const AcrossGroup& group : report.groups) {
    if (!group.ranking_reason.empty()) {
      notes.push_back("no ranks for " + group.metric + ": " + group.ranking_reason);
    }
  }
  if (report.differing.size() > kFieldsShown) {
    notes.push_back(absl::StrFormat("%d more fields differ (--format json has all)",
                                    report.differing.size() - kFieldsShown));
  }
  for (const std::string& line : report.left_out) notes.push_back("left out: " + line);
  return notes;
}

std::string RenderAcrossText(const AcrossReport& report, const Style& style) {
  std::string text = absl::StrFormat("%d hosts of %s\n\n", report.hosts.size(), report.side);
  if (!report.differing.empty()) text += RenderText(DifferingTable(report)) + "\n";
  const std::vector<std::string> same = SameIdentityLines(report);
  for (const std::string& line : same) text += line + "\n";
  if (!same.empty()) text += "\n";
  for (const AcrossGroup& group : report.groups) {
    text += Section(AcrossTitle(report, group), RankingTable(report, group), style);
    text += Section(group.metric + " by workload", WorkloadTable(report, group), style);
  }
  for (const std::string& note : AcrossNotes(report)) text += style.Dim(note) + "\n";
  return text;
}

std::string RenderAcrossMarkdown(const AcrossReport& report) {
  std::string text = absl::StrFormat("## %d hosts of %s\n\n", report.hosts.size(), report.side);
  if (!report.differing.empty()) text += RenderMarkdown(DifferingTable(report)) + "\n";
  for (const std::string& line : SameIdentityLines(report)) text += "- " + line + "\n";
  for (const AcrossGroup& group : report.groups) {
    text += "\n### " + AcrossTitle(report, group) + "\n\n" +
            RenderMarkdown(RankingTable(report, group)) + "\n" +
            RenderMarkdown(WorkloadTable(report, group));
  }
  text += "\n";
  for (const std::string& note : AcrossNotes(report)) text += note + "  \n";
  return text;
}

std::string RenderAcrossCsv(const AcrossReport& report) {
  Table table;
  for (const char* title : {"metric", "unit", "workload", "parameters", "host", "identity", "runs",
                            "level", "base", "cost_ratio", "cost_ratio_low", "cost_ratio_high"}) {
    table.columns.push_back({title});
  }
  for (const AcrossGroup& group : report.groups) {
    for (const AcrossRow& row : group.rows) {
      for (size_t host = 0; host < report.hosts.size(); ++host) {
        if (!row.levels[host]) continue;
        const auto& ratio = row.against_base[host];
        table.rows.push_back({group.metric, group.unit, row.series.workload,
                              FormatParameters(row.series.parameters), report.hosts[host].name,
                              report.hosts[host].identity, absl::StrFormat("%d", row.runs[host]),
                              CsvNumber(*row.levels[host]), report.hosts[report.base].name,
                              ratio ? CsvNumber(ratio->ratio) : "",
                              ratio ? CsvNumber(ratio->interval.low) : "",
                              ratio ? CsvNumber(ratio->interval.high) : ""});
      }
    }
  }
  return RenderCsv(table);
}

}  // namespace benchfleet
