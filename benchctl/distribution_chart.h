// How the samples of several lines lie beside each other: each sample as a dot where there are few,
// a violin where there are many. SVG text, made of benchctl/chart.h. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analysis/summary.h"

namespace benchfleet {

// From so many samples on a line is a violin, below it a strip of dots.
inline constexpr size_t kViolinFrom = 50;

struct DistributionLine {
  std::string label;
  std::string figure;  // at the right: the median
  size_t color = 0;    // SeriesColor
  const Summary* summary = nullptr;
  const std::vector<double>* samples = nullptr;  // not empty, finite
};

// A line each, on one axis in `unit`, with the median (a stroke), its 95 % interval (a band) and
// the middle half of the samples (a bar). `label` is the text alternative's beginning. "" without
// lines.
//
// The axis spans, of each line with 100 samples or more, the middle 98 % and the samples that lie
// within half of that width beside it; how many lie beyond, and how far, is written. It is
// logarithmic where one end is five times the other: times have long tails.
//
// The outline of a violin is EstimateDensity (analysis/density.h) of what is on the axis, on the
// axis' scale, with Silverman's bandwidth but never below two units of the picture; each is as high
// as the others, whatever n. Samples outside of the middle 98 % are dots on it, at most 40.
//
// A line takes less than 12 kB, whatever n; O(n log n).
std::string DistributionPlot(const std::vector<DistributionLine>& lines, std::string_view unit,
                             std::string_view label);

}  // namespace benchfleet
