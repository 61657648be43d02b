#include "analysis/energy.h"

#include <algorithm>
#include <cmath>

#include "analysis/check.h"
#include "analysis/quantile.h"
#include "base/status.h"

namespace benchfleet {
namespace {

// A growing multiset that answers: how far is a value from all members together? Over known
// positions (the sorted distinct values), by two binary indexed trees: O(log n) each.
class DistanceTree {
 public:
  explicit DistanceTree(std::vector<double> positions)
      : positions_(std::move(positions)),
        counts_(positions_.size() + 1),
        sums_(positions_.size() + 1) {}

  void Add(double value) {
    ++count_;
    sum_ += value;
    for (size_t i = IndexOf(value); i < counts_.size(); i += i & (~i + 1)) {
      ++counts_[i];
      sums_[i] += value;
    }
  }
  // sum |value - member|
  double Total(double value) const {
    double count = 0;
    long double sum = 0;
    for (size_t i = IndexOf(value); i > 0; i -= i & (~i + 1)) {
      count += counts_[i];
      sum += sums_[i];
    }
    const long double below = count * static_cast<long double>(value) - sum;
    const long double above = (sum_ - sum) - (count_ - count) * static_cast<long double>(value);
    return static_cast<double>(below + above);
  }

 private:
  size_t IndexOf(double value) const {
    return static_cast<size_t>(std::ranges::lower_bound(positions_, value) - positions_.begin()) +
           1;
  }

  std::vector<double> positions_;
  std::vector<double> counts_;
  std::vector<long double> sums_;
  double count_ = 0;
  long double sum_ = 0;
};

std::vector<double> SortedDistinct(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  return sorted;
}

}  // namespace

absl::StatusOr<double> EnergyDistance(std::span<const double> a, std::span<const double> b) {
  BF_RETURN_IF_ERROR(CheckSample(a, 1, "energy distance, first side"));
  BF_RETURN_IF_ERROR(CheckSample(b, 1, "energy distance, second side"));
  // The distance is twice the integral of (F - G)^2, which has no terms to cancel.
  std::vector<double> sorted_a(a.begin(), a.end());
  std::vector<double> sorted_b(b.begin(), b.end());
  std::sort(sorted_a.begin(), sorted_a.end());
  std::sort(sorted_b.begin(), sorted_b.end());
  std::vector<double> edges;
  std::ranges::merge(sorted_a, sorted_b, std::back_inserter(edges));
  double distance = 0;
  size_t i = 0;
  size_t j = 0;
  for (size_t k = 0; k + 1 < edges.size(); ++k) {
    while (i < sorted_a.size() && sorted_a[i] <= edges[k]) ++i;
    while (j < sorted_b.size() && sorted_b[j] <= edges[k]) ++j;
    const double gap = static_cast<double>(i) / static_cast<double>(a.size()) -
                       static_cast<double>(j) / static_cast<double>(b.size());
    distance += 2 * gap * gap * (edges[k + 1] - edges[k]);
  }
  return distance;
}

absl::StatusOr<EnergySplits> EnergyOfSplits(std::span<const double> values, WithinMeans within) {
  BF_RETURN_IF_ERROR(CheckSample(values, 2, "energy of splits"));
  const size_t n = values.size();
  // Distances do not change with the origin; near the median fewer digits cancel.
  const double origin = MedianOf(values);
  std::vector<double> shifted(values.begin(), values.end());
  for (double& value : shifted) value -= origin;
  DistanceTree all(SortedDistinct(shifted));
  for (const double value : shifted) all.Add(value);
  std::vector<double> to_all(n);
  for (size_t i = 0; i < n; ++i) to_all[i] = all.Total(shifted[i]);

  double total = 0;  // over unordered pairs
  for (const double sum : to_all) total += sum / 2;
  DistanceTree left(SortedDistinct(shifted));
  double left_pairs = 0;
  double left_to_all = 0;
  EnergySplits splits;
  for (size_t t = 1; t < n; ++t) {
    const double value = shifted[t - 1];
    left_pairs += left.Total(value);
    left.Add(value);
    left_to_all += to_all[t - 1];
    const double between = left_to_all - 2 * left_pairs;
    const double right_pairs = total - left_pairs - between;
    const auto x = static_cast<double>(t);
    const auto y = static_cast<double>(n - t);
    const auto mean_within = [&](double pairs, double count) {
      if (within == WithinMeans::kAllPairs) return 2 * pairs / (count * count);
      return count < 2 ? 0 : 2 * pairs / (count * (count - 1));
    };
    splits.statistic.push_back(
        x * y / static_cast<double>(n) *
        (2 * between / (x * y) - mean_within(left_pairs, x) - mean_within(right_pairs, y)));
    if (splits.statistic.back() > splits.statistic[splits.best == 0 ? 0 : splits.best - 1] ||
        splits.best == 0) {
      splits.best = t;
    }
  }
  return splits;
}

}  // namespace benchfleet
