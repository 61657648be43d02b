#include "analysis/shift.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "absl/strings/str_format.h"
#include "analysis/check.h"
#include "analysis/distribution.h"
#include "analysis/rank_distribution.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr int64_t kWriteDownMax =
    1 << 16;                     // Below this many differences, selecting among all is faster.
constexpr size_t kStrata = 200;  // Values a side in the first guess.
constexpr int64_t kExactPairsMax = 10'000;

// Doubles as integers in the same order, so that a bisection of any bracket ends within 64 steps.
int64_t ToOrdered(double value) {
  const auto bits = std::bit_cast<int64_t>(value);
  return bits >= 0 ? bits : std::numeric_limits<int64_t>::min() - bits;
}
double FromOrdered(int64_t ordered) {
  return std::bit_cast<double>(ordered >= 0 ? ordered
                                            : std::numeric_limits<int64_t>::min() - ordered);
}
double Halfway(double low, double high) {
  const int64_t from = ToOrdered(low);
  const int64_t to = ToOrdered(high);
  return FromOrdered((from >> 1) + (to >> 1) + (from & to & 1));
}

std::vector<double> Sorted(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

std::vector<double> Logarithms(std::span<const double> values) {
  std::vector<double> logs(values.begin(), values.end());
  for (double& value : logs) value = std::log(value);
  return logs;
}

int64_t ExactOrder(size_t n, size_t m, double tail) {
  const RankSumDistribution distribution = RankSumDistribution::WithoutTies(n, m);
  int64_t k = 0;
  double cumulative = 0;
  for (const double probability : distribution.probabilities()) {
    cumulative += probability;
    if (cumulative > tail) break;
    ++k;
  }
  return k;
}

}  // namespace

Differences::Differences(std::span<const double> sorted_a, std::span<const double> sorted_b)
    : a_(sorted_a),
      b_(sorted_b),
      count_(static_cast<int64_t>(sorted_a.size()) * static_cast<int64_t>(sorted_b.size())) {}

Differences::Rank Differences::RankOf(double value) const {
  Rank rank;
  size_t below = 0;
  size_t at_most = 0;
  for (const double from : a_) {
    while (below < b_.size() && b_[below] - from < value) ++below;
    at_most = std::max(at_most, below);
    while (at_most < b_.size() && b_[at_most] - from <= value) ++at_most;
    rank.below += static_cast<int64_t>(below);
    rank.at_most += static_cast<int64_t>(at_most);
  }
  return rank;
}

// The k-th smallest of the differences in (low, high].
double Differences::Collected(double low, double high, int64_t k) const {
  std::vector<double> inside;
  size_t first = 0;
  for (const double from : a_) {
    while (first < b_.size() && b_[first] - from <= low) ++first;
    for (size_t j = first; j < b_.size() && b_[j] - from <= high; ++j) {
      inside.push_back(b_[j] - from);
    }
  }
  const auto at = inside.begin() + (k - 1);
  std::nth_element(inside.begin(), at, inside.end());
  return *at;
}

double Differences::NextAbove(double value) const {
  double next = std::numeric_limits<double>::infinity();
  size_t j = 0;
  for (const double from : a_) {
    while (j < b_.size() && b_[j] - from <= value) ++j;
    if (j < b_.size()) next = std::min(next, b_[j] - from);
  }
  return next;
}

// A first guess: the quantile of the differences between evenly spaced order statistics.
double Differences::SampledQuantile(double fraction) const {
  const auto pick = [](std::span<const double> sorted, size_t i) {
    const double p = (static_cast<double>(i) + 0.5) / kStrata;
    return sorted[static_cast<size_t>(p * static_cast<double>(sorted.size()))];
  };
  std::vector<double> guesses;
  guesses.reserve(kStrata * kStrata);
  for (size_t i = 0; i < kStrata; ++i) {
    for (size_t j = 0; j < kStrata; ++j) guesses.push_back(pick(b_, j) - pick(a_, i));
  }
  const auto at =
      guesses.begin() + static_cast<std::ptrdiff_t>(std::clamp(fraction, 0.0, 1.0) *
                                                    static_cast<double>(guesses.size() - 1));
  std::nth_element(guesses.begin(), at, guesses.end());
  return *at;
}

double Differences::Kth(int64_t k) const {
  // Invariant: the answer lies in (low, high]; `under` differences are <= low, `up_to` are <= high.
  double low = -std::numeric_limits<double>::infinity();
  double high = b_.back() - a_.front();
  int64_t under = 0;
  int64_t up_to = count_;
  const int64_t few = std::max(kWriteDownMax, static_cast<int64_t>(a_.size() + b_.size()));
  for (int step = 0; up_to - under > few; ++step) {
    // Aim a little beside the target, to either side in turn, so that the bracket closes from both.
    const int64_t aside = (step % 2 == 0 ? -1 : 1) * few / 4;
    const double aim = static_cast<double>(std::clamp(k + aside, under, up_to));
    double pivot;
    if (step < 2) {
      pivot = SampledQuantile(aim / static_cast<double>(count_));
    } else if (step % 4 == 3 || std::isinf(low)) {
      pivot = Halfway(std::max(low, b_.front() - a_.back()), high);
    } else {
      const double share = (aim - static_cast<double>(under)) / static_cast<double>(up_to - under);
      pivot = low + share * (high - low);
    }
    if (!(pivot > low && pivot <= high)) pivot = high;
    const Rank rank = RankOf(pivot);
    if (rank.at_most < k) {
      low = pivot;
      under = rank.at_most;
    } else if (rank.below < k) {
      return pivot;
    } else {
      high = std::nextafter(pivot, -std::numeric_limits<double>::infinity());
      up_to = rank.below;
    }
  }
  return Collected(low, high, k - under);
}

double Differences::Median() const {
  const int64_t middle = (count_ + 1) / 2;
  const double lower = Kth(middle);
  if (count_ % 2 == 1 || RankOf(lower).at_most > middle) return lower;
  return lower / 2 + NextAbove(lower) / 2;
}

double MannWhitneyVariance(std::span<const double> sorted_a, std::span<const double> sorted_b) {
  const auto n = static_cast<double>(sorted_a.size());
  const auto m = static_cast<double>(sorted_b.size());
  double ties = 0;
  size_t i = 0;
  size_t j = 0;
  while (i < sorted_a.size() || j < sorted_b.size()) {
    const bool from_a = j == sorted_b.size() || (i < sorted_a.size() && sorted_a[i] <= sorted_b[j]);
    const double value = from_a ? sorted_a[i] : sorted_b[j];
    double t = 0;
    for (; i < sorted_a.size() && sorted_a[i] == value; ++i) ++t;
    for (; j < sorted_b.size() && sorted_b[j] == value; ++j) ++t;
    ties += t * t * t - t;
  }
  const double all = n + m;
  return std::max(0.0, n * m / 12 * ((all + 1) - ties / (all * (all - 1))));
}

absl::StatusOr<double> HodgesLehmannShift(std::span<const double> a, std::span<const double> b) {
  BF_RETURN_IF_ERROR(CheckSample(a, 1, "shift, first side"));
  BF_RETURN_IF_ERROR(CheckSample(b, 1, "shift, second side"));
  const std::vector<double> sorted_a = Sorted(a);
  const std::vector<double> sorted_b = Sorted(b);
  return Differences(sorted_a, sorted_b).Median();
}

absl::StatusOr<ShiftEstimate> HodgesLehmann(std::span<const double> a, std::span<const double> b,
                                            double level, ShiftMethod method) {
  BF_RETURN_IF_ERROR(CheckSample(a, 1, "shift, first side"));
  BF_RETURN_IF_ERROR(CheckSample(b, 1, "shift, second side"));
  BF_RETURN_IF_ERROR(CheckFraction(level, "confidence level"));
  const std::vector<double> sorted_a = Sorted(a);
  const std::vector<double> sorted_b = Sorted(b);
  const Differences differences(sorted_a, sorted_b);
  ShiftEstimate estimate;
  estimate.shift = differences.Median();
  if (method == ShiftMethod::kExact) {
    if (differences.count() > kExactPairsMax) {
      return absl::InvalidArgumentError(
          absl::StrFormat("exact shift interval: %d pairs, at most %d are counted",
                          differences.count(), kExactPairsMax));
    }
    estimate.k = ExactOrder(a.size(), b.size(), (1 - level) / 2);
  } else {
    const double z = NormalQuantile(0.5 + level / 2);
    const double spread = z * std::sqrt(MannWhitneyVariance(sorted_a, sorted_b));
    const double k = std::floor(static_cast<double>(differences.count()) / 2 - spread);
    estimate.k = std::max<int64_t>(1, static_cast<int64_t>(k));
  }
  if (estimate.k > 0) {
    estimate.interval = Interval{.low = differences.Kth(estimate.k),
                                 .high = differences.Kth(differences.count() + 1 - estimate.k)};
  }
  return estimate;
}

absl::StatusOr<double> HodgesLehmannRatio(std::span<const double> a, std::span<const double> b) {
  BF_RETURN_IF_ERROR(CheckPositive(a, 1, "ratio, first side"));
  BF_RETURN_IF_ERROR(CheckPositive(b, 1, "ratio, second side"));
  BF_ASSIGN_OR_RETURN(const double shift, HodgesLehmannShift(Logarithms(a), Logarithms(b)));
  return std::exp(shift);
}

}  // namespace benchfleet
