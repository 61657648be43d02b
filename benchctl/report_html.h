// A Report as one self-contained page with charts. Pure functions.
#pragma once

#include <string>

#include "benchctl/report.h"

namespace benchfleet {

std::string RenderReportHtml(const Report& report);

}  // namespace benchfleet
