#include "analysis/rank_distribution.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace benchfleet {

RankSumDistribution RankSumDistribution::WithoutTies(size_t n, size_t m) {
  std::vector<int64_t> ranks(n + m);
  std::iota(ranks.begin(), ranks.end(), 1);
  return OfDoubledRanks(ranks, std::min(n, m));  // Plain ranks: the index is U itself.
}

double RankSumDistribution::Work(size_t n, size_t m) {
  const auto few = static_cast<double>(std::min(n, m));
  const auto all = static_cast<double>(n + m);
  return all * few * 2 * few * (all - few);
}

RankSumDistribution RankSumDistribution::OfDoubledRanks(std::span<const int64_t> doubled_ranks,
                                                        size_t n) {
  RankSumDistribution result;
  std::vector<int64_t> ranks(doubled_ranks.begin(), doubled_ranks.end());
  std::sort(ranks.begin(), ranks.end());
  const auto split = ranks.begin() + static_cast<std::ptrdiff_t>(n);
  result.minimum_ = std::accumulate(ranks.begin(), split, int64_t{0});
  const int64_t maximum =
      std::accumulate(ranks.end() - static_cast<std::ptrdiff_t>(n), ranks.end(), int64_t{0});
  // ways[c][s]: the share of the draws of c items so far whose ranks sum to s, scaled by each
  // item's chance of being drawn as it is met, which keeps the numbers between 0 and 1 and makes
  // the last row a distribution.
  const auto width = static_cast<size_t>(maximum) + 1;
  std::vector<std::vector<double>> ways(n + 1, std::vector<double>(width, 0.0));
  ways[0][0] = 1;
  const size_t all = ranks.size();
  size_t reach = 0;
  for (size_t item = 0; item < all; ++item) {
    const auto rank = static_cast<size_t>(ranks[item]);
    reach = std::min(width - 1, reach + rank);
    for (size_t c = std::min(n, item + 1) + 1; c-- > 0;) {
      // Drawn with (n - c drawn before) / (all - item left), given c drawn so far.
      const double left = static_cast<double>(all - item);
      const double skip = 1 - static_cast<double>(n - c) / left;
      const double take = c == 0 ? 0 : static_cast<double>(n - c + 1) / left;
      std::vector<double>& row = ways[c];
      for (size_t s = reach + 1; s-- > 0;) {
        double value = skip > 0 ? row[s] * skip : 0;
        if (c > 0 && s >= rank) value += ways[c - 1][s - rank] * take;
        row[s] = value;
      }
    }
  }
  result.probabilities_.assign(ways[n].begin() + result.minimum_, ways[n].end());
  return result;
}

double RankSumDistribution::BothTails(double centre, double distance) const {
  double sum = 0;
  for (size_t i = 0; i < probabilities_.size(); ++i) {
    const double at = static_cast<double>(minimum_ + static_cast<int64_t>(i));
    if (std::abs(at - centre) >= distance - 1e-9) sum += probabilities_[i];
  }
  return std::min(1.0, sum);
}

}  // namespace benchfleet
