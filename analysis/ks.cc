#include "analysis/ks.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "analysis/check.h"
#include "analysis/distribution.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr double kExactKsPairsMax = 4e6;
constexpr int64_t kMatrixMax = 500;
constexpr double kLimitTolerance = 1e-6;  // As in R's ks.test, so that the figures agree.

double Distance(std::span<const double> a, std::span<const double> b) {
  const auto n = static_cast<double>(a.size());
  const auto m = static_cast<double>(b.size());
  double largest = 0;
  size_t i = 0;
  size_t j = 0;
  while (i < a.size() && j < b.size()) {
    const double value = std::min(a[i], b[j]);
    while (i < a.size() && a[i] == value) ++i;
    while (j < b.size() && b[j] == value) ++j;
    // One division: equal distances then come out equal, whichever samples they stem from.
    const double pairs = std::abs(static_cast<double>(i) * m - static_cast<double>(j) * n);
    largest = std::max(largest, pairs / (n * m));
  }
  return largest;
}

// The chance that a random order of n a's and m b's strays as far as d; only sums, so no digits
// cancel.
double ExactTail(double d, size_t n, size_t m) {
  const double pairs = static_cast<double>(n) * static_cast<double>(m);
  const double far = (0.5 + std::floor(d * pairs - 1e-7)) / pairs;
  const auto strayed = [&](size_t i, size_t j) {
    return std::abs(static_cast<double>(i) / static_cast<double>(n) -
                    static_cast<double>(j) / static_cast<double>(m)) > far;
  };
  std::vector<double> row(m + 1, 0.0);
  for (size_t j = 1; j <= m; ++j) row[j] = strayed(0, j) ? 1 : row[j - 1];
  for (size_t i = 1; i <= n; ++i) {
    if (strayed(i, 0)) row[0] = 1;
    for (size_t j = 1; j <= m; ++j) {
      const auto x = static_cast<double>(i);
      const auto y = static_cast<double>(j);
      row[j] = strayed(i, j) ? 1 : (x * row[j] + y * row[j - 1]) / (x + y);
    }
  }
  return row[m];
}

// P(D+ >= d), exact (Smirnov's sum; Birnbaum and Tingey, 1951), with the large factors as
// logarithms.
double OneSidedTail(double d, int64_t n) {
  const auto size = static_cast<double>(n);
  double sum = 0;
  for (int64_t j = 0; j <= static_cast<int64_t>(std::floor(size * (1 - d))); ++j) {
    const auto at = static_cast<double>(j);
    const double rest = 1 - d - at / size;
    if (rest <= 0) continue;  // The factor rest^(n-j) vanishes.
    sum += std::exp(std::lgamma(size + 1) - std::lgamma(at + 1) - std::lgamma(size - at + 1) +
                    (at - 1) * std::log(d + at / size) + (size - at) * std::log(rest));
  }
  return std::min(1.0, d * sum);
}

using Matrix = std::vector<double>;

Matrix Product(const Matrix& left, const Matrix& right, size_t size) {
  Matrix product(size * size, 0.0);
  for (size_t i = 0; i < size; ++i) {
    for (size_t k = 0; k < size; ++k) {
      const double factor = left[i * size + k];
      if (factor == 0) continue;
      for (size_t j = 0; j < size; ++j) product[i * size + j] += factor * right[k * size + j];
    }
  }
  return product;
}

// P(D_n < d) by Durbin's matrix, raised to the n-th power with its scale kept apart.
double MatrixCdf(double d, int64_t n) {
  const auto size_n = static_cast<double>(n);
  const auto k = static_cast<int64_t>(size_n * d) + 1;
  const auto size = static_cast<size_t>(2 * k - 1);
  const double h = static_cast<double>(k) - size_n * d;
  Matrix step(size * size, 0.0);
  for (size_t i = 0; i < size; ++i) {
    for (size_t j = 0; j < size && j <= i + 1; ++j) step[i * size + j] = 1;
  }
  for (size_t i = 0; i < size; ++i) {
    step[i * size] -= std::pow(h, static_cast<double>(i + 1));
    step[(size - 1) * size + i] -= std::pow(h, static_cast<double>(size - i));
  }
  if (2 * h > 1) step[(size - 1) * size] += std::pow(2 * h - 1, static_cast<double>(size));
  for (size_t i = 0; i < size; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      step[i * size + j] /= std::exp(std::lgamma(static_cast<double>(i - j + 2)));
    }
  }
  Matrix power(size * size, 0.0);
  for (size_t i = 0; i < size; ++i) power[i * size + i] = 1;
  const auto centre = static_cast<size_t>(k - 1) * size + static_cast<size_t>(k - 1);
  double exponent = 0;       // power's scale, natural logarithm
  double step_exponent = 0;  // and step's
  for (int64_t left = n; left > 0; left /= 2) {
    if (left % 2 == 1) {
      power = Product(power, step, size);
      exponent += step_exponent;
    }
    step = Product(step, step, size);
    step_exponent *= 2;
    for (auto [matrix, scale] : {std::pair(&power, &exponent), std::pair(&step, &step_exponent)}) {
      const double middle = (*matrix)[centre];
      if (!(middle > 1e100)) continue;
      for (double& value : *matrix) value /= middle;
      *scale += std::log(middle);
    }
  }
  const double factorial = std::lgamma(size_n + 1) - size_n * std::log(size_n);
  return std::clamp(power[centre] * std::exp(exponent + factorial), 0.0, 1.0);
}

}  // namespace

double KolmogorovOneSampleTail(double d, int64_t n) {
  const auto size = static_cast<double>(n);
  if (d >= 1) return 0;
  if (size * d <= 0.5) return 1;
  // Above one half both sides cannot be reached at once, and far out hardly ever: twice one side.
  if (d >= 0.5 || size * d * d >= 5) return std::min(1.0, 2 * OneSidedTail(d, n));
  if (n <= kMatrixMax) return 1 - MatrixCdf(d, n);
  // First correction of the limit: x + 1/(6 sqrt n) + (x - 1)/(4n) (Vrbik, 2018).
  const double x = d * std::sqrt(size);
  return KolmogorovTail(x + 1 / (6 * std::sqrt(size)) + (x - 1) / (4 * size));
}

absl::StatusOr<KolmogorovSmirnovResult> KolmogorovSmirnov(std::span<const double> a,
                                                          std::span<const double> b) {
  BF_RETURN_IF_ERROR(CheckSample(a, 1, "Kolmogorov-Smirnov, first side"));
  BF_RETURN_IF_ERROR(CheckSample(b, 1, "Kolmogorov-Smirnov, second side"));
  std::vector<double> sorted_a(a.begin(), a.end());
  std::vector<double> sorted_b(b.begin(), b.end());
  std::sort(sorted_a.begin(), sorted_a.end());
  std::sort(sorted_b.begin(), sorted_b.end());
  KolmogorovSmirnovResult result;
  result.d = Distance(sorted_a, sorted_b);
  const auto n = static_cast<double>(a.size());
  const auto m = static_cast<double>(b.size());
  if (n * m <= kExactKsPairsMax) result.p_exact = ExactTail(result.d, a.size(), b.size());
  const double effective = n / (n + m) * m;
  result.p_limit = KolmogorovTail(result.d * std::sqrt(effective), kLimitTolerance);
  const auto rounded = std::max<int64_t>(1, static_cast<int64_t>(std::nearbyint(effective)));
  result.p_effective = KolmogorovOneSampleTail(result.d, rounded);
  return result;
}

}  // namespace benchfleet
