// What the median and the interval of a report's rows do not show: humps, runs that do not settle,
// samples far out. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "benchctl/report.h"

namespace benchfleet {

// Fills in `shape` of the main rows that have samples, the first limits::kReportShapeRows of them.
// Errors: samples that are no numbers.
absl::Status AddShapes(Report* report);

// A line for each thing that some rows have, with the worst of them as examples.
std::vector<std::string> ShapeNotes(const Report& report);

}  // namespace benchfleet
