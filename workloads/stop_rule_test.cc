#include "workloads/stop_rule.h"

#include <cmath>
#include <limits>
#include <numeric>

#include "base/ids.h"
#include "base/limits.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

// P(lower <= Bin(n, 1/2) < upper): how often order statistics number lower and upper (from 1)
// enclose the median.
double Coverage(int n, int lower, int upper) {
  double sum = 0;
  for (int k = lower; k < upper; ++k) {
    sum += std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) -
                    n * std::log(2));
  }
  return sum;
}

// On the values 1..n an interval's bounds are the orders themselves.
TEST(StopRuleTest, TheIntervalIsNeverNarrowerThanTheExactOne) {
  for (int n = 6; n <= 1500; ++n) {
    std::vector<double> values(static_cast<size_t>(n));
    std::iota(values.begin(), values.end(), 1.0);
    const double relative = RelativeMedianInterval(values);
    const double width = relative * 2 * ((n + 1) / 2);
    // The interval is symmetric about (n + 1) / 2.
    const double lower = (n + 1 - width) / 2;
    EXPECT_GE(Coverage(n, static_cast<int>(std::lround(lower)),
                       static_cast<int>(std::lround(lower + width))),
              n == 6 ? 0.95 : 0.949999)
        << n;
    EXPECT_LE(width, 2.4 * std::sqrt(n) + 3) << n;
  }
}

TEST(StopRuleTest, FewValuesOrAZeroMedianAreNeverNarrow) {
  std::vector<double> five(5, 1.0);
  EXPECT_EQ(RelativeMedianInterval(five), std::numeric_limits<double>::infinity());
  std::vector<double> zeros(100, 0.0);
  EXPECT_EQ(RelativeMedianInterval(zeros), std::numeric_limits<double>::infinity());
}

TEST(StopRuleTest, ANarrowIntervalIsReachedAfterManySamples) {
  StopRule rule(Measurement{0, 10, 0, absl::InfiniteDuration(), 0.002});
  Random random(3);
  while (!rule.Done(0) && rule.count() < 5'000'000) rule.Add(1 + random.Uniform());
  // 1.96 / 2 / sqrt(n) / 1.5 = 0.002 at n = 107,000.
  EXPECT_GT(rule.count(), 80'000u);
  EXPECT_LT(rule.count(), 150'000u);
}

TEST(StopRuleTest, AnIntervalThatStaysWideIsNotLookedAtForEver) {
  StopRule rule(Measurement{0, 10, 1'200'000, absl::InfiniteDuration(), 0.0000001});
  Random random(3);
  while (!rule.Done(0)) rule.Add(1 + random.Uniform());
  EXPECT_EQ(rule.count(), 1'200'000u);
}

TEST(StopRuleTest, RefusesWhatCannotBe) {
  EXPECT_TRUE(StopRule::Check(Measurement{}).ok());
  EXPECT_FALSE(StopRule::Check(Measurement{0, 10, 9, absl::Seconds(1), 0}).ok());
  EXPECT_FALSE(StopRule::Check(Measurement{0, 200'000'000, 0, absl::Seconds(1), 0}).ok());
  EXPECT_FALSE(StopRule::Check(Measurement{4'000'000'000, 1, 0, absl::Seconds(1), 0}).ok());
  EXPECT_FALSE(StopRule::Check(Measurement{0, 1, 0, absl::Seconds(1), 1.5}).ok());
  EXPECT_FALSE(StopRule::Check(Measurement{0, 1, 0, absl::Seconds(1), std::nan("")}).ok());
  EXPECT_FALSE(StopRule::Check(Measurement{0, 1, 0, -absl::Seconds(1), 0}).ok());
}

TEST(StopRuleTest, TheHardBoundHoldsWithWarmUp) {
  const StopRule rule(Measurement{1000, 1, 0, absl::Seconds(1), 0});
  EXPECT_LT(rule.max_samples() + 1000, limits::kMaxSamplesPerRun);
}

TEST(StopRuleTest, ZeroMinSamplesStillMeasuresOne) {
  StopRule rule(Measurement{0, 0, 0, absl::ZeroDuration(), 0});
  EXPECT_FALSE(rule.Done(100));
  rule.Add(1);
  EXPECT_TRUE(rule.Done(100));
}

}  // namespace
}  // namespace benchfleet
