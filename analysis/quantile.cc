#include "analysis/quantile.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "analysis/check.h"
#include "analysis/distribution.h"
#include "base/status.h"

namespace benchfleet {
namespace {

absl::Status CheckProbability(double p) {
  if (p >= 0 && p <= 1) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrFormat("quantile %g is not between 0 and 1", p));
}

// Between neighbours without leaving them, also where their difference would overflow.
double Interpolate(double low, double high, double weight) {
  if (weight == 0 || low == high) return low;
  const double step = high - low;
  return std::isfinite(step) ? low + weight * step : low * (1 - weight) + high * weight;
}

// The smallest k in [low, high] for which `holds`, which is false first and then true; high + 1 if
// none.
template <typename Predicate>
int64_t FirstWhere(int64_t low, int64_t high, Predicate holds) {
  ++high;
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    if (holds(middle)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

}  // namespace

double SortedQuantile(std::span<const double> sorted, double p) {
  const double h = static_cast<double>(sorted.size() - 1) * p;
  const auto index = static_cast<size_t>(h);
  if (index + 1 >= sorted.size()) return sorted.back();
  return Interpolate(sorted[index], sorted[index + 1], h - static_cast<double>(index));
}

double MedianInPlace(std::span<double> scratch) {
  const auto middle = scratch.begin() + static_cast<std::ptrdiff_t>(scratch.size() / 2);
  std::nth_element(scratch.begin(), middle, scratch.end());
  if (scratch.size() % 2 == 1) return *middle;
  const double below = *std::max_element(scratch.begin(), middle);
  return below / 2 + *middle / 2;
}

double MedianOf(std::span<const double> values) {
  std::vector<double> scratch(values.begin(), values.end());
  return MedianInPlace(scratch);
}

absl::StatusOr<double> Quantile(std::span<const double> values, double p) {
  BF_RETURN_IF_ERROR(CheckSample(values, 1, "quantile"));
  BF_RETURN_IF_ERROR(CheckProbability(p));
  std::vector<double> scratch(values.begin(), values.end());
  const double h = static_cast<double>(scratch.size() - 1) * p;
  const auto index = static_cast<std::ptrdiff_t>(h);
  const auto at = scratch.begin() + index;
  std::nth_element(scratch.begin(), at, scratch.end());
  if (at + 1 == scratch.end()) return *at;
  return Interpolate(*at, *std::min_element(at + 1, scratch.end()), h - static_cast<double>(index));
}

absl::StatusOr<double> Median(std::span<const double> values) {
  BF_RETURN_IF_ERROR(CheckSample(values, 1, "median"));
  return MedianOf(values);
}

absl::StatusOr<std::vector<double>> Quantiles(std::span<const double> values,
                                              std::span<const double> probabilities) {
  BF_RETURN_IF_ERROR(CheckSample(values, 1, "quantiles"));
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> result;
  for (const double p : probabilities) {
    BF_RETURN_IF_ERROR(CheckProbability(p));
    result.push_back(SortedQuantile(sorted, p));
  }
  return result;
}

absl::StatusOr<OrderInterval> QuantileOrders(int64_t n, double p, double level) {
  if (n < 1) return absl::InvalidArgumentError("quantile interval: no values");
  BF_RETURN_IF_ERROR(CheckFraction(p, "quantile"));
  BF_RETURN_IF_ERROR(CheckFraction(level, "confidence level"));
  const double tail = (1 - level) / 2;
  OrderInterval result;
  result.lower = FirstWhere(1, n, [&](int64_t l) { return BinomialCdf(l - 1, n, p) > tail; }) - 1;
  result.upper = FirstWhere(1, n, [&](int64_t u) { return BinomialCdf(n - u, n, 1 - p) <= tail; });
  result.coverage = BinomialCdf(result.upper - 1, n, p) - BinomialCdf(result.lower - 1, n, p);
  return result;
}

absl::StatusOr<std::optional<Interval>> QuantileInterval(std::span<const double> values, double p,
                                                         double level) {
  BF_RETURN_IF_ERROR(CheckSample(values, 1, "quantile interval"));
  const auto n = static_cast<int64_t>(values.size());
  BF_ASSIGN_OR_RETURN(const OrderInterval orders, QuantileOrders(n, p, level));
  if (orders.lower < 1 || orders.upper > n) return std::optional<Interval>();
  std::vector<double> scratch(values.begin(), values.end());
  const auto low = scratch.begin() + (orders.lower - 1);
  const auto high = scratch.begin() + (orders.upper - 1);
  std::nth_element(scratch.begin(), low, scratch.end());
  if (high != low) std::nth_element(low + 1, high, scratch.end());
  return std::optional<Interval>(Interval{.low = *low, .high = *high});
}

absl::StatusOr<std::optional<Interval>> MedianInterval(std::span<const double> values,
                                                       double level) {
  return QuantileInterval(values, 0.5, level);
}

}  // namespace benchfleet
