// A TrendReport as one page with a chart for each series: self-contained, light or dark.
#pragma once

#include <string>

#include "benchctl/trend.h"
#include "benchctl/trend_text.h"

namespace benchfleet {

// The panel of one series: its chart, its shifts in words.
std::string TrendPanel(const SeriesTrend& trend);

std::string RenderTrendHtml(const TrendReport& report, const TrendView& view);

}  // namespace benchfleet
