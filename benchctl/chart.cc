#include "benchctl/chart.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/text.h"
#include "benchctl/table.h"

namespace benchfleet {
namespace {

constexpr double kLogFrom = 20;          // the ratio of the ends from which an axis is logarithmic
constexpr double kMargin = 0.04;         // of an axis, at each end
constexpr size_t kLabelWidth = 42;       // characters of one line
constexpr size_t kSmallLabelWidth = 48;  // of each of two
constexpr size_t kColors = 12;
constexpr double kInsideLetter = 6.6;  // of a name inside a bar
constexpr double kInsideMargin = 8;
constexpr size_t kLinesTold = 12;

constexpr double kCurveLeft = 78;
constexpr double kCurveBottom = 340;
constexpr double kCurveHeight = 372;

double Magnitude(double value) { return std::pow(10, std::floor(std::log10(value))); }

struct Bounds {
  double low;
  double high;
};

void Widen(double value, Bounds* bounds) {
  bounds->low = std::min(bounds->low, value);
  bounds->high = std::max(bounds->high, value);
}

std::string SizeTicks(const Axis& axis, const Bounds& sizes) {
  std::string text;
  for (double size = std::ceil(sizes.low); size <= sizes.high; ++size) {
    const double x = axis.At(size);
    text += absl::StrFormat(
        "<line class=\"grid\" x1=\"%.1f\" y1=\"%g\" x2=\"%.1f\" y2=\"%g\"/>"
        "<text class=\"tick mid\" x=\"%.1f\" y=\"%g\">2^%g</text>\n",
        x, kChartTop, x, kCurveBottom, x, kCurveBottom + 18, size);
  }
  return text;
}

std::string ValueTicks(const Axis& axis, std::string_view unit) {
  std::string text;
  double last = 1e9;
  for (const double tick : axis.Ticks()) {
    const double y = axis.At(tick);
    if (std::fabs(last - y) < 18) continue;
    last = y;
    text += absl::StrFormat(
        "<line class=\"grid\" x1=\"%g\" y1=\"%.1f\" x2=\"%g\" y2=\"%.1f\"/>"
        "<text class=\"tick end\" x=\"%g\" y=\"%.1f\">%s</text>\n",
        kCurveLeft, y, kChartWidth, y, kCurveLeft - 8, y + 4, EscapeHtml(TickText(tick, unit)));
  }
  return text;
}

std::string CurveText(const Curve& curve, const Axis& across, const Axis& up) {
  const std::string color = SeriesColor(curve.series);
  std::string line;
  std::string points;
  for (const CurvePoint& point : curve.points) {
    const double x = across.At(point.x);
    const double y = up.At(point.y);
    line += absl::StrFormat("%s%.1f %.1f", line.empty() ? "M" : "L", x, y);
    points += "<g><title>" + EscapeHtml(point.title) + "</title>";
    if (point.interval) {
      points += absl::StrFormat(
          "<line class=\"whisker\" stroke=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>",
          color, x, up.At(point.interval->low), x, up.At(point.interval->high));
    }
    points +=
        absl::StrFormat("<circle fill=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/></g>\n", color, x, y);
  }
  return absl::StrFormat("<path class=\"curve%s\" stroke=\"%s\" d=\"%s\"/>\n",
                         curve.dashed ? " dashed" : "", color, line) +
         points;
}

std::string MarkText(const CurveMark& mark, const Axis& across, const Bounds& sizes) {
  const double low = across.At(std::clamp(mark.interval.low, sizes.low, sizes.high));
  const double high = across.At(std::clamp(mark.interval.high, sizes.low, sizes.high));
  const double x = across.At(mark.x);
  return absl::StrFormat(
      "<g><title>%s</title><rect class=\"band\" fill=\"%s\" x=\"%.1f\" y=\"%g\" width=\"%.1f\" "
      "height=\"%g\"/><line class=\"crossing\" stroke=\"%s\" x1=\"%.1f\" y1=\"%g\" x2=\"%.1f\" "
      "y2=\"%g\"/></g>\n",
      EscapeHtml(mark.title), SeriesColor(mark.series), low, kChartTop, std::max(high - low, 1.0),
      kCurveBottom - kChartTop, SeriesColor(mark.series), x, kChartTop, x, kCurveBottom);
}

// Broken at the blank that is nearest to the middle.
std::pair<std::string, std::string> TwoLines(const std::string& label) {
  const size_t half = (label.size() + 1) / 2;
  size_t at = label.find(' ', half);
  const size_t before = label.rfind(' ', half);
  if (before != std::string::npos && (at == std::string::npos || half - before <= at - half)) {
    at = before;
  }
  if (at == std::string::npos) return {label, ""};
  return {label.substr(0, at), label.substr(at + 1)};
}

}  // namespace

Axis::Axis(double low, double high, double from, double to, AxisScale scale)
    : logarithmic_(scale == AxisScale::kLogarithmic ||
                   (scale == AxisScale::kByRange && low > 0 && high / low > kLogFrom)),
      from_(from),
      to_(to) {
  low_ = Transformed(low);
  high_ = Transformed(high);
  double margin = (high_ - low_) * kMargin;
  if (margin == 0) margin = logarithmic_ ? 0.1 : std::max(std::fabs(high_) * 0.05, 1e-12);
  low_ -= margin;
  high_ += margin;
  if (!logarithmic_ && low >= 0) low_ = std::max(low_, 0.0);
}

double Axis::Transformed(double value) const { return logarithmic_ ? std::log10(value) : value; }

double Axis::At(double value) const {
  return from_ + (Transformed(value) - low_) / (high_ - low_) * (to_ - from_);
}

bool Axis::Holds(double value) const {
  return (!logarithmic_ || value > 0) && Transformed(value) >= low_ && Transformed(value) <= high_;
}

std::vector<double> Axis::Ticks() const {
  std::vector<double> ticks;
  if (logarithmic_) {
    const bool few = high_ - low_ < 2.2;
    const double stride = std::ceil((high_ - low_) / 10);
    for (double decade = std::floor(low_); decade <= high_; decade += stride) {
      for (const double digit : {1.0, 2.0, 5.0}) {
        if (digit != 1 && !few) continue;
        const double tick = std::pow(10, decade) * digit;
        if (tick >= std::pow(10, low_) && std::log10(tick) <= high_ && std::isfinite(tick)) {
          ticks.push_back(tick);
        }
      }
    }
    return ticks;
  }
  const double rough = (high_ - low_) / 6;
  const double power = Magnitude(rough);
  const double digit = rough / power;
  const double step = power * (digit < 1.5 ? 1 : digit < 3.5 ? 2 : digit < 7.5 ? 5 : 10);
  for (double tick = std::ceil(low_ / step) * step; tick <= high_; tick += step) {
    ticks.push_back(std::fabs(tick) < step * 1e-9 ? 0 : tick);
  }
  return ticks;
}

Axis RowAxis(double low, double high, AxisScale scale) {
  return Axis(low, high, kChartLeft, kChartWidth - kChartRight, scale);
}

std::string Svg(double height, std::string_view label, std::string_view body) {
  return absl::StrFormat("<svg viewBox=\"0 0 %g %g\" role=\"img\" aria-label=\"%s\">\n%s</svg>\n",
                         kChartWidth, height, EscapeHtml(label), body);
}

std::string AlternativeText(std::string_view label, const std::vector<std::string>& told) {
  std::string text(label);
  for (size_t i = 0; i < told.size() && i < kLinesTold; ++i) text += "; " + told[i];
  if (told.size() > kLinesTold) {
    text += absl::StrFormat("; and %d more lines, as in the table", told.size() - kLinesTold);
  }
  return text;
}

std::string TickText(double tick, std::string_view unit) {
  std::string text = FormatValue(tick, unit);
  const size_t space = text.find(' ');
  const size_t end = space == std::string::npos ? text.size() : space;
  const size_t point = text.substr(0, end).find('.');
  if (tick == 0) return "0";
  if (point == std::string::npos) return text;
  size_t keep = text.find_last_not_of('0', end - 1);
  if (keep == point) --keep;
  return text.erase(keep + 1, end - keep - 1);
}

std::string TicksAndGrid(const Axis& axis, double bottom, std::string_view unit) {
  std::string text;
  double last = -1e9;
  for (const double tick : axis.Ticks()) {
    const double x = axis.At(tick);
    if (x - last < 56) continue;
    last = x;
    text += absl::StrFormat(
        "<line class=\"grid\" x1=\"%.1f\" y1=\"%g\" x2=\"%.1f\" y2=\"%.1f\"/>"
        "<text class=\"tick mid\" x=\"%.1f\" y=\"14\">%s</text>\n",
        x, kChartTop - 6, x, bottom, x, EscapeHtml(TickText(tick, unit)));
  }
  return text;
}

std::string RowLabel(std::string_view text, double y) {
  const std::string label(text);
  if (DisplayWidth(label) <= kLabelWidth) {
    return absl::StrFormat("<text class=\"end\" x=\"%g\" y=\"%.1f\">%s</text>\n", kChartLeft - 12,
                           y + 4, EscapeHtml(label));
  }
  const auto [first, second] = TwoLines(label);
  const auto line = [&](const std::string& words, double at) {
    return absl::StrFormat("<text class=\"end small\" x=\"%g\" y=\"%.1f\">%s</text>\n",
                           kChartLeft - 12, at, EscapeHtml(Shorten(words, kSmallLabelWidth)));
  };
  return "<g><title>" + EscapeHtml(label) + "</title>" + line(first, y - 2) + line(second, y + 10) +
         "</g>\n";
}

std::string RowFigure(std::string_view text, double y) {
  return absl::StrFormat("<text x=\"%g\" y=\"%.1f\">%s</text>\n", kChartWidth - kChartRight + 14,
                         y + 4, EscapeHtml(text));
}

std::string SeriesColor(size_t index) { return absl::StrFormat("var(--c%d)", index % kColors); }

std::string StackPlot(const std::vector<Bar>& bars, std::string_view unit, std::string_view label) {
  double longest = 0;
  for (const Bar& bar : bars) {
    double sum = 0;
    for (const BarPart& part : bar.parts) sum += part.length;
    longest = std::max(longest, sum);
  }
  if (!(longest > 0)) return "";
  const Axis axis = RowAxis(0, longest, AxisScale::kLinear);
  const double bottom = kChartTop + kChartRowHeight * static_cast<double>(bars.size());
  std::string body = TicksAndGrid(axis, bottom, unit);
  std::vector<std::string> told;
  double y = kChartTop + kChartRowHeight / 2;
  for (const Bar& bar : bars) {
    body += RowLabel(bar.label, y);
    double begin = 0;
    for (const BarPart& part : bar.parts) {
      const double end = begin + part.length;
      const double width = axis.At(end) - axis.At(begin);
      body += absl::StrFormat(
          "<rect fill=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"18\">"
          "<title>%s %s</title></rect>\n",
          SeriesColor(part.series), axis.At(begin), y - 9, std::max(width, 0.5),
          EscapeHtml(part.name), EscapeHtml(part.figure));
      if (width > kInsideMargin + kInsideLetter * static_cast<double>(DisplayWidth(part.name))) {
        body += absl::StrFormat("<text class=\"inside\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
                                axis.At(begin) + width / 2, y + 4, EscapeHtml(part.name));
      }
      begin = end;
    }
    body += RowFigure(bar.figure, y);
    told.push_back(bar.label + ": " + bar.figure);
    y += kChartRowHeight;
  }
  return Svg(bottom + 4, AlternativeText(label, told), body);
}

std::string CurvePlot(const std::vector<Curve>& curves, const std::vector<CurveMark>& marks,
                      std::string_view unit, std::string_view label) {
  Bounds sizes = {HUGE_VAL, -HUGE_VAL};
  Bounds values = {HUGE_VAL, -HUGE_VAL};
  for (const Curve& curve : curves) {
    for (const CurvePoint& point : curve.points) {
      Widen(point.x, &sizes);
      Widen(point.y, &values);
      if (!point.interval) continue;
      Widen(point.interval->low, &values);
      Widen(point.interval->high, &values);
    }
  }
  if (sizes.low > sizes.high) return "";
  const Axis across(sizes.low, sizes.high, kCurveLeft, kChartWidth, AxisScale::kLinear);
  const Axis up(values.low, values.high, kCurveBottom, kChartTop, AxisScale::kLogarithmic);
  std::string body = SizeTicks(across, sizes) + ValueTicks(up, unit);
  for (const CurveMark& mark : marks) body += MarkText(mark, across, sizes);
  for (const Curve& curve : curves) body += CurveText(curve, across, up);
  return Svg(kCurveHeight, label, body);
}

}  // namespace benchfleet
