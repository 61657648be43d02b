#include "benchctl/report_context_html.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "base/text.h"
#include "benchctl/comparison_html.h"
#include "benchctl/html.h"
#include "benchctl/page_parts.h"
#include "benchctl/report_sections.h"
#include "benchctl/spark_chart.h"
#include "benchctl/trend_html.h"
#include "benchctl/trend_words.h"

namespace benchfleet {
namespace {

constexpr size_t kRowsPerMetric = 300;
constexpr size_t kTrendRows = 1000;
constexpr size_t kTrendPanels = 20;
constexpr size_t kSparkLines = 200;

SparkLine SparkOf(const SeriesTrend& trend) {
  const std::string& unit = trend.series.key.unit;
  SparkLine line;
  line.label = SeriesTitle(trend.series);
  line.figure = FormatValue(trend.levels.back().level, unit);
  for (const TrendPoint& point : trend.points) line.values.push_back(point.value);
  line.title = absl::StrFormat("%s, %s on %s: %d points, level %s", line.label,
                               SeriesNumber(trend.series.id), NamesText(trend.hosts, kHostsNamed),
                               trend.points.size(), line.figure);
  return line;
}

}  // namespace

std::string VerdictsSection(const Report& report) {
  if (!HasContext(report)) return "";
  std::string text = "<p>" + EscapeHtml(VerdictHeadline(report)) + "</p>\n";
  if (const auto& comparison = report.verdicts.comparison) {
    const ComparisonReport changed = ChangedRows(*comparison);
    if (!changed.rows.empty()) {
      text += ComparisonDetails(changed, "h3", kRowsPerMetric);
    } else if (!changed.suspects.empty()) {
      text +=
          "<p class=\"soft\">What else changed between the sides is listed with the rows.</p>\n";
    }
    text += absl::StrFormat("<details><summary>All %d rows</summary>\n%s</details>\n",
                            comparison->rows.size(),
                            ComparisonDetails(*comparison, "h3", kRowsPerMetric));
  }
  return PageSection("Verdicts", text);
}

std::string TrendsSection(const Report& report) {
  if (!HasContext(report)) return "";
  const TrendReport& history = report.trends.history;
  const TrendOrder order = OrderTrends(history);
  std::string text = "<p>" + EscapeHtml(TrendHeadline(report)) + "</p>\n";
  for (size_t i = 0; i < order.changed.size() && i < kTrendPanels; ++i) {
    text += TrendPanel(history.series[order.changed[i]]);
  }
  if (order.changed.size() > kTrendPanels) {
    const std::string table =
        RenderHtml(TrendShiftTable(report, std::min(order.changed.size(), kTrendRows)));
    text +=
        absl::StrFormat("<details><summary>All %d series that changed</summary>\n%s</details>\n",
                        order.changed.size(), HtmlScroll(table));
  }
  std::vector<SparkLine> steady;
  for (const size_t index : order.steady) {
    if (steady.size() < kSparkLines) steady.push_back(SparkOf(history.series[index]));
  }
  std::string caption = "Steady: the history of each series and its level";
  if (order.steady.size() > steady.size()) {
    caption += absl::StrFormat(" (%d of %d)", steady.size(), order.steady.size());
  }
  return PageSection("Trends", text + PageFigure(caption, "", SparkPlot(steady, caption)));
}

}  // namespace benchfleet
