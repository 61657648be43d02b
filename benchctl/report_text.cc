#include "benchctl/report_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "base/text.h"
#include "benchctl/comparison_text.h"
#include "benchctl/report_sections.h"
#include "benchctl/report_shapes.h"

namespace benchfleet {
namespace {

constexpr size_t kTableParametersWidth = 56;
constexpr size_t kTrendRowsInText = 10;
constexpr size_t kTrendRowsInMarkdown = 200;

struct Scale {
  double factor;
  const char* unit;
};

// The unit in which people read a value of this size; factor 1 for units that have no such family.
Scale ScaleFor(double value, std::string_view unit) {
  static constexpr std::array<Scale, 4> kTime = {{{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"}}};
  static constexpr std::array<Scale, 5> kBytes = {{{1099511627776.0, "TiB"},
                                                   {1073741824.0, "GiB"},
                                                   {1048576.0, "MiB"},
                                                   {1024, "KiB"},
                                                   {1, "B"}}};
  static constexpr std::array<Scale, 5> kByteRate = {{{1099511627776.0, "TiB/s"},
                                                      {1073741824.0, "GiB/s"},
                                                      {1048576.0, "MiB/s"},
                                                      {1024, "KiB/s"},
                                                      {1, "B/s"}}};
  static constexpr std::array<Scale, 4> kRate = {
      {{1e9, "G/s"}, {1e6, "M/s"}, {1e3, "k/s"}, {1, "/s"}}};
  static constexpr std::array<Scale, 4> kBitRate = {
      {{1e9, "Gbit/s"}, {1e6, "Mbit/s"}, {1e3, "kbit/s"}, {1, "bit/s"}}};
  const auto pick = [value](const auto& scales) {
    for (const Scale& scale : scales) {
      if (std::fabs(value) >= scale.factor * 0.9995) return scale;
    }
    return scales.back();
  };
  if (unit == "ns") return pick(kTime);
  if (unit == "B") return pick(kBytes);
  if (unit == "B/s") return pick(kByteRate);
  if (unit == "1/s") return pick(kRate);
  if (unit == "bit/s") return pick(kBitRate);
  return {1, ""};
}

std::string Digits(double value, int significant) {
  if (value == 0) return "0";
  const int magnitude = static_cast<int>(std::floor(std::log10(std::fabs(value))));
  return absl::StrFormat("%.*f", std::max(0, significant - 1 - magnitude), value);
}

std::string Figure(const ReportRow& row, double value) {
  return std::isfinite(value) ? FormatValue(value, row.metric.unit) : "-";
}

std::string MedianCell(const ReportRow& row) {
  if (std::isfinite(row.summary.median) || !row.aggregate_only) {
    return Figure(row, row.summary.median);
  }
  return "mean " + Figure(row, row.summary.mean);
}

std::string WorkloadCell(const ReportRow& row) {
  // A count that is neither better nor worse, as a server's of its requests, says what it counts.
  const bool plain = row.main && row.metric.direction != Direction::kNeutral;
  return plain ? row.workload : row.workload + "/" + row.metric.name;
}

// What stands beside the main metric in a column; other metrics are rows of their own.
bool IsThroughput(const ReportRow& row, const std::string& main_metric) {
  return !row.main && row.metric.derived_from == main_metric && row.metric.name == "throughput";
}
bool IsColumn(const ReportRow& row, const std::string& main_metric) {
  return IsThroughput(row, main_metric) || (!row.main && row.metric.name == kRssPeakMetric);
}

std::string Quoted(std::string_view text) { return Printable(text); }

std::string LimitText(const Budget& budget) {
  std::string text = budget.metric + " " + budget.statistic;
  if (!budget.max.empty()) text += " <= " + budget.max;
  if (!budget.min.empty()) text += (budget.max.empty() ? " >= " : ", >= ") + budget.min;
  return text;
}

// What is not held stands out without colour, too.
std::string StateWord(BudgetState state) {
  const std::string name = BudgetStateName(state);
  return state == BudgetState::kHeld ? name : absl::AsciiStrToUpper(name);
}

// Rows as a table for the terminal; the rest of what a comparison says is a command away.
std::string VerdictLines(const Report& report, const Style& style) {
  const auto& comparison = report.verdicts.comparison;
  if (!HasContext(report)) return "";
  if (!comparison) return style.Dim("  verdicts: " + Quoted(VerdictHeadline(report))) + "\n";
  const ComparisonReport changed = ChangedRows(*comparison);
  const bool worse = comparison->Count(Verdict::kRegressed) > 0;
  const std::string headline = "verdicts " + Quoted(VerdictHeadline(report));
  std::string text = "\n" + (worse ? style.Red(headline) : style.Bold(headline)) + "\n";
  ReasonNotes notes;
  for (const ComparisonGroup& group : GroupsOf(changed)) {
    text += style.Bold(GroupTitle(group)) + "\n" + RenderText(GroupTable(group, true, &notes));
  }
  for (size_t i = 0; i < notes.lines().size(); ++i) {
    text += absl::StrFormat("  [%d] %s\n", i + 1, Quoted(notes.lines()[i]));
  }
  for (const std::string& suspect : SuspectLines(changed)) {
    text += "  " + style.Yellow("also changed: " + Quoted(suspect)) + "\n";
  }
  return text + style.Dim("  every row: " + CompareCommandLine(report)) + "\n";
}

std::string TrendLines(const Report& report, const Style& style) {
  if (!HasContext(report)) return "";
  const std::string headline = "trends: " + Quoted(TrendHeadline(report));
  const Table shifts = TrendShiftTable(report, kTrendRowsInText);
  if (shifts.rows.empty()) return style.Dim("  " + headline) + "\n";
  return "\n" + style.Bold(headline) + "\n" + RenderText(shifts) +
         style.Dim("  with its history: benchctl trend " + shifts.rows[0][0]) + "\n";
}

// Of one line of CSV: part, verdict, history, conditions.
void AppendLinks(const ReportLinks& links, const ReportRow& row, std::vector<std::string>* cells) {
  cells->push_back(row.main ? "main" : IsPhase(row.metric) ? "phase" : "");
  const ComparisonRow* const verdict = links.VerdictOf(row);
  const Comparison* const c = verdict == nullptr ? nullptr : &verdict->judgement.comparison;
  const bool ratio = c != nullptr && c->judgeable && !c->on_differences;
  cells->push_back(c == nullptr ? "" : VerdictName(c->verdict));
  cells->push_back(ratio ? CsvNumber(c->ratio) : "");
  cells->push_back(ratio ? CsvNumber(c->ratio_interval.low) : "");
  cells->push_back(ratio ? CsvNumber(c->ratio_interval.high) : "");
  cells->push_back(c != nullptr && c->judgeable ? CsvNumber(c->adjusted_p) : "");
  const SeriesTrend* const trend = links.TrendOf(row);
  const TrendShift* const shift =
      trend == nullptr || trend->shifts.empty() ? nullptr : &trend->shifts.back();
  cells->push_back(trend == nullptr ? "" : absl::StrFormat("%d", trend->points.size()));
  cells->push_back(shift == nullptr ? "" : trend->points[shift->index].revision);
  cells->push_back(shift == nullptr ? "" : CsvNumber(shift->relative()));
  const HostConditions* const host = links.ConditionsOf(row);
  cells->push_back(host == nullptr ? "" : absl::StrFormat("%d", host->runs));
  cells->push_back(host == nullptr ? "" : absl::StrFormat("%d", host->disturbed));
  cells->push_back(host != nullptr && host->clock_pair_ns ? CsvNumber(*host->clock_pair_ns) : "");
  cells->push_back(row.identity);
}

std::string VerdictMarkdown(const Report& report) {
  if (!HasContext(report)) return "";
  std::string text = "\n**Verdicts** " + EscapeHtml(VerdictHeadline(report)) + "\n";
  if (!report.verdicts.comparison) return text;
  const ComparisonReport changed = ChangedRows(*report.verdicts.comparison);
  ReasonNotes notes;
  for (const ComparisonGroup& group : GroupsOf(changed)) {
    text += "\n" + EscapeHtml(GroupTitle(group)) + "\n\n" +
            RenderMarkdown(GroupTable(group, true, &notes));
  }
  for (size_t i = 0; i < notes.lines().size(); ++i) {
    text += absl::StrFormat("\n\\[%d\\] %s\n", i + 1, EscapeHtml(notes.lines()[i]));
  }
  for (const std::string& suspect : SuspectLines(changed)) {
    text += "\nalso changed: " + EscapeHtml(suspect) + "\n";
  }
  return text;
}

std::string TrendMarkdown(const Report& report) {
  if (!HasContext(report)) return "";
  std::string text = "\n**Trends** " + EscapeHtml(TrendHeadline(report)) + "\n";
  const Table shifts = TrendShiftTable(report, kTrendRowsInMarkdown);
  return shifts.rows.empty() ? text : text + "\n" + RenderMarkdown(shifts);
}

}  // namespace

std::string FormatRange(const Interval& interval, std::string_view unit) {
  const Scale scale = ScaleFor(std::max(std::fabs(interval.low), std::fabs(interval.high)), unit);
  std::string low;
  std::string high;
  for (int significant = 3; significant <= 6; ++significant) {
    low = Digits(interval.low / scale.factor, significant);
    high = Digits(interval.high / scale.factor, significant);
    if (low != high || interval.low == interval.high) break;
  }
  std::string text = low + "–" + high;
  const std::string_view suffix = scale.unit[0] == '\0' ? unit : std::string_view(scale.unit);
  if (!suffix.empty() && suffix[0] != '/') text += ' ';
  return text + std::string(suffix);
}

Table ReportTable(const Report& report, size_t parameters_width, ReportRows which) {
  using Key = std::tuple<std::string, std::string, StringMap>;
  const auto key = [](const ReportRow& row) { return Key{row.host, row.workload, row.parameters}; };
  std::map<Key, std::string> main_metrics;
  std::map<Key, std::string> throughput;
  for (const ReportRow& row : report.rows) {
    if (row.main) main_metrics[key(row)] = row.metric.name;
  }
  for (const ReportRow& row : report.rows) {
    if (IsThroughput(row, main_metrics[key(row)])) {
      throughput[key(row)] = Figure(row, row.summary.median);
    }
  }
  Table table{{{"host"},
               {"workload"},
               {"parameters"},
               {"n", true},
               {"median", true},
               {"95% interval", true},
               {"p95", true},
               {"p99", true}},
              {}};
  if (!throughput.empty()) table.columns.push_back({"throughput", true});
  table.columns.push_back({"rss peak", true});
  for (const ReportRow& row : report.rows) {
    if (IsColumn(row, main_metrics[key(row)])) continue;
    if (which == ReportRows::kMain && !row.main) continue;
    const Summary& s = row.summary;
    std::vector<std::string> cells = {
        row.host,
        WorkloadCell(row),
        Shorten(ParametersText(row.parameters), parameters_width),
        absl::StrFormat("%d", s.n),
        MedianCell(row),
        s.median_interval ? FormatRange(*s.median_interval, row.metric.unit) : "-",
        Figure(row, s.p95),
        Figure(row, s.p99)};
    if (!throughput.empty()) {
      const auto found = throughput.find(key(row));
      cells.push_back(row.main && found != throughput.end() ? found->second : "");
    }
    const bool rss = row.main && row.rss_peak_bytes().has_value();
    cells.push_back(rss ? FormatBytes(*row.rss_peak_bytes()) : row.main ? "-" : "");
    table.rows.push_back(std::move(cells));
  }
  return table;
}

std::string BudgetSummary(const Report& report) {
  const auto held = std::count_if(
      report.budgets.begin(), report.budgets.end(),
      [](const BudgetVerdict& verdict) { return verdict.state == BudgetState::kHeld; });
  const auto all = static_cast<std::ptrdiff_t>(report.budgets.size());
  return held == all ? absl::StrFormat("all %d held", all)
                     : absl::StrFormat("%d of %d not held", all - held, all);
}

Table BudgetTable(const Report& report, BudgetRows rows) {
  Table table{{{"budget"}, {""}, {"actual", true}, {"host"}, {"workload"}, {"parameters"}}, {}};
  for (const BudgetVerdict& verdict : report.budgets) {
    if (rows == BudgetRows::kNotHeld && verdict.state == BudgetState::kHeld) continue;
    const bool judged =
        verdict.state == BudgetState::kHeld || verdict.state == BudgetState::kBroken;
    table.rows.push_back({LimitText(verdict.budget), StateWord(verdict.state),
                          judged ? FormatValue(verdict.actual, verdict.unit) : verdict.reason,
                          verdict.host, verdict.workload,
                          Shorten(ParametersText(verdict.parameters), kTableParametersWidth)});
  }
  return table;
}

std::string Headline(const Report& report) {
  const JobStatus& job = report.job;
  std::string text = absl::StrFormat("job %d %s", job.job.value, Quoted(job.name));
  if (!job.revision.empty()) text += absl::StrFormat(" (%s)", Quoted(job.revision));
  text += absl::StrFormat(": %s, %d of %d runs", std::string(StateName(job.state)), job.runs_done,
                          job.runs);
  if (!report.remarks.failed.empty())
    text += absl::StrFormat(", %d failed", report.remarks.failed.size());
  if (!job.message.empty()) text += absl::StrFormat(" — %s", Quoted(job.message));
  return text;
}

std::vector<std::string> Footnotes(const Report& report) {
  std::vector<std::string> notes;
  for (const std::string& warning : report.remarks.warnings) notes.push_back(Quoted(warning));
  if (!IsFinal(report.job.state)) {
    notes.push_back("the job has not ended: figures are of the runs so far");
  }
  if (const std::string note = DisturbanceNote(report.remarks); !note.empty()) {
    notes.push_back(note);
  }
  const auto of_one_run =
      std::count_if(report.rows.begin(), report.rows.end(), [](const ReportRow& row) {
        return row.main && row.runs == 1 && row.summary.median_interval.has_value();
      });
  if (of_one_run > 0) {
    notes.push_back(absl::StrFormat(
        "%d of the intervals are of one run's samples, and say nothing of how runs differ",
        of_one_run));
  }
  for (std::string& note : ShapeNotes(report)) notes.push_back(std::move(note));
  std::string clocks;
  for (const HostConditions& host : report.conditions) {
    if (!host.clock_pair_ns) continue;
    clocks += absl::StrFormat("%s %s %s", clocks.empty() ? "" : ",", Quoted(host.host),
                              FormatNanoseconds(*host.clock_pair_ns));
  }
  if (!clocks.empty()) notes.push_back("cost of one pair of clock readings:" + clocks);
  for (const ReportRow& row : report.rows) {
    if (!row.aggregate_only) continue;
    notes.push_back("rows with a mean were imported without samples: no interval, no quantiles");
    break;
  }
  if (!report.source.empty()) notes.push_back("imported from " + Quoted(report.source));
  return notes;
}

std::string RenderReportText(const Report& report, const Style& style) {
  std::string text = style.Bold(Headline(report)) + "\n";
  if (report.rows.empty()) {
    text += "no run has succeeded yet\n";
  } else {
    text += RenderText(ReportTable(report, kTableParametersWidth));
  }
  if (!report.remarks.failed.empty()) {
    text += "\n" + style.Red("failed runs (not in the figures):") + "\n" +
            RenderText(FailureTable(report.remarks.failed));
  }
  if (!report.budgets.empty()) {
    const std::string summary = "budgets: " + BudgetSummary(report);
    text += "\n" + (report.budgets_held() ? style.Green(summary) : style.Red(summary)) + "\n";
    if (!report.budgets_held()) text += RenderText(BudgetTable(report, BudgetRows::kNotHeld));
  }
  text += VerdictLines(report, style) + TrendLines(report, style);
  for (const std::string& note : Footnotes(report)) text += style.Dim("  " + note) + "\n";
  return text;
}

std::string RenderReportMarkdown(const Report& report) {
  std::string text = "### " + EscapeHtml(Headline(report)) + "\n\n";
  text += report.rows.empty() ? "no run has succeeded yet\n"
                              : RenderMarkdown(ReportTable(report, kTableParametersWidth));
  if (!report.remarks.failed.empty()) {
    text += "\n**Failed runs** (not in the figures)\n\n" +
            RenderMarkdown(FailureTable(report.remarks.failed));
  }
  if (!report.budgets.empty()) {
    text += "\n**Budgets: " + BudgetSummary(report) + "**\n";
    if (!report.budgets_held()) {
      text += "\n" + RenderMarkdown(BudgetTable(report, BudgetRows::kNotHeld));
    }
  }
  text += VerdictMarkdown(report) + TrendMarkdown(report);
  if (!report.conditions.empty()) {
    text += "\n**Conditions**\n\n" + RenderMarkdown(ConditionTable(report));
  }
  for (const std::string& note : Footnotes(report)) text += "\n" + EscapeHtml(note) + "\n";
  return text;
}

std::string RenderReportCsv(const Report& report) {
  Table table;
  for (const char* title : {"job",
                            "host",
                            "workload",
                            "parameters",
                            "metric",
                            "unit",
                            "runs",
                            "n",
                            "median",
                            "interval_low",
                            "interval_high",
                            "mean",
                            "stddev",
                            "min",
                            "max",
                            "p95",
                            "p99",
                            "rss_peak_bytes",
                            "part",
                            "verdict",
                            "ratio",
                            "ratio_low",
                            "ratio_high",
                            "adjusted_p",
                            "history_points",
                            "last_shift_at",
                            "last_shift",
                            "host_runs",
                            "host_runs_not_quiet",
                            "clock_pair_ns",
                            "identity"}) {
    table.columns.push_back({title});
  }
  const ReportLinks links(report);
  for (const ReportRow& row : report.rows) {
    const Summary& s = row.summary;
    const auto end = [&](double Interval::*which) {
      return s.median_interval ? CsvNumber((*s.median_interval).*which) : "";
    };
    table.rows.push_back({absl::StrFormat("%d", report.job.job.value), row.host, row.workload,
                          FormatParameters(row.parameters), row.metric.name, row.metric.unit,
                          absl::StrFormat("%d", row.runs), absl::StrFormat("%d", s.n),
                          CsvNumber(s.median), end(&Interval::low), end(&Interval::high),
                          CsvNumber(s.mean), CsvNumber(s.stddev), CsvNumber(s.min),
                          CsvNumber(s.max), CsvNumber(s.p95), CsvNumber(s.p99),
                          row.rss_peak_bytes() ? CsvNumber(*row.rss_peak_bytes()) : ""});
    AppendLinks(links, row, &table.rows.back());
  }
  return RenderCsv(table);
}

}  // namespace benchfleet
