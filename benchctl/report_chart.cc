#include "benchctl/report_chart.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "base/text.h"
#include "benchctl/report_text.h"
#include "benchctl/table.h"

namespace benchfleet {
namespace {

// In SVG units; the picture scales to the page.
constexpr double kWidth = 1080;
constexpr double kLeft = 300;   // labels
constexpr double kRight = 118;  // medians
constexpr double kPlot = kWidth - kLeft - kRight;
constexpr double kRowHeight = 34;
constexpr double kTop = 26;
constexpr size_t kDotsMax = 300;  // of one line
constexpr double kLogFrom = 20;   // the ratio of the ends from which the axis is logarithmic

// From values to horizontal positions.
class Axis {
 public:
  Axis(double low, double high) : logarithmic_(low > 0 && high / low > kLogFrom) {
    if (logarithmic_) {
      low_ = std::log10(low);
      high_ = std::log10(high);
    } else {
      low_ = low;
      high_ = high;
    }
    double margin = (high_ - low_) * 0.04;
    if (margin == 0) margin = logarithmic_ ? 0.1 : std::max(std::fabs(high_) * 0.05, 1e-12);
    low_ -= margin;
    high_ += margin;
    if (!logarithmic_ && low >= 0) low_ = std::max(low_, 0.0);
  }

  double At(double value) const {
    const double v = logarithmic_ ? std::log10(value) : value;
    return kLeft + (v - low_) / (high_ - low_) * kPlot;
  }

  // Round numbers, about six of them.
  std::vector<double> Ticks() const {
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
    const double power = std::pow(10, std::floor(std::log10(rough)));
    const double digit = rough / power;
    const double step = power * (digit < 1.5 ? 1 : digit < 3.5 ? 2 : digit < 7.5 ? 5 : 10);
    for (double tick = std::ceil(low_ / step) * step; tick <= high_; tick += step) {
      ticks.push_back(std::fabs(tick) < step * 1e-9 ? 0 : tick);
    }
    return ticks;
  }

 private:
  bool logarithmic_;
  double low_ = 0;
  double high_ = 1;
};

std::string Svg(double height, const std::string& label, const std::string& body) {
  return absl::StrFormat("<svg viewBox=\"0 0 %g %g\" role=\"img\" aria-label=\"%s\">\n%s</svg>\n",
                         kWidth, height, EscapeHtml(label), body);
}

// "50 ms" rather than "50.0 ms": ticks are round numbers.
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
        x, kTop - 6, x, bottom, x, EscapeHtml(TickText(tick, unit)));
  }
  return text;
}

std::string RowLabel(const ReportRow& row, double y) {
  const std::string parameters = ParametersText(row.parameters);
  std::string text = row.host;
  if (!parameters.empty()) text += "  " + parameters;
  return absl::StrFormat("<text class=\"end\" x=\"%g\" y=\"%.1f\">%s</text>\n", kLeft - 12, y + 4,
                         EscapeHtml(Shorten(text, 46)));
}

std::string Value(const ReportRow& row, double y) {
  return absl::StrFormat("<text x=\"%g\" y=\"%.1f\">%s</text>\n", kWidth - kRight + 14, y + 4,
                         EscapeHtml(FormatValue(row.summary.median, row.metric.unit)));
}

std::vector<double> Thinned(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  if (values.size() <= kDotsMax) return values;
  std::vector<double> kept;
  kept.reserve(kDotsMax);
  for (size_t i = 0; i < kDotsMax; ++i) {
    kept.push_back(values[i * (values.size() - 1) / (kDotsMax - 1)]);
  }
  return kept;
}

// A zero-length stroke with round ends is a dot: a third of what <circle> takes. Neighbours by rank
// are set apart by the golden ratio, which is even and needs no chance.
std::string Dots(const std::vector<double>& values, const Axis& axis, double y,
                 const std::string& color) {
  std::string path;
  double phase = 0;
  for (const double value : values) {
    phase = std::fmod(phase + 0.6180339887, 1);
    path += absl::StrFormat("M%.1f %.1fh0", axis.At(value), y + (phase - 0.5) * 16);
  }
  return absl::StrFormat("<path class=\"dots\" stroke=\"%s\" d=\"%s\"/>\n", color, path);
}

std::string MedianMark(const ReportRow& row, const Axis& axis, double y) {
  std::string text;
  if (row.summary.median_interval) {
    const double low = axis.At(row.summary.median_interval->low);
    const double high = axis.At(row.summary.median_interval->high);
    text += absl::StrFormat(
        "<rect class=\"interval\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"26\"/>", low,
        y - 13, std::max(high - low, 1.0));
  }
  const double median = axis.At(row.summary.median);
  return text + absl::StrFormat(
                    "<line class=\"median\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
                    median, y - 13, median, y + 13);
}

bool IsDrawn(const ReportRow& row) { return row.summary.usable() && !row.samples.empty(); }

}  // namespace

std::string SeriesColor(size_t index) { return absl::StrFormat("var(--c%d)", index % 8); }

std::string StripPlot(const std::vector<const ReportRow*>& rows,
                      const std::vector<std::string>& hosts) {
  std::vector<const ReportRow*> drawn;
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(drawn),
               [](const ReportRow* row) { return IsDrawn(*row); });
  if (drawn.empty()) return "";
  double low = drawn[0]->summary.min;
  double high = drawn[0]->summary.max;
  for (const ReportRow* row : drawn) {
    low = std::min(low, row->summary.min);
    high = std::max(high, row->summary.max);
  }
  const Axis axis(low, high);
  const double bottom = kTop + kRowHeight * static_cast<double>(drawn.size());
  std::string body = TicksAndGrid(axis, bottom, drawn[0]->metric.unit);
  double y = kTop + kRowHeight / 2;
  for (const ReportRow* row : drawn) {
    const auto host = std::find(hosts.begin(), hosts.end(), row->host) - hosts.begin();
    body += absl::StrFormat("<g><title>%s: median %s, %d samples of %d runs</title>\n",
                            EscapeHtml(row->host + " " + ParametersText(row->parameters)),
                            EscapeHtml(FormatValue(row->summary.median, row->metric.unit)),
                            row->summary.n, row->runs);
    body += RowLabel(*row, y) +
            Dots(Thinned(row->samples), axis, y, SeriesColor(static_cast<size_t>(host)));
    body += MedianMark(*row, axis, y) + Value(*row, y) + "</g>\n";
    y += kRowHeight;
  }
  return Svg(bottom + 4, drawn[0]->workload + ": every sample of " + drawn[0]->metric.name, body);
}

std::string PhasePlot(const std::vector<PhaseBar>& bars) {
  if (bars.empty()) return "";
  double longest = 0;
  for (const PhaseBar& bar : bars) {
    double sum = 0;
    for (const ReportRow* phase : bar.phases) sum += phase->summary.median;
    longest = std::max({longest, sum, bar.main->summary.median});
  }
  if (!(longest > 0)) return "";
  const Axis axis(0, longest);
  const double bottom = kTop + kRowHeight * static_cast<double>(bars.size());
  std::string body = TicksAndGrid(axis, bottom, bars[0].main->metric.unit);
  double y = kTop + kRowHeight / 2;
  for (const PhaseBar& bar : bars) {
    body += RowLabel(*bar.main, y);
    double begin = 0;
    for (size_t i = 0; i < bar.phases.size(); ++i) {
      const double end = begin + bar.phases[i]->summary.median;
      body += absl::StrFormat(
          "<rect fill=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"18\">"
          "<title>%s %s</title></rect>\n",
          SeriesColor(i), axis.At(begin), y - 9, std::max(axis.At(end) - axis.At(begin), 0.5),
          EscapeHtml(bar.phases[i]->metric.name),
          EscapeHtml(FormatValue(bar.phases[i]->summary.median, bar.phases[i]->metric.unit)));
      begin = end;
    }
    body += Value(*bar.main, y);
    y += kRowHeight;
  }
  return Svg(bottom + 4, bars[0].main->workload + ": medians of the phases", body);
}

}  // namespace benchfleet
