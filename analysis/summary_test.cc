#include "analysis/summary.h"

#include <cmath>
#include <limits>
#include <vector>

#include "gtest/gtest.h"

namespace benchfleet {
namespace {

TEST(SummaryTest, FiguresOfASmallSample) {
  const std::vector<double> values = {3, 1, 4, 1, 5, 9, 2, 6};
  const Summary summary = Summarize(values);
  EXPECT_TRUE(summary.usable());
  EXPECT_EQ(summary.n, 8u);
  EXPECT_DOUBLE_EQ(summary.min, 1);
  EXPECT_DOUBLE_EQ(summary.max, 9);
  EXPECT_DOUBLE_EQ(summary.mean, 3.875);
  EXPECT_NEAR(summary.stddev, 2.7483761, 1e-7);
  EXPECT_DOUBLE_EQ(summary.median, 3.5);
  ASSERT_TRUE(summary.median_interval.has_value());
  EXPECT_EQ(*summary.median_interval, (Interval{1, 9}));
  EXPECT_DOUBLE_EQ(summary.p95, 7.95);
  EXPECT_DOUBLE_EQ(summary.p99, 8.79);
}

TEST(SummaryTest, OneValueHasNoSpreadAndNoInterval) {
  const Summary summary = Summarize(std::vector<double>{2.5});
  EXPECT_EQ(summary.stddev, 0);
  EXPECT_EQ(summary.median, 2.5);
  EXPECT_FALSE(summary.median_interval.has_value());
}

TEST(SummaryTest, NothingIsComputedFromBadValues) {
  const Summary bad =
      Summarize(std::vector<double>{1, std::numeric_limits<double>::quiet_NaN(), INFINITY});
  EXPECT_FALSE(bad.usable());
  EXPECT_EQ(bad.n, 3u);
  EXPECT_EQ(bad.not_finite, 2u);
  EXPECT_TRUE(std::isnan(bad.median));
  EXPECT_TRUE(std::isnan(bad.mean));
  EXPECT_FALSE(Summarize({}).usable());
}

TEST(SummaryTest, EqualValuesHaveTheirMeanExactly) {
  const std::vector<double> values(7, 0.1);
  const Summary summary = Summarize(values);
  EXPECT_EQ(summary.mean, 0.1);
  EXPECT_EQ(summary.median_interval->low, 0.1);
}

}  // namespace
}  // namespace benchfleet
