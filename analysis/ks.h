// Do two samples come from one distribution? The Kolmogorov-Smirnov test.
// Sources: Smirnov, 1939; Hodges, 1958, "The Significance Probability of the Smirnov Two-Sample
// Test" (exact recursion); Marsaglia, Tsang and Wang, 2003, "Evaluating Kolmogorov's Distribution";
// Pelz and Good, 1976, "Approximating the Lower Tail-Areas of the Kolmogorov-Smirnov One-Sample
// Statistic"; Simard and L'Ecuyer, 2011, "Computing the Two-Sided Kolmogorov-Smirnov Distribution"
// (which of them to use where).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "absl/status/statusor.h"

namespace benchfleet {

struct KolmogorovSmirnovResult {
  double d = 0;  // Largest distance between the two empirical distribution functions.
  // P(D >= d) over all orders of n + m untied values; with ties it is conservative. Only for n m <=
  // 4e6.
  std::optional<double> p_exact;
  // Kolmogorov's limit distribution at d sqrt(nm/(n+m)), its series to 1e-6 as R sums it.
  double p_limit = 1;
  // The one-sample distribution at the effective size nm/(n+m), rounded: closer than the limit.
  double p_effective = 1;
};

// Needs one value a side. O(N log N + n m) where p_exact is given.
absl::StatusOr<KolmogorovSmirnovResult> KolmogorovSmirnov(std::span<const double> a,
                                                          std::span<const double> b);

// P(D_n >= d) for the one-sample two-sided statistic of n values, n >= 1. Relative error below 1e-9
// up to n = 500 and in the far tail; about 1e-6 else.
double KolmogorovOneSampleTail(double d, int64_t n);

}  // namespace benchfleet
