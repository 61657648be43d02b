#include "benchctl/proving_chart.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/text.h"
#include "benchctl/chart.h"
#include "benchctl/report_text.h"

namespace benchfleet {
namespace {

constexpr double kBitsPerByte = 8;

std::string RowName(const ProvingRow& row) {
  return row.subject.CircuitText() + "  " + row.setting.How() + "  " + row.setting.Where();
}

std::string CurveName(const ProvingSetting& setting) {
  return setting.How() + ", " + setting.Where();
}

std::string PointTitle(const ProvingRow& row) {
  std::string text = RowName(row) + ": " + FormatNanoseconds(row.latency.value);
  if (row.latency.interval) text += " (" + FormatRange(*row.latency.interval, "ns") + ")";
  if (row.speed_up) text += ", " + SpeedUpText(row.speed_up) + " against local";
  return text;
}

// What a limit's line spans on the axis, in bit/s.
Interval BitSpan(const NetworkLimit& rate) {
  Interval span = {.low = rate.value * kBitsPerByte, .high = rate.value * kBitsPerByte};
  if (!rate.interval) return span;
  if (rate.interval->low > 0) span.low = rate.interval->low * kBitsPerByte;
  if (std::isfinite(rate.interval->high)) span.high = rate.interval->high * kBitsPerByte;
  return span;
}

struct RateLine {
  std::string label;
  const ComparedSize* size;
};

std::string RateLineText(const RateLine& line, const Axis& axis, double y) {
  const NetworkLimit& rate = line.size->rate;
  const Interval span = BitSpan(rate);
  const std::string color = SeriesColor(0);
  std::string text = absl::StrFormat(
      "<g><title>%s: faster remotely %s</title>"
      "<line class=\"whisker\" stroke=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>"
      "<circle fill=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"5\"/></g>\n",
      EscapeHtml(line.label), EscapeHtml(RateText(rate)), color, axis.At(span.low), y,
      axis.At(span.high), y, color, axis.At(rate.value * kBitsPerByte), y);
  if (line.size->measured_rate) {
    const double measured = *line.size->measured_rate * kBitsPerByte;
    text += absl::StrFormat(
        "<circle class=\"ring\" cx=\"%.1f\" cy=\"%.1f\" r=\"6\"><title>measured at %s</title>"
        "</circle>\n",
        axis.At(measured), y, EscapeHtml(FormatValue(measured, "bit/s")));
  }
  return RowLabel(line.label, y) + text +
         RowFigure(FormatValue(rate.value * kBitsPerByte, "bit/s"), y);
}

}  // namespace

std::string ProvingPhasePlot(const std::vector<const ProvingRow*>& rows,
                             const std::vector<std::string>& phases) {
  std::vector<Bar> bars;
  for (const ProvingRow* row : rows) {
    Bar& bar = bars.emplace_back();
    bar.label = RowName(*row);
    bar.figure = FormatNanoseconds(row->latency.value);
    for (const ProvingPhase& phase : row->phases) {
      if (!phase.part_of.empty()) continue;
      const auto series = std::find(phases.begin(), phases.end(), phase.name) - phases.begin();
      bar.parts.push_back({static_cast<size_t>(series), phase.value, phase.name,
                           absl::StrFormat("%s, %.1f%%", FormatNanoseconds(phase.value),
                                           100 * phase.value / row->latency.value)});
    }
  }
  return StackPlot(bars, "ns", "where the time goes");
}

SizePicture ProvingSizePlot(const std::vector<const ProvingRow*>& rows,
                            const std::vector<ProvingComparison>& comparisons) {
  std::vector<std::pair<ProvingSetting, Curve>> curves;
  for (const ProvingRow* row : rows) {
    const std::optional<double> size = row->subject.log2_size();
    if (!size) continue;
    auto found = std::find_if(curves.begin(), curves.end(),
                              [&](const auto& curve) { return curve.first == row->setting; });
    if (found == curves.end()) found = curves.insert(curves.end(), {row->setting, {}});
    found->second.points.push_back(
        {*size, row->latency.value, row->latency.interval, PointTitle(*row)});
  }
  std::erase_if(curves, [](const auto& curve) { return curve.second.points.size() < 2; });
  SizePicture picture;
  std::vector<Curve> drawn;
  std::vector<CurveMark> marks;
  for (auto& [setting, curve] : curves) {
    curve.series = drawn.size();
    curve.dashed = setting.mode != kLocalMode && setting.mode != kRemoteMode;
    picture.curves.push_back(CurveName(setting));
    for (const ProvingComparison& comparison : comparisons) {
      const BreakEvenSize& found = comparison.break_even;
      const bool same = comparison.remote == setting &&
                        comparison.subject.prover == rows[0]->subject.prover &&
                        comparison.subject.circuit == rows[0]->subject.circuit &&
                        comparison.subject.others == rows[0]->subject.others;
      if (!same || found.outcome != SizeOutcome::kCrossing) continue;
      marks.push_back({*found.log2_size, *found.interval, curve.series,
                       BreakEvenSentence(comparison, NameMarks::kPlain)});
    }
    drawn.push_back(std::move(curve));
  }
  picture.svg = CurvePlot(drawn, marks, "ns", "time against the log2 of the constraints");
  return picture;
}

std::string ProvingRatePlot(const std::vector<ProvingComparison>& comparisons) {
  std::vector<RateLine> lines;
  double low = HUGE_VAL;
  double high = 0;
  for (const ProvingComparison& comparison : comparisons) {
    for (const ComparedSize& size : comparison.sizes) {
      if (size.rate.outcome != LimitOutcome::kFound) continue;
      lines.push_back({comparison.subject.prover + "  " + size.subject.CircuitText() + "  " +
                           comparison.remote.How(),
                       &size});
      const Interval span = BitSpan(size.rate);
      low = std::min(low, span.low);
      high = std::max(high, span.high);
      if (!size.measured_rate || *size.measured_rate <= 0) continue;
      low = std::min(low, *size.measured_rate * kBitsPerByte);
      high = std::max(high, *size.measured_rate * kBitsPerByte);
    }
  }
  if (lines.empty()) return "";
  const Axis axis = RowAxis(low, high, AxisScale::kLogarithmic);
  const double bottom = kChartTop + kChartRowHeight * static_cast<double>(lines.size());
  std::string body = TicksAndGrid(axis, bottom, "bit/s");
  double y = kChartTop + kChartRowHeight / 2;
  for (const RateLine& line : lines) {
    body += RateLineText(line, axis, y);
    y += kChartRowHeight;
  }
  return Svg(bottom + 4, "the bandwidth from which remote is faster", body);
}

}  // namespace benchfleet
