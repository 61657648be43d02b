// The distributions that the tests and intervals refer to. Boost.Math does the work; this room
// keeps its headers and its exceptions out of the others. Arguments outside the domain give NaN,
// never a throw.
#pragma once

#include <cstdint>

namespace benchfleet {

double NormalCdf(double z);
// P(Z > z), accurate far in the tail where 1 - NormalCdf(z) is 0.
double NormalTail(double z);
// p in (0, 1).
double NormalQuantile(double p);

// P(T > t) for Student's t; degrees of freedom may be fractional, above 0.
double StudentTail(double t, double degrees_of_freedom);
double StudentQuantile(double p, double degrees_of_freedom);

// P(X <= k) for X ~ Binomial(n, p); 0 for k < 0, 1 for k >= n.
double BinomialCdf(int64_t k, int64_t n, double p);

// P(K > x) for Kolmogorov's limit distribution: 2 sum_{k>=1} (-1)^(k-1) exp(-2 k^2 x^2). The sum
// ends where its terms fall below `tolerance`.
double KolmogorovTail(double x, double tolerance = 1e-16);

}  // namespace benchfleet
