#include "benchctl/trend_html.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "base/text.h"
#include "benchctl/chart.h"
#include "benchctl/html.h"
#include "benchctl/page_parts.h"
#include "benchctl/table.h"
#include "benchctl/trend_words.h"

namespace benchfleet {
namespace {

// In SVG units.
constexpr double kLeft = 84;
constexpr double kRight = kChartWidth - 14;
constexpr double kTop = 14;
constexpr double kBottom = 190;
constexpr double kHeight = 216;
constexpr double kTickDistance = 26;
constexpr size_t kRevisionTicks = 4;
constexpr size_t kHostsNamedInPage = 5;

const char* ColorOf(const TrendShift& shift) {
  if (!shift.blessing.empty()) return "var(--soft)";
  if (shift.kind == ShiftKind::kWorse) return "var(--bad)";
  return shift.kind == ShiftKind::kBetter ? "var(--good)" : "var(--c1)";
}

// Positions of points, evenly by revision.
struct Across {
  size_t points;
  double At(double index) const {
    if (points < 2) return (kLeft + kRight) / 2;
    return kLeft + 8 + (kRight - kLeft - 16) * index / static_cast<double>(points - 1);
  }
};

Axis ValueAxis(const SeriesTrend& trend) {
  double low = trend.points.front().value;
  double high = low;
  for (const TrendPoint& point : trend.points) {
    low = std::min(low, point.value);
    high = std::max(high, point.value);
  }
  return {low, high, kBottom, kTop, AxisScale::kLinear};
}

std::string ValueTicks(const Axis& axis, const std::string& unit) {
  std::string text;
  double last = 1e9;
  for (const double tick : axis.Ticks()) {
    const double y = axis.At(tick);
    if (std::abs(last - y) < kTickDistance) continue;
    last = y;
    text += absl::StrFormat(
        "<line class=\"grid\" x1=\"%g\" y1=\"%.1f\" x2=\"%g\" y2=\"%.1f\"/>"
        "<text class=\"tick end\" x=\"%g\" y=\"%.1f\">%s</text>\n",
        kLeft, y, kRight, y, kLeft - 8, y + 4, EscapeHtml(TickText(tick, unit)));
  }
  return text;
}

std::string RevisionTicks(const SeriesTrend& trend, const Across& across) {
  std::string text;
  const size_t n = trend.points.size();
  const size_t ticks = std::min(kRevisionTicks, n);
  for (size_t i = 0; i < ticks; ++i) {
    const size_t index = ticks < 2 ? 0 : i * (n - 1) / (ticks - 1);
    const char* anchor = ticks < 2 ? "mid" : i == 0 ? "" : i + 1 == ticks ? "end" : "mid";
    text += absl::StrFormat("<text class=\"tick %s\" x=\"%.1f\" y=\"%g\">%s</text>\n", anchor,
                            across.At(static_cast<double>(index)), kBottom + 20,
                            EscapeHtml(ShortRevision(trend.points[index].revision) + " · " +
                                       DayText(trend.points[index].at)));
  }
  return text;
}

std::string Chart(const SeriesTrend& trend) {
  const std::string& unit = trend.series.key.unit;
  const Axis axis = ValueAxis(trend);
  const Across across{trend.points.size()};
  std::string body = ValueTicks(axis, unit) + RevisionTicks(trend, across);
  for (const TrendShift& shift : trend.shifts) {
    const double x = across.At(static_cast<double>(shift.index) - 0.5);
    body += absl::StrFormat(
        "<g><title>%s at %s</title><line x1=\"%.1f\" y1=\"%g\" x2=\"%.1f\" y2=\"%g\" "
        "stroke=\"%s\" stroke-width=\"1.5\" stroke-dasharray=\"4 3\"/></g>\n",
        EscapeHtml(ShiftText(shift, unit) + ", " + ShiftKindName(shift.kind)),
        EscapeHtml(trend.points[shift.index].revision), x, kTop - 8, x, kBottom, ColorOf(shift));
  }
  for (const LevelSegment& level : trend.levels) {
    body += absl::StrFormat(
        "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"var(--ink)\" "
        "stroke-width=\"2\" opacity=\".55\"/>\n",
        std::max(across.At(static_cast<double>(level.start) - 0.4), kLeft), axis.At(level.level),
        std::min(across.At(static_cast<double>(level.end) - 0.6), kRight), axis.At(level.level));
  }
  const double radius = trend.points.size() > 200 ? 2 : 3.2;
  for (size_t i = 0; i < trend.points.size(); ++i) {
    const TrendPoint& point = trend.points[i];
    body += absl::StrFormat(
        "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%g\" fill=\"var(--c0)\" opacity=\".8\">"
        "<title>%s (%s): %s, %d run%s</title></circle>\n",
        across.At(static_cast<double>(i)), axis.At(point.value), radius, EscapeHtml(point.revision),
        DayText(point.at), EscapeHtml(FormatValue(point.value, unit)), point.medians.size(),
        point.medians.size() == 1 ? "" : "s");
  }
  return Svg(kHeight, SeriesTitle(trend.series), body);
}

std::string ShiftParagraph(const SeriesTrend& trend, const TrendShift& shift) {
  const std::string& unit = trend.series.key.unit;
  const char* style = !shift.blessing.empty()            ? "soft"
                      : shift.kind == ShiftKind::kWorse  ? "bad"
                      : shift.kind == ShiftKind::kBetter ? "good"
                                                         : "";
  std::string text = absl::StrFormat(
      "<p><span class=\"%s\">%s, %s</span> at <b>%s</b> (%s): %s to %s <span "
      "class=\"soft\">%s</span>",
      style, EscapeHtml(ShiftText(shift, unit)), ShiftKindName(shift.kind),
      EscapeHtml(ShortRevision(trend.points[shift.index].revision)),
      DayText(trend.points[shift.index].at), EscapeHtml(FormatValue(shift.level.before, unit)),
      EscapeHtml(FormatValue(shift.level.after, unit)), EscapeHtml(ShiftIntervalText(shift, unit)));
  if (!shift.incident.empty()) text += " · incident " + EscapeHtml(shift.incident);
  if (!shift.blessing.empty()) text += " · blessed: " + EscapeHtml(shift.blessing);
  for (const ChangedHost& suspect : shift.suspects) {
    text += "<br><span class=\"soft\">suspect: " + EscapeHtml(SuspectText(suspect)) + "</span>";
  }
  return text + "</p>\n";
}

}  // namespace

std::string TrendPanel(const SeriesTrend& trend) {
  std::string shifts;
  for (const TrendShift& shift : trend.shifts) shifts += ShiftParagraph(trend, shift);
  return absl::StrFormat(
      "<div class=\"panel\">\n<figure><figcaption>%s <span class=\"soft\">%s · on "
      "%s</span></figcaption>\n%s</figure>\n%s</div>\n",
      EscapeHtml(SeriesTitle(trend.series)), SeriesNumber(trend.series.id),
      EscapeHtml(NamesText(trend.hosts, kHostsNamedInPage)), Chart(trend), shifts);
}

std::string RenderTrendHtml(const TrendReport& report, const TrendView& view) {
  std::string body = "<h1>Trends</h1>\n";
  for (const std::string& line : TrendFootnotes(report, view)) {
    body += "<p class=\"soft\">" + EscapeHtml(line) + "</p>\n";
  }
  const Table incidents = IncidentTable(report, /*with_acknowledged=*/true);
  if (!incidents.rows.empty()) {
    body += PageSection("Incidents", HtmlScroll(RenderHtml(incidents)));
  }
  std::string panels;
  for (const size_t index : SeriesToShow(report, view)) panels += TrendPanel(report.series[index]);
  if (!panels.empty()) body += PageSection("Series", panels);
  return HtmlPage("Trends", body);
}

}  // namespace benchfleet
