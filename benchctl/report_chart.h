// The pictures of the general HTML report, made of benchctl/chart.h. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "benchctl/report.h"

namespace benchfleet {

// Rows of one workload's main metric, by parameters.
struct ChartPanel {
  std::string caption;  // what all of its rows have in common
  std::vector<const ReportRow*> rows;
};
// Rows with samples as they are to be drawn, by metric: one panel where their medians are within a
// factor of four of each other, or where most lines are wide against the distance of the medians;
// else one for each set of parameters, since on one axis each would be a speck.
std::vector<ChartPanel> SamplePanels(const std::vector<const ReportRow*>& rows);

// DistributionPlot of a panel: a line per host and whatever parameters differ between its rows; the
// n-th of `hosts` has SeriesColor(n). "" without samples.
std::string SamplePlot(const ChartPanel& panel, const std::vector<std::string>& hosts);

// The medians of the phases of one workload, end to end, a bar per host and parameters.
struct PhaseBar {
  const ReportRow* main = nullptr;
  std::vector<const ReportRow*> phases;
};
// `names` of the phases give the colours: the n-th is SeriesColor(n).
std::string PhasePlot(const std::vector<PhaseBar>& bars, const std::vector<std::string>& names);
// What the parameters of all bars have in common, for the caption.
std::string CommonParametersText(const std::vector<PhaseBar>& bars);

}  // namespace benchfleet
