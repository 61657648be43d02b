#include "benchctl/trend_text.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "absl/strings/str_format.h"
#include "base/text.h"
#include "benchctl/json_out.h"
#include "benchctl/plot.h"
#include "benchctl/table.h"
#include "benchctl/trend_words.h"
#include "proto/parameters_text.h"

namespace benchfleet {
namespace {

constexpr size_t kPlotHeight = 6;
constexpr size_t kScaleWidth = 10;  // "   1.45 us"

bool IsOpen(const TrendShift& shift) { return shift.blessing.empty(); }

double LargestOpen(const SeriesTrend& trend) {
  double largest = -1;
  for (const TrendShift& shift : trend.shifts) {
    if (!IsOpen(shift)) continue;
    const double relative = std::abs(std::log1p(shift.relative()));
    largest = std::max(largest, std::isfinite(relative) ? relative : shift.z);
  }
  return largest;
}

std::string Colored(ShiftKind kind, bool open, const std::string& text, const Style& style) {
  if (!open) return style.Dim(text);
  if (kind == ShiftKind::kWorse) return style.Red(text);
  return kind == ShiftKind::kBetter ? style.Green(text) : style.Yellow(text);
}

const char* MarkOf(const TrendShift& shift) {
  return shift.level.after > shift.level.before ? "▲" : "▼";
}

std::vector<double> LevelsOf(const SeriesTrend& trend) {
  std::vector<double> levels(trend.points.size());
  for (const LevelSegment& segment : trend.levels) {
    std::fill(levels.begin() + static_cast<std::ptrdiff_t>(segment.start),
              levels.begin() + static_cast<std::ptrdiff_t>(segment.end), segment.level);
  }
  return levels;
}

std::string PlotText(const SeriesTrend& trend, size_t width, const Style& style) {
  std::vector<double> values;
  for (const TrendPoint& point : trend.points) values.push_back(point.value);
  const size_t cells = width > kScaleWidth + 12 ? width - kScaleWidth - 4 : 8;
  const Plot plot = BraillePlot(values, LevelsOf(trend), cells, kPlotHeight);
  const auto scale = [&](double value) {
    const std::string text = FormatValue(value, trend.series.key.unit);
    return std::string(kScaleWidth - std::min(kScaleWidth, DisplayWidth(text)), ' ') + text;
  };
  std::string text;
  for (size_t i = 0; i < plot.lines.size(); ++i) {
    const bool labelled = i == 0 || (i + 1 == plot.lines.size() && plot.high > plot.low);
    text += labelled ? scale(i == 0 ? plot.high : plot.low) + " ┤"
                     : std::string(kScaleWidth, ' ') + " │";
    text += plot.lines[i] + "\n";
  }
  if (trend.shifts.empty()) return text;
  std::vector<const TrendShift*> marks(cells + 1);
  for (const TrendShift& shift : trend.shifts) marks[plot.columns[shift.index]] = &shift;
  std::string line(kScaleWidth + 2, ' ');
  std::string blanks;
  for (const TrendShift* shift : marks) {
    if (shift == nullptr) {
      blanks += ' ';
      continue;
    }
    line += blanks + Colored(shift->kind, IsOpen(*shift), MarkOf(*shift), style);
    blanks.clear();
  }
  return text + line + "\n";
}

std::string NoiseText(const SeriesTrend& trend) {
  if (trend.logarithmic) return absl::StrFormat("%.2g %%", 100 * std::expm1(trend.noise));
  return FormatValue(trend.noise, trend.series.key.unit);
}

std::string SpanText(const SeriesTrend& trend) {
  const char* what = trend.by_job ? "job" : "revision";
  const TrendPoint& first = trend.points.front();
  const TrendPoint& last = trend.points.back();
  if (trend.points.size() == 1) {
    return absl::StrFormat("1 %s: %s (%s)", what, Printable(ShortRevision(first.revision)),
                           DayText(first.at));
  }
  return absl::StrFormat("%d %ss, %s (%s) to %s (%s); noise %s", trend.points.size(), what,
                         Printable(ShortRevision(first.revision)), DayText(first.at),
                         Printable(ShortRevision(last.revision)), DayText(last.at),
                         NoiseText(trend));
}

std::string PointJobsText(const std::vector<JobId>& jobs) {
  std::string text = jobs.size() == 1 ? "job" : "jobs";
  for (size_t i = 0; i < jobs.size() && i < 3; ++i) {
    text += absl::StrFormat("%s %d", i == 0 ? "" : ",", jobs[i].value);
  }
  return text + (jobs.size() > 3 ? ", ..." : "");
}

std::string ShiftLines(const SeriesTrend& trend, const TrendShift& shift, const Style& style) {
  const std::string& unit = trend.series.key.unit;
  const TrendPoint& point = trend.points[shift.index];
  std::string text = absl::StrFormat(
      "  %s at %s (%s%s)  %s to %s  %s\n",
      Colored(shift.kind, IsOpen(shift),
              absl::StrFormat("%s %s, %s", MarkOf(shift), ShiftText(shift, unit),
                              ShiftKindName(shift.kind)),
              style),
      Printable(ShortRevision(point.revision)), DayText(point.at),
      trend.by_job ? "" : ", " + PointJobsText(point.jobs), FormatValue(shift.level.before, unit),
      FormatValue(shift.level.after, unit), ShiftIntervalText(shift, unit));
  if (shift.reach > 0) {
    text += absl::StrFormat(
        "    or up to %d revisions earlier or later: it is small for the noise\n", shift.reach);
  }
  if (!shift.blessing.empty()) text += "    blessed: " + Printable(shift.blessing) + "\n";
  if (!shift.incident.empty()) text += "    incident " + shift.incident + "\n";
  for (const ChangedHost& suspect : shift.suspects) {
    text += "    suspect: " + Printable(SuspectText(suspect)) + "\n";
  }
  return text;
}

std::string IncidentLines(const TrendReport& report, const Style& style) {
  const auto open =
      std::count_if(report.incidents.begin(), report.incidents.end(),
                    [](const TrendIncident& incident) { return !incident.acknowledged; });
  if (open == 0) return "";
  std::string text = absl::StrFormat("\n%d incident%s (benchctl incidents show NAME, ack NAME):\n",
                                     open, open == 1 ? "" : "s");
  for (const TrendIncident& incident : report.incidents) {
    if (incident.acknowledged) continue;
    text += "  " + style.Bold(incident.name) + "  " +
            Printable(IncidentHeadline(report, incident)) + "\n";
  }
  return text;
}

Table ShiftTable(const TrendReport& report, const TrendView& view) {
  Table table{{{"series"},
               {"what"},
               {"hosts"},
               {"revision"},
               {"date"},
               {"before", true},
               {"after", true},
               {"shift", true},
               {"interval"},
               {""},
               {"incident"},
               {"suspects"}},
              {}};
  for (const size_t index : SeriesToShow(report, view)) {
    const SeriesTrend& trend = report.series[index];
    const std::string& unit = trend.series.key.unit;
    for (const TrendShift& shift : trend.shifts) {
      std::string suspects;
      for (const ChangedHost& suspect : shift.suspects) {
        suspects += (suspects.empty() ? "" : "; ") + SuspectText(suspect);
      }
      table.rows.push_back(
          {SeriesNumber(trend.series.id), SeriesTitle(trend.series),
           NamesText(trend.hosts, kHostsNamed), ShortRevision(trend.points[shift.index].revision),
           DayText(trend.points[shift.index].at), FormatValue(shift.level.before, unit),
           FormatValue(shift.level.after, unit), ShiftText(shift, unit),
           ShiftIntervalText(shift, unit), IsOpen(shift) ? ShiftKindName(shift.kind) : "blessed",
           shift.incident, suspects});
    }
  }
  return table;
}

}  // namespace

std::vector<size_t> SeriesToShow(const TrendReport& report, const TrendView& view) {
  std::vector<size_t> order;
  for (size_t i = 0; i < report.series.size(); ++i) {
    if (view.all || !report.series[i].shifts.empty()) order.push_back(i);
  }
  std::vector<double> largest;
  for (const SeriesTrend& trend : report.series) largest.push_back(LargestOpen(trend));
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return largest[a] != largest[b]
               ? largest[a] > largest[b]
               : report.series[a].shifts.size() > report.series[b].shifts.size();
  });
  if (order.size() > view.most) order.resize(view.most);
  return order;
}

std::vector<std::string> TrendFootnotes(const TrendReport& report, const TrendView& view) {
  const auto changed = static_cast<size_t>(
      std::count_if(report.series.begin(), report.series.end(),
                    [](const SeriesTrend& trend) { return !trend.shifts.empty(); }));
  const size_t shown = SeriesToShow(report, view).size();
  std::vector<std::string> lines = {absl::StrFormat(
      "%d of %d series changed%s", changed, report.series.size(),
      view.all || changed == report.series.size() ? "" : "; --all shows the others too")};
  const size_t wanted = view.all ? report.series.size() : changed;
  if (shown < wanted) {
    lines.push_back(absl::StrFormat("%d more are not shown: --limit, or a filter", wanted - shown));
  }
  if (report.too_short > 0) {
    lines.push_back(absl::StrFormat("%d of them have fewer than %d revisions, too few for a change",
                                    report.too_short, kTrendPointsMin));
  }
  return lines;
}

std::string RenderTrendText(const TrendReport& report, const TrendView& view, const Style& style) {
  std::string text;
  for (const size_t index : SeriesToShow(report, view)) {
    const SeriesTrend& trend = report.series[index];
    const std::string head = SeriesNumber(trend.series.id) + "  " + SeriesTitle(trend.series);
    if (!text.empty()) text += "\n";
    text += style.Bold(Printable(head)) + "  " +
            Printable("on " + NamesText(trend.hosts, kHostsNamed)) + "\n";
    text += PlotText(trend, view.width, style);
    text += "  " + style.Dim(SpanText(trend)) + "\n";
    for (const TrendShift& shift : trend.shifts) text += ShiftLines(trend, shift, style);
  }
  text += IncidentLines(report, style);
  if (!text.empty()) text += "\n";
  for (const std::string& line : TrendFootnotes(report, view)) text += line + "\n";
  return text;
}

std::string RenderTrendMarkdown(const TrendReport& report, const TrendView& view) {
  std::string text;
  const Table incidents = IncidentTable(report, /*with_acknowledged=*/true);
  if (!incidents.rows.empty()) text += "### Incidents\n\n" + RenderMarkdown(incidents) + "\n";
  const Table shifts = ShiftTable(report, view);
  if (!shifts.rows.empty()) text += "### Shifts\n\n" + RenderMarkdown(shifts) + "\n";
  for (const std::string& line : TrendFootnotes(report, view)) text += line + "\n";
  return text;
}

std::string RenderTrendCsv(const TrendReport& report) {
  Table table{{{"series"},
               {"workload"},
               {"parameters"},
               {"metric"},
               {"unit"},
               {"identity"},
               {"hosts"},
               {"revision"},
               {"at"},
               {"runs"},
               {"value"},
               {"level"},
               {"shift"},
               {"incident"},
               {"blessing"}},
              {}};
  const auto number = [](double value) {
    return std::isfinite(value) ? absl::StrFormat("%.9g", value) : std::string();
  };
  for (const SeriesTrend& trend : report.series) {
    const SeriesKey& key = trend.series.key;
    const std::vector<double> levels = LevelsOf(trend);
    for (size_t i = 0; i < trend.points.size(); ++i) {
      const TrendPoint& point = trend.points[i];
      const auto shift =
          std::find_if(trend.shifts.begin(), trend.shifts.end(),
                       [i](const TrendShift& candidate) { return candidate.index == i; });
      const bool shifted = shift != trend.shifts.end();
      table.rows.push_back(
          {SeriesNumber(trend.series.id), key.workload, ParametersText(key.parameters), key.metric,
           key.unit, key.identity, NamesText(trend.hosts, trend.hosts.size()), point.revision,
           UtcText(point.at), absl::StrFormat("%d", point.medians.size()), number(point.value),
           number(levels[i]),
           shifted ? number(shift->level.logarithmic ? shift->relative()
                                                     : shift->level.after - shift->level.before)
                   : "",
           shifted ? shift->incident : "", shifted ? shift->blessing : ""});
    }
  }
  return RenderCsv(table);
}

}  // namespace benchfleet
