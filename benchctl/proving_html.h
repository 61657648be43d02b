// A ProvingReport as one self-contained page: the answers first, then tables and charts. Pure
// function.
#pragma once

#include <string>

#include "benchctl/proving_report.h"

namespace benchfleet {

std::string RenderProvingHtml(const ProvingReport& report);

}  // namespace benchfleet
