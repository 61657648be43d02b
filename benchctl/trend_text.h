// A TrendReport for a terminal, as Markdown and as CSV.
#pragma once

#include <string>
#include <vector>

#include "benchctl/console.h"
#include "benchctl/trend.h"

namespace benchfleet {

struct TrendView {
  size_t width = 100;  // of the terminal
  size_t most = 20;    // series shown one by one, those that changed before the others
  bool all = false;    // also those that did not change
};

// Indices of the series to show, those with the largest shift that nobody blessed first.
std::vector<size_t> SeriesToShow(const TrendReport& report, const TrendView& view);
// "3 of 41 series changed; 2 have fewer than 6 revisions": what was not shown, and why.
std::vector<std::string> TrendFootnotes(const TrendReport& report, const TrendView& view);

std::string RenderTrendText(const TrendReport& report, const TrendView& view, const Style& style);
std::string RenderTrendMarkdown(const TrendReport& report, const TrendView& view);
// One line a point, plain numbers in the metric's unit.
std::string RenderTrendCsv(const TrendReport& report);

}  // namespace benchfleet
