// The variance between repeated measurements of one thing, from several groups that differ in
// level. Source: winsorising at 2.5 scaled MAD with the normal's consistency factor (Huber, 1981,
// "Robust Statistics"); moderation with other knowledge of the variance: Smyth, 2004, "Linear
// Models and Empirical Bayes Methods".
#pragma once

#include <span>
#include <vector>

namespace benchfleet {

struct SumOfSquares {
  double sum = 0;  // divided by degrees_of_freedom: the variance
  double degrees_of_freedom = 0;
  double variance() const { return degrees_of_freedom > 0 ? sum / degrees_of_freedom : 0; }
};

// Squares of the values about their group's median, clipped at 2.5 s, over E[min(Z^2, 2.5^2)],
// where s = 1.4826 median |x - group median| sqrt(n / (n - groups)) over all groups together;
// nothing is clipped where s is 0. Degrees of freedom n - groups. Empty groups do not count. Finite
// values.
SumOfSquares WinsorisedSquares(std::span<const std::span<const double>> groups);

// The variance of one run's median about the series' level, and of builds, from a history alone.
struct HistoryVariance {
  double run_sum = 0;      // variance x degrees
  double run_degrees = 0;  // at most 60, whatever the length
  double median_variance =
      0;  // of revision medians from successive differences; 0 without several runs
  double build_degrees = 1;
  double mean_inverse_runs = 1;
};
HistoryVariance VarianceOfHistory(std::span<const std::vector<double>> log_history);

}  // namespace benchfleet
