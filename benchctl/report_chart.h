// The pictures of an HTML report, as SVG text. Colours are CSS variables of benchctl/html.h, so
// that they follow light and dark. Pure functions: the same report gives the same picture.
#pragma once

#include <string>
#include <vector>

#include "benchctl/report.h"

namespace benchfleet {

// Every sample of the main metric of one workload as a dot, a line per host and parameters, with
// the median and its interval; on a logarithmic axis where the lines are far apart. Samples beyond
// a few hundred a line are thinned evenly by rank, the extremes kept. "" without samples.
std::string StripPlot(const std::vector<const ReportRow*>& rows,
                      const std::vector<std::string>& hosts);

// The medians of the phases of one workload, end to end, a bar per host and parameters.
struct PhaseBar {
  const ReportRow* main = nullptr;
  std::vector<const ReportRow*> phases;
};
std::string PhasePlot(const std::vector<PhaseBar>& bars);

// The CSS colour of the n-th host or phase.
std::string SeriesColor(size_t index);

}  // namespace benchfleet
