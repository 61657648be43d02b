// A history as a picture of braille dots: eight in a character, two side by side and four on top of
// each other. Pure functions.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace benchfleet {

struct Plot {
  double low = 0;                  // at the bottom line
  double high = 0;                 // and the top one
  std::vector<std::string> lines;  // `height` of them, each `width` cells
  std::vector<size_t> columns;     // of each value: its cell
};

// Values from left to right, evenly spread over at most `width` cells. Few values take fewer cells.
// `levels` lie below them as lines, one value for each of `values`; wild values lie at the edge.
// Everything finite; width and height at least 1.
Plot BraillePlot(std::span<const double> values, std::span<const double> levels, size_t width,
                 size_t height);

}  // namespace benchfleet
