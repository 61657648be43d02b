#include "benchctl/report_chart.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "analysis/quantile.h"
#include "base/text.h"
#include "benchctl/chart.h"
#include "benchctl/distribution_chart.h"
#include "benchctl/report_text.h"
#include "benchctl/table.h"

namespace benchfleet {
namespace {

constexpr double kNearMedians = 4;      // the greatest median over the least
constexpr double kVisibleShare = 0.06;  // of a logarithmic axis, for a line to be no speck on it

// Counts that are neither better nor worse, as a server's of its requests, have no picture.
bool IsDrawn(const ReportRow* row) {
  return row->summary.usable() && !row->samples.empty() &&
         row->metric.direction != Direction::kNeutral;
}

bool SameMetric(const ReportRow& a, const ReportRow& b) {
  return a.metric.name == b.metric.name && a.metric.unit == b.metric.unit;
}

StringMap CommonParameters(const std::vector<const ReportRow*>& rows) {
  if (rows.empty()) return {};
  StringMap common = rows[0]->parameters;
  for (const ReportRow* row : rows) {
    std::erase_if(common, [row](const auto& parameter) {
      const auto found = row->parameters.find(parameter.first);
      return found == row->parameters.end() || found->second != parameter.second;
    });
  }
  return common;
}

std::string LineLabel(const ReportRow& row, const StringMap& common) {
  StringMap own = row.parameters;
  for (const auto& [name, value] : common) own.erase(name);
  const std::string parameters = ParametersText(own);
  return parameters.empty() ? row.host : row.host + "  " + parameters;
}

std::string MedianFigure(const ReportRow& row) {
  return FormatValue(row.summary.median, row.metric.unit);
}

bool FitOneAxis(const std::vector<const ReportRow*>& rows) {
  double least = rows[0]->summary.median;
  double greatest = least;
  std::vector<double> widths;
  for (const ReportRow* row : rows) {
    const Summary& s = row->summary;
    least = std::min(least, s.median);
    greatest = std::max(greatest, s.median);
    if (s.min > 0) widths.push_back(std::log(s.p95 / s.min));
  }
  if (least == greatest) return true;
  if (!(least > 0)) return false;
  if (greatest <= kNearMedians * least) return true;
  return widths.size() == rows.size() &&
         MedianOf(widths) >= kVisibleShare * std::log(greatest / least);
}

std::vector<const ReportRow*> MainRows(const std::vector<PhaseBar>& bars) {
  std::vector<const ReportRow*> rows;
  for (const PhaseBar& bar : bars) rows.push_back(bar.main);
  return rows;
}

}  // namespace

std::vector<ChartPanel> SamplePanels(const std::vector<const ReportRow*>& rows) {
  std::vector<const ReportRow*> drawn;
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(drawn), IsDrawn);
  if (drawn.empty()) return {};
  std::vector<ChartPanel> panels;
  const bool on_one_axis = FitOneAxis(drawn);
  for (const ReportRow* row : drawn) {
    const auto same = std::find_if(panels.begin(), panels.end(), [&](const ChartPanel& panel) {
      const ReportRow& first = *panel.rows[0];
      return SameMetric(first, *row) && (on_one_axis || first.parameters == row->parameters);
    });
    if (same == panels.end()) {
      panels.push_back({"", {row}});
    } else {
      same->rows.push_back(row);
    }
  }
  for (ChartPanel& panel : panels) panel.caption = ParametersText(CommonParameters(panel.rows));
  return panels;
}

std::string SamplePlot(const ChartPanel& panel, const std::vector<std::string>& hosts) {
  const StringMap common = CommonParameters(panel.rows);
  std::vector<DistributionLine> lines;
  for (const ReportRow* row : panel.rows) {
    if (!IsDrawn(row)) continue;
    const auto host = std::find(hosts.begin(), hosts.end(), row->host) - hosts.begin();
    lines.push_back({LineLabel(*row, common), MedianFigure(*row), static_cast<size_t>(host),
                     &row->summary, &row->samples});
  }
  if (lines.empty()) return "";
  const ReportRow& first = *panel.rows[0];
  return DistributionPlot(lines, first.metric.unit,
                          "samples of " + first.workload + " " + first.metric.name +
                              (panel.caption.empty() ? "" : ", " + panel.caption) + ", medians");
}

std::string PhasePlot(const std::vector<PhaseBar>& bars, const std::vector<std::string>& names) {
  if (bars.empty()) return "";
  const StringMap common = CommonParameters(MainRows(bars));
  std::vector<Bar> stacked;
  for (const PhaseBar& bar : bars) {
    Bar& drawn = stacked.emplace_back();
    drawn.label = LineLabel(*bar.main, common);
    drawn.figure = MedianFigure(*bar.main);
    for (const ReportRow* phase : bar.phases) {
      const auto series = std::find(names.begin(), names.end(), phase->metric.name);
      drawn.parts.push_back({static_cast<size_t>(series - names.begin()), phase->summary.median,
                             phase->metric.name, MedianFigure(*phase)});
    }
  }
  return StackPlot(stacked, bars[0].main->metric.unit,
                   bars[0].main->workload + ": medians of the phases");
}

std::string CommonParametersText(const std::vector<PhaseBar>& bars) {
  return ParametersText(CommonParameters(MainRows(bars)));
}

}  // namespace benchfleet
