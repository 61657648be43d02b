// A ProvingReport as JSON; docs/reports.md names every field. Pure function.
#pragma once

#include <string>

#include "benchctl/proving_report.h"

namespace benchfleet {

std::string RenderProvingJson(const ProvingReport& report);

}  // namespace benchfleet
