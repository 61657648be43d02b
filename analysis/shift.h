// By how much one sample lies above another, without assuming a shape: the median of all
// differences. Source: Hodges and Lehmann, 1963, "Estimates of Location Based on Rank Tests"; the
// interval inverts the Mann-Whitney test: Hollander and Wolfe, 1999, "Nonparametric Statistical
// Methods", section 4.3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "absl/status/statusor.h"
#include "analysis/quantile.h"

namespace benchfleet {

// All differences b_j - a_i, n m of them, never written down: O(n + m) memory. Holds spans, so the
// sorted samples must outlive it.
class Differences {
 public:
  // Both sorted ascending, finite, not empty.
  Differences(std::span<const double> sorted_a, std::span<const double> sorted_b);

  int64_t count() const { return count_; }
  // The k-th smallest, 1 <= k <= count(). Narrows a bracket by counting, each count one walk over
  // both samples: O((n + m) log(n m)) where no bracket stalls, at most some 70 walks.
  double Kth(int64_t k) const;
  // The mean of the two middle ones where count() is even.
  double Median() const;

 private:
  struct Rank {
    int64_t below = 0;    // differences < value
    int64_t at_most = 0;  // differences <= value
  };
  Rank RankOf(double value) const;
  double Collected(double low, double high, int64_t k) const;
  double NextAbove(double value) const;
  double SampledQuantile(double fraction) const;

  std::span<const double> a_;
  std::span<const double> b_;
  int64_t count_;
};

// median(b_j - a_i), in the unit of the values. O((n + m) log(n m)).
absl::StatusOr<double> HodgesLehmannShift(std::span<const double> a, std::span<const double> b);

enum class ShiftMethod {
  // k = number of values u with P(U <= u) <= (1-level)/2, exactly, as if nothing were tied. For n m
  // <= 10,000.
  kExact,
  // k = max(1, floor(nm/2 - z sqrt(V))), V the tie-corrected variance of U.
  kNormal,
};

struct ShiftEstimate {
  double shift = 0;
  // The k-th smallest and the k-th largest difference; absent where k is 0: with so few values no
  // interval of this level is bounded.
  std::optional<Interval> interval;
  int64_t k = 0;
};
// The shift of b against a and its interval at `level` (0.95). Exchange of a and b changes the
// sign.
absl::StatusOr<ShiftEstimate> HodgesLehmann(std::span<const double> a, std::span<const double> b,
                                            double level, ShiftMethod method);

// The same on logarithms, as a ratio: exp(shift of log b against log a). All values above 0.
absl::StatusOr<double> HodgesLehmannRatio(std::span<const double> a, std::span<const double> b);

// Variance of U under the null hypothesis: nm/12 ((N+1) - sum(t^3-t)/(N(N-1))), t the sizes of
// groups of ties over both sorted samples.
double MannWhitneyVariance(std::span<const double> sorted_a, std::span<const double> sorted_b);

}  // namespace benchfleet
