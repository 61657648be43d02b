#include "analysis/robust.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"

namespace benchfleet {
namespace {

TEST(RobustTest, MadIgnoresAWildValue) {
  EXPECT_DOUBLE_EQ(*Mad(std::vector<double>{1, 2, 3, 4, 1000}), 1);
  EXPECT_DOUBLE_EQ(*ScaledMad(std::vector<double>{1, 2, 3, 4, 1000}), kMadToSigma);
  EXPECT_DOUBLE_EQ(*Mad(std::vector<double>{5}), 0);
}

TEST(RobustTest, TrimmedAndWinsorisedMeans) {
  const std::vector<double> values = {100, 1, 2, 3, 4, 5, 6, 7, 8, -50};
  EXPECT_DOUBLE_EQ(*TrimmedMean(values, 0.1), 4.5);
  EXPECT_DOUBLE_EQ(*WinsorisedMean(values, 0.1), 4.5);
  EXPECT_DOUBLE_EQ(*TrimmedMean(values, 0.0), 8.6);
  EXPECT_DOUBLE_EQ(*WinsorisedMean(std::vector<double>{0, 1, 2, 50}, 0.25), 1.5);
  EXPECT_FALSE(TrimmedMean(values, 0.5).ok());
  EXPECT_FALSE(TrimmedMean({}, 0.1).ok());
}

TEST(RobustTest, MomentsKeepTheirDigitsFarFromZero) {
  const Moments moments = MomentsOf(std::vector<double>{1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16});
  EXPECT_DOUBLE_EQ(moments.mean, 1e9 + 10);
  EXPECT_DOUBLE_EQ(moments.variance, 30);
  EXPECT_EQ(MomentsOf(std::vector<double>{3}).variance, 0);
}

TEST(RobustTest, ClippingFarOutLeavesTheWholeVariance) {
  EXPECT_NEAR(ClippedNormalVariance(8), 1, 1e-12);
  EXPECT_NEAR(ClippedNormalVariance(2.5), 0.97755998345280693, 1e-14);
  EXPECT_NEAR(ClippedNormalVariance(1e-3), 1e-6, 1e-8);
}

TEST(RobustTest, NoiseFromDifferencesDoesNotSeeAStep) {
  std::vector<double> values;
  for (int i = 0; i < 40; ++i) values.push_back((i % 2 == 0 ? 10.0 : 12.0) + (i >= 20 ? 100 : 0));
  const auto noise = NoiseFromDifferences(values, 2.5);
  ASSERT_TRUE(noise.ok());
  EXPECT_DOUBLE_EQ(noise->mad_sigma, 1.4826 * std::sqrt(2.0));
  EXPECT_LT(noise->winsorised_sigma, 1.2 * std::sqrt(2.0 / ClippedNormalVariance(2.5)));
  EXPECT_FALSE(NoiseFromDifferences(std::vector<double>{1}, 2.5).ok());
  EXPECT_FALSE(NoiseFromDifferences(values, 0).ok());
}

TEST(RobustTest, CoarseTimerStillHasNoise) {
  const auto noise = NoiseFromDifferences(std::vector<double>{5, 5, 5, 5, 6, 6, 6, 6, 6}, 2.5);
  ASSERT_TRUE(noise.ok());
  EXPECT_EQ(noise->mad_sigma, 0);
  EXPECT_GT(noise->winsorised_sigma, 0);
}

}  // namespace
}  // namespace benchfleet
