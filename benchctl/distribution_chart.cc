#include "benchctl/distribution_chart.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "absl/strings/str_format.h"
#include "analysis/density.h"
#include "analysis/quantile.h"
#include "base/text.h"
#include "benchctl/chart.h"
#include "benchctl/table.h"

namespace benchfleet {
namespace {

constexpr size_t kCutFrom = 100;  // samples, from which an axis may leave out the ends
constexpr double kTail = 0.01;
constexpr double kLogarithmicFrom = 5;  // the ratio of the axis' ends
constexpr double kTailReach = 0.5;      // of the middle's width, that an axis follows a tail
constexpr size_t kTailDots = 40;        // of one violin
constexpr double kGridStep = 2;         // units of the picture
constexpr double kViolinHalf = 13;
constexpr double kOutlineStep = 0.25;  // changes below it are not drawn

struct SampleRange {
  double low = 0;
  double high = 0;
};

// One line, sorted.
struct SortedLine {
  const DistributionLine* line = nullptr;
  std::vector<double> sorted;
  SampleRange middle;  // the middle 98 %, or everything

  std::span<const double> Within(double low, double high) const {
    const auto begin = std::lower_bound(sorted.begin(), sorted.end(), low);
    return {begin, std::upper_bound(begin, sorted.end(), high)};
  }
};

SortedLine Sorted(const DistributionLine& line) {
  SortedLine made{&line, *line.samples, {}};
  std::sort(made.sorted.begin(), made.sorted.end());
  made.middle = {made.sorted.front(), made.sorted.back()};
  if (made.sorted.size() >= kCutFrom) {
    made.middle = {SortedQuantile(made.sorted, kTail), SortedQuantile(made.sorted, 1 - kTail)};
  }
  return made;
}

SampleRange RangeOf(const std::vector<SortedLine>& lines) {
  SampleRange range = lines[0].middle;
  for (const SortedLine& line : lines) {
    const double margin = (line.middle.high - line.middle.low) * kTailReach;
    const std::span<const double> own =
        line.Within(line.middle.low - margin, line.middle.high + margin);
    range = {std::min(range.low, own.front()), std::max(range.high, own.back())};
  }
  return range;
}

std::vector<double> EvenlyByRank(std::span<const double> sorted, size_t most) {
  if (sorted.size() <= most) return {sorted.begin(), sorted.end()};
  std::vector<double> kept;
  kept.reserve(most);
  for (size_t i = 0; i < most; ++i) kept.push_back(sorted[i * (sorted.size() - 1) / (most - 1)]);
  return kept;
}

// A zero-length stroke with round ends is a dot: a third of what <circle> takes. Neighbours by rank
// are set apart by the golden ratio, which is even and needs no chance.
std::string DotPath(const std::vector<double>& values, const Axis& axis, double y,
                    const std::string& color) {
  if (values.empty()) return "";
  std::string path;
  double phase = 0;
  for (const double value : values) {
    phase = std::fmod(phase + 0.6180339887, 1);
    path += absl::StrFormat("M%.1f %.1fh0", axis.At(value), y + (phase - 0.5) * 16);
  }
  return absl::StrFormat("<path class=\"dots\" stroke=\"%s\" d=\"%s\"/>\n", color, path);
}

// Heights along the grid, the peak is 1; empty where the samples lie on one spot.
struct Outline {
  DensityGrid grid;
  std::vector<double> heights;
};

Outline OutlineOf(std::span<const double> values, const Axis& axis) {
  std::vector<double> places;
  places.reserve(values.size());
  for (const double value : values) places.push_back(axis.At(value));
  Outline outline;
  outline.grid.low = places.front();
  outline.grid.points =
      static_cast<size_t>(std::ceil((places.back() - places.front()) / kGridStep)) + 1;
  if (outline.grid.points < 3) return {};
  outline.grid.high = places.back();
  const absl::StatusOr<Density> density = EstimateDensity(places, outline.grid);
  if (!density.ok()) return {};
  outline.heights = density->at;
  const double peak = *std::max_element(outline.heights.begin(), outline.heights.end());
  for (double& height : outline.heights) height /= peak;
  return outline;
}

std::string ViolinPath(const Outline& outline, double y, const std::string& color) {
  const std::vector<double>& heights = outline.heights;
  std::vector<size_t> kept = {0};
  for (size_t i = 1; i + 1 < heights.size(); ++i) {
    const double drawn = heights[kept.back()];
    const double change = std::max(std::abs(heights[i] - drawn), std::abs(heights[i + 1] - drawn));
    if (change * kViolinHalf >= kOutlineStep) kept.push_back(i);
  }
  kept.push_back(heights.size() - 1);
  std::string path;
  const auto add = [&](size_t index, double side) {
    path += absl::StrFormat("%s%.1f %.1f", path.empty() ? "M" : "L",
                            outline.grid.low + outline.grid.step() * static_cast<double>(index),
                            y + side * kViolinHalf * heights[index]);
  };
  for (const size_t index : kept) add(index, -1);
  for (auto index = kept.rbegin(); index != kept.rend(); ++index) add(*index, 1);
  return absl::StrFormat("<path class=\"violin\" stroke=\"%s\" fill=\"%s\" d=\"%sZ\"/>\n", color,
                         color, path);
}

std::string Violin(const SortedLine& line, std::span<const double> visible, const Axis& axis,
                   double y, const std::string& color) {
  const Outline outline = OutlineOf(visible, axis);
  if (outline.heights.empty()) return DotPath(EvenlyByRank(visible, kViolinFrom), axis, y, color);
  std::vector<double> tails;
  for (const double value : visible) {
    if (value < line.middle.low || value > line.middle.high) tails.push_back(value);
  }
  const auto place = [&](double p) {
    return std::clamp(axis.At(SortedQuantile(line.sorted, p)), axis.At(visible.front()),
                      axis.At(visible.back()));
  };
  return ViolinPath(outline, y, color) + DotPath(EvenlyByRank(tails, kTailDots), axis, y, color) +
         absl::StrFormat(
             "<line class=\"middle\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
             place(0.25), y, place(0.75), y);
}

std::string MedianText(const Summary& summary, const Axis& axis, double y) {
  std::string text;
  if (summary.median_interval) {
    const double low = axis.At(summary.median_interval->low);
    const double high = axis.At(summary.median_interval->high);
    text += absl::StrFormat(
        "<rect class=\"interval\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"26\"/>", low,
        y - 13, std::max(high - low, 1.0));
  }
  const double median = axis.At(summary.median);
  return text + absl::StrFormat(
                    "<line class=\"median\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
                    median, y - 13, median, y + 13);
}

// "+12 to 9.82 ms" beneath the figure: so many lie beyond, as far; and an arrow at the edge.
std::string BeyondText(size_t count, bool above, double extreme, std::string_view unit, double y) {
  if (count == 0) return "";
  const double edge = above ? kChartWidth - kChartRight + 2 : kChartLeft - 2;
  const double point = above ? edge + 6 : edge - 6;
  std::string text =
      absl::StrFormat("<path class=\"arrow\" d=\"M%.1f %.1fL%.1f %.1fL%.1f %.1fZ\"/>", edge, y - 4,
                      point, y, edge, y + 4);
  return text + absl::StrFormat("<text class=\"tick\" x=\"%g\" y=\"%.1f\">%s%s to %s</text>\n",
                                kChartWidth - kChartRight + 14, y + 14, above ? "+" : "-",
                                count < 10'000 ? absl::StrFormat("%d", count)
                                               : FormatCount(static_cast<double>(count)),
                                EscapeHtml(FormatValue(extreme, unit)));
}

std::string LineText(const SortedLine& line, const SampleRange& range, const Axis& axis, double y,
                     std::string_view unit) {
  const DistributionLine& given = *line.line;
  const std::string color = SeriesColor(given.color);
  const std::span<const double> visible = line.Within(range.low, range.high);
  const auto below = static_cast<size_t>(visible.data() - line.sorted.data());
  const size_t above = line.sorted.size() - below - visible.size();
  std::string text =
      absl::StrFormat("<g><title>%s: median %s of %d samples, %s to %s</title>\n",
                      EscapeHtml(given.label), EscapeHtml(given.figure), line.sorted.size(),
                      EscapeHtml(FormatValue(line.sorted.front(), unit)),
                      EscapeHtml(FormatValue(line.sorted.back(), unit)));
  text += RowLabel(given.label, y);
  text += line.sorted.size() >= kViolinFrom
              ? Violin(line, visible, axis, y, color)
              : DotPath({visible.begin(), visible.end()}, axis, y, color);
  text += MedianText(*given.summary, axis, y);
  const bool beyond = below + above > 0;
  text += RowFigure(given.figure, beyond ? y - 5 : y);
  // One line of text: of the two ends, the slow one.
  text += above > 0 ? BeyondText(above, true, line.sorted.back(), unit, y)
                    : BeyondText(below, false, line.sorted.front(), unit, y);
  return text + "</g>\n";
}

}  // namespace

std::string DistributionPlot(const std::vector<DistributionLine>& lines, std::string_view unit,
                             std::string_view label) {
  if (lines.empty()) return "";
  std::vector<SortedLine> sorted;
  std::vector<std::string> told;
  for (const DistributionLine& line : lines) {
    told.push_back(line.label + ": " + line.figure);
    sorted.push_back(Sorted(line));
  }
  const SampleRange range = RangeOf(sorted);
  const bool skewed = range.low > 0 && range.high > kLogarithmicFrom * range.low;
  const Axis axis =
      RowAxis(range.low, range.high, skewed ? AxisScale::kLogarithmic : AxisScale::kLinear);
  const double bottom = kChartTop + kChartRowHeight * static_cast<double>(lines.size());
  std::string body = TicksAndGrid(axis, bottom, unit);
  for (size_t i = 0; i < sorted.size(); ++i) {
    body += LineText(sorted[i], range, axis,
                     kChartTop + kChartRowHeight * (static_cast<double>(i) + 0.5), unit);
  }
  return Svg(bottom + 4, AlternativeText(label, told), body);
}

}  // namespace benchfleet
