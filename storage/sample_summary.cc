#include "storage/sample_summary.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "absl/strings/str_format.h"

namespace benchfleet {
namespace {

// The p-quantile of `values`. The first `sorted_below` of them are no larger than the rest, which
// quantiles asked for in rising order use to look at less and less; moves `sorted_below`.
double NextQuantile(std::span<double> values, double p, size_t& sorted_below) {
  const double position = static_cast<double>(values.size() - 1) * p;
  const auto below = static_cast<size_t>(std::floor(position));
  const auto first = values.begin() + static_cast<std::ptrdiff_t>(std::min(sorted_below, below));
  const auto nth = values.begin() + static_cast<std::ptrdiff_t>(below);
  std::nth_element(first, nth, values.end());
  sorted_below = below;
  const double fraction = position - static_cast<double>(below);
  if (fraction == 0) return *nth;
  const double next = *std::min_element(nth + 1, values.end());
  return *nth + fraction * (next - *nth);
}

}  // namespace

MetricSummary SummarizeValues(std::string_view metric, std::vector<double>& values) {
  MetricSummary summary;
  summary.metric = metric;
  summary.count = values.size();
  if (values.empty()) return summary;
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  summary.min = *least;
  summary.max = *most;
  const auto n = static_cast<double>(values.size());
  // Two passes around a shift: exact enough for any spread, and no overflow of the sum.
  const double shift = values.front();
  double sum = 0;
  for (const double value : values) sum += value - shift;
  summary.mean = shift + sum / n;
  double squares = 0;
  for (const double value : values) squares += (value - summary.mean) * (value - summary.mean);
  if (values.size() > 1) summary.stddev = std::sqrt(squares / (n - 1));
  size_t sorted_below = 0;
  summary.median = NextQuantile(values, 0.5, sorted_below);
  summary.p95 = NextQuantile(values, 0.95, sorted_below);
  summary.p99 = NextQuantile(values, 0.99, sorted_below);
  return summary;
}

double SecondsIn(std::string_view unit) {
  if (unit == "ns") return 1e-9;
  if (unit == "us") return 1e-6;
  if (unit == "ms") return 1e-3;
  return unit == "s" ? 1 : 0;
}

absl::Status Derive(const Metric& derived, std::string_view source_unit,
                    std::vector<double>& values) {
  const double unit_seconds = SecondsIn(source_unit);
  if (unit_seconds == 0) {
    return absl::InvalidArgumentError(
        absl::StrFormat("metric '%s' cannot be derived from '%s', which is measured in '%s': no "
                        "unit of time",
                        derived.name, derived.derived_from, source_unit));
  }
  for (double& value : values) value = derived.numerator / (value * unit_seconds);
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  return absl::OkStatus();
}

}  // namespace benchfleet
