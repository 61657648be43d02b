// Many histories, a small line each: what did not change is seen at a glance. SVG text, made of
// benchctl/chart.h. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace benchfleet {

struct SparkLine {
  std::string label;
  std::string figure;          // at the right
  std::string title;           // told under the pointer
  std::vector<double> values;  // finite, oldest first, not empty
};

// Each on a scale of its own, from its least value to its greatest but never less than a tenth of
// the greatest, so that noise does not look like change. "" without lines. Of more than 400 values
// of a line evenly spaced ones are drawn.
std::string SparkPlot(const std::vector<SparkLine>& lines, std::string_view label);

}  // namespace benchfleet
