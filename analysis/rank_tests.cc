#include "analysis/rank_tests.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_format.h"
#include "analysis/check.h"
#include "analysis/distribution.h"
#include "analysis/rank_distribution.h"
#include "analysis/shift.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr size_t kAutoExactMax = 20;
constexpr double kExactWorkMax = 1e9;

struct SortedPair {
  std::vector<double> a;
  std::vector<double> b;
};

absl::StatusOr<SortedPair> CheckedAndSorted(std::span<const double> a, std::span<const double> b) {
  BF_RETURN_IF_ERROR(CheckSample(a, 1, "rank test, first side"));
  BF_RETURN_IF_ERROR(CheckSample(b, 1, "rank test, second side"));
  SortedPair pair{{a.begin(), a.end()}, {b.begin(), b.end()}};
  std::sort(pair.a.begin(), pair.a.end());
  std::sort(pair.b.begin(), pair.b.end());
  return pair;
}

// Pairs with b > a, ties counting half.
double CountAbove(const SortedPair& pair) {
  double u = 0;
  size_t below = 0;
  size_t at_most = 0;
  for (const double b : pair.b) {
    while (below < pair.a.size() && pair.a[below] < b) ++below;
    at_most = std::max(at_most, below);
    while (at_most < pair.a.size() && pair.a[at_most] <= b) ++at_most;
    u += (static_cast<double>(below) + static_cast<double>(at_most)) / 2;
  }
  return u;
}

// Twice the midrank of each value of the pooled sample, ascending.
std::vector<int64_t> DoubledMidranks(const SortedPair& pair) {
  std::vector<double> pooled = pair.a;
  pooled.insert(pooled.end(), pair.b.begin(), pair.b.end());
  std::sort(pooled.begin(), pooled.end());
  std::vector<int64_t> ranks;
  for (size_t i = 0; i < pooled.size();) {
    size_t end = i;
    while (end < pooled.size() && pooled[end] == pooled[i]) ++end;
    ranks.insert(ranks.end(), end - i, static_cast<int64_t>(i + 1 + end));
    i = end;
  }
  return ranks;
}

double ExactP(const SortedPair& pair, double u_b) {
  // The distribution of the smaller side's rank sum; |U - nm/2| is the same for both.
  const size_t few = std::min(pair.a.size(), pair.b.size());
  const auto distribution = RankSumDistribution::OfDoubledRanks(DoubledMidranks(pair), few);
  const auto all = static_cast<double>(pair.a.size() + pair.b.size());
  const double pairs = static_cast<double>(pair.a.size()) * static_cast<double>(pair.b.size());
  return distribution.BothTails(static_cast<double>(few) * (all + 1),
                                2 * std::abs(u_b - pairs / 2));
}

}  // namespace

absl::StatusOr<MannWhitneyResult> MannWhitney(std::span<const double> a, std::span<const double> b,
                                              MannWhitneyMethod method) {
  BF_ASSIGN_OR_RETURN(const SortedPair pair, CheckedAndSorted(a, b));
  const double pairs = static_cast<double>(a.size()) * static_cast<double>(b.size());
  MannWhitneyResult result;
  result.u_b = CountAbove(pair);
  result.u_a = pairs - result.u_b;
  const double centred = result.u_b - pairs / 2;
  const double sign = centred < 0 ? -1 : 1;
  const bool small = std::max(a.size(), b.size()) <= kAutoExactMax;
  if (method == MannWhitneyMethod::kExact || (method == MannWhitneyMethod::kAuto && small)) {
    if (RankSumDistribution::Work(a.size(), b.size()) > kExactWorkMax) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "exact Mann-Whitney test of %d against %d values is too much work", a.size(), b.size()));
    }
    result.exact = true;
    result.p = ExactP(pair, result.u_b);
    result.z = result.p < 1 ? -sign * NormalQuantile(result.p / 2) : 0;
    return result;
  }
  const double variance = MannWhitneyVariance(pair.a, pair.b);
  if (!(variance > 0)) return result;
  const double drawn_in = method == MannWhitneyMethod::kNormal ? 0 : 0.5;
  result.z = sign * std::max(0.0, std::abs(centred) - drawn_in) / std::sqrt(variance);
  result.p = std::min(1.0, 2 * NormalTail(std::abs(result.z)));
  return result;
}

absl::StatusOr<double> VarghaDelaneyA12(std::span<const double> a, std::span<const double> b) {
  BF_ASSIGN_OR_RETURN(const SortedPair pair, CheckedAndSorted(a, b));
  return CountAbove(pair) / (static_cast<double>(a.size()) * static_cast<double>(b.size()));
}

absl::StatusOr<double> CliffsDelta(std::span<const double> a, std::span<const double> b) {
  BF_ASSIGN_OR_RETURN(const SortedPair pair, CheckedAndSorted(a, b));
  const double pairs = static_cast<double>(a.size()) * static_cast<double>(b.size());
  return (2 * CountAbove(pair) - pairs) / pairs;
}

}  // namespace benchfleet
