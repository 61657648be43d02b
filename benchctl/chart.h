// What the pictures of benchctl's pages are made of: an axis, a frame, a plot of curves, a plot of
// stacked bars. SVG text; colours are CSS variables of benchctl/html.h, so that they follow light
// and dark; what a mark means is told by its <title>. Pure functions: the same input gives the same
// picture.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/quantile.h"

namespace benchfleet {

// In SVG units; a picture scales to the page.
inline constexpr double kChartWidth = 1080;
inline constexpr double kChartLeft = 300;   // of rows: their labels
inline constexpr double kChartRight = 118;  // of rows: their figures
inline constexpr double kChartRowHeight = 34;
inline constexpr double kChartTop = 26;

enum class AxisScale {
  kLinear,
  kLogarithmic,
  kByRange  // logarithmic where the ends are positive and far apart
};

// From values to positions. A margin is left at both ends.
class Axis {
 public:
  // low <= high; they lie at `from` and `to`, which may be the greater one.
  Axis(double low, double high, double from, double to, AxisScale scale = AxisScale::kByRange);

  double At(double value) const;
  bool Holds(double value) const;
  // Round numbers, about six of them.
  std::vector<double> Ticks() const;

 private:
  double Transformed(double value) const;

  bool logarithmic_;
  double low_ = 0;  // transformed
  double high_ = 1;
  double from_;
  double to_;
};

// Values of rows lie between the labels and the figures.
Axis RowAxis(double low, double high, AxisScale scale = AxisScale::kByRange);

std::string Svg(double height, std::string_view label, std::string_view body);
// A text alternative of a picture with lines: `label`, then "; " and each of `told`, at most twelve
// of them, the rest as a number.
std::string AlternativeText(std::string_view label, const std::vector<std::string>& told);
// "50 ms" rather than "50.0 ms": ticks are round numbers.
std::string TickText(double tick, std::string_view unit);
// The ticks of a RowAxis above the rows, with lines down to `bottom`.
std::string TicksAndGrid(const Axis& axis, double bottom, std::string_view unit);
// In two small lines where it is long; cut, and told whole under the pointer, where that does not
// do.
std::string RowLabel(std::string_view text, double y);
std::string RowFigure(std::string_view text, double y);

// The CSS colour of the n-th host, phase or curve.
std::string SeriesColor(size_t index);

struct BarPart {
  size_t series = 0;  // its colour
  double length = 0;
  std::string name;    // written inside where there is room
  std::string figure;  // told with the name under the pointer
};
struct Bar {
  std::string label;
  std::string figure;  // at the right
  std::vector<BarPart> parts;
};
// Parts end to end, a bar a line, from 0; the text alternative is `label` and what each bar says.
// "" where nothing has a length.
std::string StackPlot(const std::vector<Bar>& bars, std::string_view unit, std::string_view label);

struct CurvePoint {
  double x = 0;
  double y = 0;
  std::optional<Interval> interval;  // of y
  std::string title;
};
struct Curve {
  size_t series = 0;
  bool dashed = false;
  std::vector<CurvePoint> points;  // by x
};
struct CurveMark {
  double x = 0;
  Interval interval;  // of x; ends beyond the picture are cut
  size_t series = 0;
  std::string title;
};
// y on a logarithmic axis in `unit` against log2 of a size. "" without points; y above 0.
std::string CurvePlot(const std::vector<Curve>& curves, const std::vector<CurveMark>& marks,
                      std::string_view unit, std::string_view label);

}  // namespace benchfleet
