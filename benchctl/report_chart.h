// The pictures of the general HTML report, made of benchctl/chart.h. Pure functions.
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
// `names` of the phases give the colours: the n-th is SeriesColor(n).
std::string PhasePlot(const std::vector<PhaseBar>& bars, const std::vector<std::string>& names);

}  // namespace benchfleet
