// The exact null distribution of a rank sum, with or without ties.
// Source: the recurrence of Mann and Whitney, 1947, "On a Test of Whether one of Two Random
// Variables is Stochastically Larger than the Other"; over midranks: Streitberg and Roehmel, 1986,
// "Exact Distributions for Permutation and Rank Tests: An Introduction to Some Recently Published
// Algorithms".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace benchfleet {

class RankSumDistribution {
 public:
  // U without ties: probabilities()[u] = P(U = u), u = 0 .. nm.
  static RankSumDistribution WithoutTies(size_t n, size_t m);
  // Any `n` of the items carrying these doubled midranks are drawn; index = doubled sum less its
  // minimum.
  static RankSumDistribution OfDoubledRanks(std::span<const int64_t> doubled_ranks, size_t n);
  // Steps that OfDoubledRanks would take; callers refuse what is too much.
  static double Work(size_t n, size_t m);

  std::span<const double> probabilities() const { return probabilities_; }
  // Doubled rank sum at index 0.
  int64_t minimum() const { return minimum_; }
  // P(|S - centre| >= distance) in doubled rank sums.
  double BothTails(double centre, double distance) const;

 private:
  std::vector<double> probabilities_;
  int64_t minimum_ = 0;
};

}  // namespace benchfleet
