#include "analysis/autocorrelation.h"

#include <algorithm>
#include <numeric>

#include "analysis/check.h"
#include "analysis/robust.h"
#include "base/status.h"

namespace benchfleet {

absl::StatusOr<std::vector<double>> Autocorrelation(std::span<const double> values, size_t lags) {
  BF_RETURN_IF_ERROR(CheckSample(values, lags + 1, "autocorrelation"));
  const double mean = MomentsOf(values).mean;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  std::vector<double> result(lags, 0.0);
  if (!(squares > 0)) return result;
  for (size_t lag = 1; lag <= lags; ++lag) {
    double sum = 0;
    for (size_t i = 0; i + lag < values.size(); ++i) {
      sum += (values[i] - mean) * (values[i + lag] - mean);
    }
    result[lag - 1] = sum / squares;
  }
  return result;
}

absl::StatusOr<double> EffectiveSize(std::span<const double> values) {
  BF_ASSIGN_OR_RETURN(const std::vector<double> r, Autocorrelation(values, 1));
  const double r1 = std::max(0.0, r[0]);
  return static_cast<double>(values.size()) * (1 - r1) / (1 + r1);
}

absl::StatusOr<double> RankAutocorrelation(std::span<const double> values) {
  BF_RETURN_IF_ERROR(CheckSample(values, 2, "rank autocorrelation"));
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, [&](size_t i, size_t j) { return values[i] < values[j]; });
  std::vector<double> ranks(values.size());
  for (size_t i = 0; i < order.size();) {
    size_t end = i;
    while (end < order.size() && values[order[end]] == values[order[i]]) ++end;
    for (size_t k = i; k < end; ++k) ranks[order[k]] = static_cast<double>(i + end + 1) / 2;
    i = end;
  }
  BF_ASSIGN_OR_RETURN(const std::vector<double> r, Autocorrelation(ranks, 1));
  return r[0];
}

}  // namespace benchfleet
