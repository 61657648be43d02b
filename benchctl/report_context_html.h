// The sections of the general HTML report that the store's knowledge fills. HTML text. Pure.
#pragma once

#include <string>

#include "benchctl/report.h"

namespace benchfleet {

// What changed against the base, with a picture of the intervals; every row folded below, at most
// 300 of a metric.
std::string VerdictsSection(const Report& report);

// The twenty series that changed most as charts with their levels and shifts, the others of them as
// a table; those that did not change as a small line each, at most 200.
std::string TrendsSection(const Report& report);

}  // namespace benchfleet
