// A TrendReport, its incidents, baselines as JSON documents: units and names as in docs/trends.md.
#pragma once

#include <string>
#include <vector>

#include "benchctl/trend.h"

namespace benchfleet {

std::string TrendJson(const TrendReport& report);
std::string IncidentsJson(const TrendReport& report, bool with_acknowledged);
std::string IncidentJson(const TrendReport& report, const TrendIncident& incident);
std::string BaselinesJson(const std::vector<Baseline>& baselines);

}  // namespace benchfleet
