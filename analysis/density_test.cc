#include "analysis/density.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "base/ids.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

// About normal: the sum of twelve uniform numbers.
std::vector<double> SortedNormals(size_t n, double center, uint64_t seed) {
  Random random(seed);
  std::vector<double> values;
  for (size_t i = 0; i < n; ++i) {
    double sum = -6;
    for (int k = 0; k < 12; ++k) sum += random.Uniform();
    values.push_back(center + sum);
  }
  std::sort(values.begin(), values.end());
  return values;
}

Density Estimate(const std::vector<double>& values, const DensityGrid& grid) {
  const auto density = EstimateDensity(values, grid);
  EXPECT_TRUE(density.ok()) << density.status();
  return *density;
}

TEST(DensityTest, TheBandwidthIsSilvermansRule) {
  // s = 1.5811, IQR/1.34 = 1.4925, 5^(-1/5) = 0.72478.
  EXPECT_NEAR(SilvermanBandwidth(std::vector<double>{1, 2, 3, 4, 5}), 0.9 * 2 / 1.34 * 0.724780,
              1e-6);
  // The quartiles are equal: s = sqrt(0.2) counts.
  EXPECT_NEAR(SilvermanBandwidth(std::vector<double>{1, 1, 1, 1, 2}),
              0.9 * std::sqrt(0.2) * 0.72478, 1e-6);
  EXPECT_EQ(SilvermanBandwidth(std::vector<double>{3, 3, 3}), 0);
}

TEST(DensityTest, IsTheSumOfItsKernels) {
  const std::vector<double> values = SortedNormals(200, 0, 1);
  const DensityGrid grid{-5, 5, 401};
  const Density density = Estimate(values, grid);
  for (size_t i = 0; i < grid.points; i += 20) {
    const double x = grid.low + grid.step() * static_cast<double>(i);
    double exact = 0;
    for (const double value : values) {
      const double z = (x - value) / density.bandwidth;
      exact += std::exp(-z * z / 2);
    }
    exact /= 200 * density.bandwidth * std::sqrt(2 * std::numbers::pi);
    EXPECT_NEAR(density.at[i], exact, 1e-3) << x;
  }
  const double area = std::accumulate(density.at.begin(), density.at.end(), 0.0) * grid.step();
  EXPECT_NEAR(area, 1, 1e-3);
}

TEST(DensityTest, TwoHumpsStayTwo) {
  std::vector<double> values = SortedNormals(500, 0, 2);
  for (const double value : SortedNormals(500, 6, 3)) values.push_back(value);
  std::sort(values.begin(), values.end());
  const Density density = Estimate(values, {-4, 10, 141});
  EXPECT_GT(density.at[40], 3 * density.at[70]);   // at 0 against 3
  EXPECT_GT(density.at[100], 3 * density.at[70]);  // at 6
}

TEST(DensityTest, EqualValuesAreOneNarrowPeak) {
  const Density density = Estimate({5, 5, 5, 5}, {4, 6, 21});
  EXPECT_DOUBLE_EQ(density.bandwidth, 0.1);
  EXPECT_EQ(std::max_element(density.at.begin(), density.at.end()) - density.at.begin(), 10);
}

TEST(DensityTest, ValuesOutsideOfTheGridCountInTheWhole) {
  const Density density = Estimate({0, 0, 1000, 1000}, {-2000, 500, 251});
  const double area = std::accumulate(density.at.begin(), density.at.end(), 0.0) * 10;
  // Half of the values, and of those what lies below 500 / 393.8 bandwidths.
  EXPECT_NEAR(density.bandwidth, 393.8, 0.1);
  EXPECT_NEAR(area, 0.449, 0.003);
}

TEST(DensityTest, RefusesWhatHasNoShape) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(EstimateDensity(std::vector<double>{}, {0, 1, 10}).ok());
  EXPECT_FALSE(EstimateDensity(std::vector<double>{1, nan}, {0, 1, 10}).ok());
  EXPECT_FALSE(EstimateDensity(std::vector<double>{1}, {1, 1, 10}).ok());
  EXPECT_FALSE(EstimateDensity(std::vector<double>{1}, {0, 1, 1}).ok());
}

}  // namespace
}  // namespace benchfleet
