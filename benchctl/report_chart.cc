#include "benchctl/report_chart.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "base/text.h"
#include "benchctl/chart.h"
#include "benchctl/report_text.h"
#include "benchctl/table.h"

namespace benchfleet {
namespace {

constexpr size_t kDotsMax = 300;  // of one line

std::string LabelOf(const ReportRow& row) {
  const std::string parameters = ParametersText(row.parameters);
  return parameters.empty() ? row.host : row.host + "  " + parameters;
}

std::string FigureOf(const ReportRow& row) {
  return FormatValue(row.summary.median, row.metric.unit);
}

std::vector<double> Thinned(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  if (values.size() <= kDotsMax) return values;
  std::vector<double> kept;
  kept.reserve(kDotsMax);
  for (size_t i = 0; i < kDotsMax; ++i) {
    kept.push_back(values[i * (values.size() - 1) / (kDotsMax - 1)]);
  }
  return kept;
}

// A zero-length stroke with round ends is a dot: a third of what <circle> takes. Neighbours by rank
// are set apart by the golden ratio, which is even and needs no chance.
std::string Dots(const std::vector<double>& values, const Axis& axis, double y,
                 const std::string& color) {
  std::string path;
  double phase = 0;
  for (const double value : values) {
    phase = std::fmod(phase + 0.6180339887, 1);
    path += absl::StrFormat("M%.1f %.1fh0", axis.At(value), y + (phase - 0.5) * 16);
  }
  return absl::StrFormat("<path class=\"dots\" stroke=\"%s\" d=\"%s\"/>\n", color, path);
}

std::string MedianMark(const ReportRow& row, const Axis& axis, double y) {
  std::string text;
  if (row.summary.median_interval) {
    const double low = axis.At(row.summary.median_interval->low);
    const double high = axis.At(row.summary.median_interval->high);
    text += absl::StrFormat(
        "<rect class=\"interval\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"26\"/>", low,
        y - 13, std::max(high - low, 1.0));
  }
  const double median = axis.At(row.summary.median);
  return text + absl::StrFormat(
                    "<line class=\"median\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
                    median, y - 13, median, y + 13);
}

bool IsDrawn(const ReportRow& row) { return row.summary.usable() && !row.samples.empty(); }

}  // namespace

std::string StripPlot(const std::vector<const ReportRow*>& rows,
                      const std::vector<std::string>& hosts) {
  std::vector<const ReportRow*> drawn;
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(drawn),
               [](const ReportRow* row) { return IsDrawn(*row); });
  if (drawn.empty()) return "";
  double low = drawn[0]->summary.min;
  double high = drawn[0]->summary.max;
  for (const ReportRow* row : drawn) {
    low = std::min(low, row->summary.min);
    high = std::max(high, row->summary.max);
  }
  const Axis axis = RowAxis(low, high);
  const double bottom = kChartTop + kChartRowHeight * static_cast<double>(drawn.size());
  std::string body = TicksAndGrid(axis, bottom, drawn[0]->metric.unit);
  double y = kChartTop + kChartRowHeight / 2;
  for (const ReportRow* row : drawn) {
    const auto host = std::find(hosts.begin(), hosts.end(), row->host) - hosts.begin();
    body += absl::StrFormat("<g><title>%s: median %s, %d samples of %d runs</title>\n",
                            EscapeHtml(row->host + " " + ParametersText(row->parameters)),
                            EscapeHtml(FormatValue(row->summary.median, row->metric.unit)),
                            row->summary.n, row->runs);
    body += RowLabel(LabelOf(*row), y) +
            Dots(Thinned(row->samples), axis, y, SeriesColor(static_cast<size_t>(host)));
    body += MedianMark(*row, axis, y) + RowFigure(FigureOf(*row), y) + "</g>\n";
    y += kChartRowHeight;
  }
  return Svg(bottom + 4, drawn[0]->workload + ": every sample of " + drawn[0]->metric.name, body);
}

std::string PhasePlot(const std::vector<PhaseBar>& bars, const std::vector<std::string>& names) {
  if (bars.empty()) return "";
  std::vector<Bar> stacked;
  for (const PhaseBar& bar : bars) {
    Bar& drawn = stacked.emplace_back();
    drawn.label = LabelOf(*bar.main);
    drawn.figure = FigureOf(*bar.main);
    for (const ReportRow* phase : bar.phases) {
      const auto series = std::find(names.begin(), names.end(), phase->metric.name);
      drawn.parts.push_back({static_cast<size_t>(series - names.begin()), phase->summary.median,
                             phase->metric.name + " " + FigureOf(*phase)});
    }
  }
  return StackPlot(stacked, bars[0].main->metric.unit,
                   bars[0].main->workload + ": medians of the phases");
}

}  // namespace benchfleet
