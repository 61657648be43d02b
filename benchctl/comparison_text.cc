#include "benchctl/comparison_text.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/text.h"
#include "benchctl/report_text.h"

namespace benchfleet {
namespace {

constexpr size_t kSeriesWidth = 56;
constexpr size_t kUnmatchedShown = 8;

bool Called(const ComparisonRow& row) {
  const Verdict verdict = row.judgement.comparison.verdict;
  return verdict == Verdict::kRegressed || verdict == Verdict::kImproved;
}

std::string Percent(double ratio) {
  if (!std::isfinite(ratio)) return "inf";
  const double percent = 100 * (ratio - 1);
  if (ratio >= 10) return absl::StrFormat("%.3gx", ratio);
  return absl::StrFormat(std::abs(percent) < 9.995 ? "%+.2f%%" : "%+.1f%%", percent);
}

std::string Signed(double value, const std::string& unit) {
  return (value < 0 ? "-" : "+") + FormatValue(std::abs(value), unit);
}

std::string FigureText(const SideFigure& figure, const std::string& unit) {
  if (figure.runs == 0) return "-";
  std::string text = FormatValue(figure.center, unit);
  if (figure.spread && figure.center > 0) {
    const double share = 100 * *figure.spread / figure.center;
    text += absl::StrFormat(share < 9.5 ? " ±%4.1f%%" : " ±%4.0f%%", share);
  }
  return figure.aggregate_only ? "mean " + text : text;
}

// What a reader has to know of one row besides its figures; "" where the figures say it.
std::string NoteOf(const ComparisonRow& row) {
  const Judgement& judgement = row.judgement;
  const Comparison& comparison = judgement.comparison;
  if (!row.blessing.empty()) return "accepted: " + row.blessing;
  if (!comparison.judgeable || judgement.environment_fault) return comparison.reason;
  const bool held_back = comparison.verdict == Verdict::kUndecided &&
                         comparison.reason.find("neither surely") == std::string::npos;
  if (held_back) return comparison.reason;
  if (Called(row) && !judgement.suspects.empty()) {
    return "changed as well, so a first suspect: " + absl::StrJoin(judgement.suspects, "; ");
  }
  return "";
}

std::string SeriesCell(const ComparisonRow& row) {
  const std::string parameters = ParametersText(NameOfBoth(row.base_series, row.series).parameters);
  return Shorten(row.series.workload + (parameters.empty() ? "" : " " + parameters), kSeriesWidth);
}

std::string SeesText(const Comparison& comparison) {
  if (!comparison.minimum_detectable_effect) return "-";
  const double percent = 100 * *comparison.minimum_detectable_effect;
  if (percent > 1000) return ">1000%";
  return absl::StrFormat(percent < 9.95 ? "%.1f%%" : "%.0f%%", percent);
}

std::vector<std::string> MeanCells(const GeometricMean& mean, bool with_hosts) {
  std::vector<std::string> cells = {"geometric mean"};
  if (with_hosts) cells.emplace_back();
  cells.insert(cells.end(),
               {"", "", Percent(mean.ratio),
                mean.interval ? absl::StrFormat("%s to %s", Percent(mean.interval->low),
                                                Percent(mean.interval->high))
                              : "-",
                "", absl::StrFormat("%d rows", mean.rows), "", ""});
  return cells;
}

// The last column of each row in its colour.
std::string Colored(const std::string& table, const ComparisonGroup& group, const Style& style) {
  std::string text;
  size_t line = 0;
  for (size_t begin = 0; begin < table.size(); ++line) {
    const size_t end = table.find('\n', begin);
    std::string one = table.substr(begin, end - begin);
    begin = end + 1;
    if (line == 0) one = style.Dim(one);
    if (line > 0 && line <= group.rows.size()) {
      const ComparisonRow& row = *group.rows[line - 1];
      const std::string word = VerdictWord(row);
      const size_t at = one.rfind(word);
      const Verdict verdict = row.judgement.comparison.verdict;
      const std::string colored = verdict == Verdict::kRegressed && row.blessing.empty()
                                      ? style.Red(word)
                                  : verdict == Verdict::kImproved  ? style.Green(word)
                                  : verdict == Verdict::kUndecided ? style.Yellow(word)
                                                                   : word;
      if (at != std::string::npos) one.replace(at, word.size(), colored);
    }
    text += one + "\n";
  }
  return text;
}

}  // namespace

std::vector<ComparisonGroup> GroupsOf(const ComparisonReport& report) {
  std::vector<ComparisonGroup> groups;
  for (const ComparisonRow& row : report.rows) {
    if (groups.empty() || groups.back().metric != row.series.metric ||
        groups.back().unit != row.unit) {
      groups.push_back({row.series.metric, row.unit, row.better, {}, nullptr});
    }
    groups.back().rows.push_back(&row);
  }
  for (ComparisonGroup& group : groups) {
    for (const GeometricMean& mean : report.means) {
      if (mean.metric == group.metric && mean.unit == group.unit) group.mean = &mean;
    }
  }
  return groups;
}

std::string GroupTitle(const ComparisonGroup& group) {
  switch (group.better) {
    case Better::kLower:
      return group.metric + ", lower is better";
    case Better::kHigher:
      return group.metric + ", higher is better";
    case Better::kNeither:
      return group.metric + ", no direction is better";
  }
  return group.metric;
}

std::string ReasonNotes::Mark(const std::string& text) {
  const auto found = std::find(lines_.begin(), lines_.end(), text);
  const auto index = found - lines_.begin();
  if (found == lines_.end()) lines_.push_back(text);
  return absl::StrFormat("[%d]", index + 1);
}

bool HasSeveralHosts(const ComparisonReport& report) {
  std::set<std::string> hosts;
  for (const ComparisonRow& row : report.rows) hosts.insert(row.host);
  return hosts.size() > 1;
}

std::string VerdictWord(const ComparisonRow& row) {
  const Judgement& judgement = row.judgement;
  if (!row.blessing.empty()) return "accepted";
  const std::string word = VerdictName(judgement.comparison.verdict);
  if (judgement.severity == Severity::kFailure) return word + " (fails)";
  if (judgement.severity == Severity::kWarning) return word + " (warns)";
  return word;
}

std::string DeltaText(const ComparisonRow& row) {
  const Comparison& comparison = row.judgement.comparison;
  if (comparison.baseline_runs == 0) return "-";
  if (!Called(row)) return "~";
  if (comparison.on_differences && !(row.baseline.center > 0)) {
    return Signed(comparison.difference, row.unit);
  }
  return Percent(comparison.ratio);
}

std::string IntervalText(const ComparisonRow& row) {
  const Comparison& comparison = row.judgement.comparison;
  if (!comparison.judgeable) return "-";
  if (comparison.on_differences) {
    return absl::StrFormat("%s to %s", Signed(comparison.difference_interval.low, row.unit),
                           Signed(comparison.difference_interval.high, row.unit));
  }
  return absl::StrFormat("%s to %s", Percent(comparison.ratio_interval.low),
                         Percent(comparison.ratio_interval.high));
}

std::string ProbabilityText(double p) { return p < 0.001 ? "<0.001" : absl::StrFormat("%.3f", p); }

std::string CountText(const ComparisonRow& row) {
  const auto side = [](const SideFigure& figure) {
    const size_t each = figure.runs == 0 ? 0 : figure.samples / figure.runs;
    return figure.runs == 1 ? absl::StrFormat("%d", figure.samples)
                            : absl::StrFormat("%d×%d", figure.runs, each);
  };
  const std::string before = side(row.baseline);
  const std::string after = side(row.candidate);
  return before == after ? before : before + ", " + after;
}

Table GroupTable(const ComparisonGroup& group, bool with_hosts, ReasonNotes* notes) {
  Table table{{{"workload"}}, {}};
  if (with_hosts) table.columns.push_back({"host"});
  for (const char* title : {"base", "new", "delta", "95% interval", "p", "n", "sees"}) {
    table.columns.push_back({title, true});
  }
  table.columns.push_back({"verdict"});
  for (const ComparisonRow* row : group.rows) {
    const Comparison& comparison = row->judgement.comparison;
    std::vector<std::string> cells = {SeriesCell(*row)};
    if (with_hosts) cells.push_back(row->host);
    const std::string note = NoteOf(*row);
    cells.insert(
        cells.end(),
        {FigureText(row->baseline, row->unit), FigureText(row->candidate, row->unit),
         DeltaText(*row), IntervalText(*row),
         comparison.judgeable ? ProbabilityText(comparison.adjusted_p) : "-", CountText(*row),
         SeesText(comparison), VerdictWord(*row) + (note.empty() ? "" : " " + notes->Mark(note))});
    table.rows.push_back(std::move(cells));
  }
  if (group.mean != nullptr) table.rows.push_back(MeanCells(*group.mean, with_hosts));
  return table;
}

std::string CountsText(const ComparisonReport& report) {
  std::string text;
  for (const Verdict verdict :
       {Verdict::kRegressed, Verdict::kImproved, Verdict::kUnchanged, Verdict::kUndecided}) {
    const size_t count = report.Count(verdict);
    if (count == 0) continue;
    text += absl::StrFormat("%s%d %s", text.empty() ? "" : ", ", count, VerdictName(verdict));
  }
  return text.empty() ? "nothing to compare" : text;
}

std::vector<std::string> SuspectLines(const ComparisonReport& report) {
  std::vector<std::string> lines;
  for (const Suspect& suspect : report.suspects) {
    lines.push_back(suspect.rows == report.rows.size()
                        ? suspect.what
                        : absl::StrFormat("%s (%d of %d rows)", suspect.what, suspect.rows,
                                          report.rows.size()));
  }
  return lines;
}

std::string DifferingText(const UnmatchedSeries& series) {
  if (series.differing.empty()) return "";
  std::vector<std::string> shown = series.differing;
  const size_t more = shown.size() - std::min(shown.size(), kUnmatchedShown);
  shown.resize(shown.size() - more);
  return " in " + absl::StrJoin(shown, ", ") +
         (more > 0 ? absl::StrFormat(" and %d more", more) : "");
}

std::vector<std::string> UnmatchedLines(const ComparisonReport& report) {
  // By what they have in common, so that a whole sweep on another machine is one line.
  std::map<std::string, std::vector<std::string>> series;
  for (const UnmatchedSeries& one : report.cross_machine) {
    series[absl::StrFormat("not compared, since the machines differ%s (%s; %s; see --across hosts)",
                           DifferingText(one), one.baseline, one.candidate)]
        .push_back(SeriesText(one.series));
  }
  for (const UnmatchedSeries& one : report.one_sided) {
    const bool base = one.candidate.empty();
    series[absl::StrFormat("only in %s (%s)", base ? "base" : "new",
                           base ? one.baseline : one.candidate)]
        .push_back(SeriesText(one.series));
  }
  std::vector<std::string> lines;
  for (auto& [why, names] : series) {
    const size_t more = names.size() - std::min(names.size(), kUnmatchedShown);
    names.resize(names.size() - more);
    lines.push_back(why + ": " + absl::StrJoin(names, ", ") +
                    (more > 0 ? absl::StrFormat(" and %d more", more) : ""));
  }
  return lines;
}

std::vector<std::string> RateLines(const ComparisonReport& report) {
  const VerdictOptions& verdict = report.options.ladder.verdict;
  if (report.rows.empty()) return {};
  return {
      absl::StrFormat(
          "false alarms: at most %g %% (p is adjusted over %s); changes within "
          "%.3g %% do not matter",
          100 * verdict.alpha,
          report.rows.size() == 1 ? "one row" : absl::StrFormat("all %d rows", report.rows.size()),
          100 * std::expm1(verdict.floor)),
      "~ no change that is sure; sees: the smallest change that these runs would show"};
}

std::string PlaceText(const ComparisonReport& report) {
  if (report.rows.empty() || HasSeveralHosts(report)) return "";
  const ComparisonRow& row = report.rows[0];
  if (row.machine.empty() || row.machine == row.host) return row.host;
  return row.host.empty() ? row.machine : row.host + ", " + row.machine;
}

std::string RenderComparisonText(const ComparisonReport& report, const Style& style) {
  std::string text = absl::StrFormat("base: %s\nnew:  %s\n", Printable(report.baseline),
                                     Printable(report.candidate));
  const std::string place = PlaceText(report);
  if (!place.empty()) text += "on:   " + Printable(place) + "\n";
  const std::vector<std::string> suspects = SuspectLines(report);
  if (!suspects.empty()) {
    text += "\n" + style.Yellow("suspects: what else changed between the sides") + "\n";
    for (const std::string& line : suspects) text += "  " + Printable(line) + "\n";
  }
  ReasonNotes notes;
  const bool with_hosts = HasSeveralHosts(report);
  for (const ComparisonGroup& group : GroupsOf(report)) {
    text += "\n" + style.Bold(GroupTitle(group)) + "\n" +
            Colored(RenderText(GroupTable(group, with_hosts, &notes)), group, style);
  }
  text += "\n" + style.Bold(CountsText(report)) + "\n";
  for (size_t i = 0; i < notes.lines().size(); ++i) {
    text += absl::StrFormat("  [%d] %s\n", i + 1, Printable(notes.lines()[i]));
  }
  for (const std::string& line : UnmatchedLines(report)) text += "  " + Printable(line) + "\n";
  for (const std::string& line : RateLines(report)) text += style.Dim("  " + line) + "\n";
  return text;
}

std::string RenderComparisonMarkdown(const ComparisonReport& report) {
  std::string text = absl::StrFormat("### %s\n\nbase: %s, new: %s\n", CountsText(report),
                                     EscapeHtml(report.baseline), EscapeHtml(report.candidate));
  for (const std::string& line : SuspectLines(report)) {
    text += "\n**Suspect:** " + EscapeHtml(line) + "\n";
  }
  ReasonNotes notes;
  const bool with_hosts = HasSeveralHosts(report);
  for (const ComparisonGroup& group : GroupsOf(report)) {
    text += "\n**" + EscapeHtml(GroupTitle(group)) + "**\n\n" +
            RenderMarkdown(GroupTable(group, with_hosts, &notes));
  }
  for (size_t i = 0; i < notes.lines().size(); ++i) {
    text += absl::StrFormat("\n\\[%d\\] %s\n", i + 1, EscapeHtml(notes.lines()[i]));
  }
  for (const std::string& line : UnmatchedLines(report)) text += "\n" + EscapeHtml(line) + "\n";
  for (const std::string& line : RateLines(report)) text += "\n" + EscapeHtml(line) + "\n";
  return text;
}

std::string RenderComparisonCsv(const ComparisonReport& report) {
  Table table;
  for (const char* title : {"metric",
                            "unit",
                            "workload",
                            "parameters",
                            "host",
                            "verdict",
                            "severity",
                            "base",
                            "new",
                            "base_runs",
                            "base_samples",
                            "new_runs",
                            "new_samples",
                            "ratio",
                            "ratio_low",
                            "ratio_high",
                            "difference",
                            "difference_low",
                            "difference_high",
                            "p",
                            "adjusted_p",
                            "minimum_detectable_effect",
                            "reason"}) {
    table.columns.push_back({title});
  }
  for (const ComparisonRow& row : report.rows) {
    const Comparison& c = row.judgement.comparison;
    const auto ratio = [&](double value) {
      return c.judgeable && !c.on_differences ? CsvNumber(value) : "";
    };
    const auto difference = [&](double value) {
      return c.judgeable && c.on_differences ? CsvNumber(value) : "";
    };
    const char* severity = row.judgement.severity == Severity::kFailure   ? "failure"
                           : row.judgement.severity == Severity::kWarning ? "warning"
                                                                          : "none";
    table.rows.push_back(
        {row.series.metric,
         row.unit,
         row.series.workload,
         FormatParameters(NameOfBoth(row.base_series, row.series).parameters),
         row.host,
         VerdictName(c.verdict),
         severity,
         CsvNumber(row.baseline.center),
         CsvNumber(row.candidate.center),
         absl::StrFormat("%d", row.baseline.runs),
         absl::StrFormat("%d", row.baseline.samples),
         absl::StrFormat("%d", row.candidate.runs),
         absl::StrFormat("%d", row.candidate.samples),
         ratio(c.ratio),
         ratio(c.ratio_interval.low),
         ratio(c.ratio_interval.high),
         difference(c.difference),
         difference(c.difference_interval.low),
         difference(c.difference_interval.high),
         c.judgeable ? CsvNumber(c.p) : "",
         c.judgeable ? CsvNumber(c.adjusted_p) : "",
         c.minimum_detectable_effect ? CsvNumber(*c.minimum_detectable_effect) : "",
         c.reason});
  }
  return RenderCsv(table);
}

}  // namespace benchfleet
