// A ComparisonReport as a JSON document for programs; what is not known is null.
#pragma once

#include <string>

#include "analysis/comparison_report.h"

namespace benchfleet {

std::string ComparisonJson(const ComparisonReport& report);

}  // namespace benchfleet
