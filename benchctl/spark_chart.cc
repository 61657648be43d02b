#include "benchctl/spark_chart.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "benchctl/chart.h"
#include "benchctl/table.h"

namespace benchfleet {
namespace {

constexpr double kSparkRowHeight = 26;
constexpr double kSparkHalf = 9;
constexpr double kSparkSpanMin = 0.1;  // of the greatest value
constexpr size_t kSparkValues = 400;

std::string SparkText(const SparkLine& line, double y) {
  const auto [least, greatest] = std::minmax_element(line.values.begin(), line.values.end());
  const double middle = (*least + *greatest) / 2;
  const double reach =
      std::max({(*greatest - *least) / 2,
                kSparkSpanMin / 2 * std::max(std::abs(*least), std::abs(*greatest)), 1e-300});
  const double from = kChartLeft + 6;
  const double to = kChartWidth - kChartRight - 6;
  const size_t n = std::min(line.values.size(), kSparkValues);
  std::string path;
  double x = from;
  double height = y;
  for (size_t i = 0; i < n; ++i) {
    const size_t index = n < 2 ? 0 : i * (line.values.size() - 1) / (n - 1);
    x = n < 2 ? to : from + (to - from) * static_cast<double>(i) / static_cast<double>(n - 1);
    height = y - kSparkHalf * (line.values[index] - middle) / reach;
    path += absl::StrFormat("%s%.1f %.1f", path.empty() ? "M" : "L", x, height);
  }
  return absl::StrFormat(
             "<g><title>%s</title><path class=\"spark\" d=\"%s\"/>"
             "<circle class=\"last\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>\n",
             EscapeHtml(line.title), path, x, height) +
         RowLabel(line.label, y) + RowFigure(line.figure, y) + "</g>\n";
}

}  // namespace

std::string SparkPlot(const std::vector<SparkLine>& lines, std::string_view label) {
  if (lines.empty()) return "";
  std::string body;
  std::vector<std::string> told;
  double y = kSparkRowHeight / 2;
  for (const SparkLine& line : lines) {
    told.push_back(line.label + ": " + line.figure);
    body += SparkText(line, y);
    y += kSparkRowHeight;
  }
  return Svg(kSparkRowHeight * static_cast<double>(lines.size()), AlternativeText(label, told),
             body);
}

}  // namespace benchfleet
