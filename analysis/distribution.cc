#include "analysis/distribution.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <numbers>

namespace benchfleet {
namespace {

using boost::math::policies::ignore_error;
using Quiet = boost::math::policies::policy<boost::math::policies::domain_error<ignore_error>,
                                            boost::math::policies::pole_error<ignore_error>,
                                            boost::math::policies::overflow_error<ignore_error>,
                                            boost::math::policies::evaluation_error<ignore_error>,
                                            boost::math::policies::rounding_error<ignore_error>>;
using Normal = boost::math::normal_distribution<double, Quiet>;
using Student = boost::math::students_t_distribution<double, Quiet>;
using Binomial = boost::math::binomial_distribution<double, Quiet>;

}  // namespace

double NormalCdf(double z) { return boost::math::cdf(Normal(), z); }

double NormalTail(double z) { return boost::math::cdf(boost::math::complement(Normal(), z)); }

double NormalQuantile(double p) { return boost::math::quantile(Normal(), p); }

double StudentTail(double t, double degrees_of_freedom) {
  if (std::isinf(t)) return t > 0 ? 0 : 1;
  return boost::math::cdf(boost::math::complement(Student(degrees_of_freedom), t));
}

double StudentQuantile(double p, double degrees_of_freedom) {
  return boost::math::quantile(Student(degrees_of_freedom), p);
}

double BinomialCdf(int64_t k, int64_t n, double p) {
  if (k < 0) return 0;
  if (k >= n) return 1;
  return boost::math::cdf(Binomial(static_cast<double>(n), p), static_cast<double>(k));
}

double KolmogorovTail(double x, double tolerance) {
  if (std::isnan(x)) return x;
  if (x <= 0) return 1;
  if (x < 1) {
    // Jacobi's other form converges fast here: P(K <= x) = sqrt(2 pi)/x sum exp(-(2k-1)^2 pi^2/(8
    // x^2)).
    constexpr double kPi = std::numbers::pi;
    const int k_end = static_cast<int>(std::sqrt(2 - std::log(tolerance)));
    double sum = 0;
    for (int k = 1; k < k_end; k += 2) sum += std::exp(-(k * k) * kPi * kPi / (8 * x * x));
    return std::clamp(1 - std::sqrt(2 * kPi) / x * sum, 0.0, 1.0);
  }
  double sum = 0;
  double term = 1;
  for (int k = 1; std::abs(term) > tolerance; ++k) {
    term = (k % 2 == 1 ? 2 : -2) * std::exp(-2.0 * k * k * x * x);
    sum += term;
  }
  return std::clamp(sum, 0.0, 1.0);
}

}  // namespace benchfleet
