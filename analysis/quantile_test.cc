#include "analysis/quantile.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/ids.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

TEST(QuantileTest, Type7InterpolatesBetweenOrderStatistics) {
  const std::vector<double> values = {4, 1, 3, 2};
  EXPECT_DOUBLE_EQ(*Quantile(values, 0), 1);
  EXPECT_DOUBLE_EQ(*Quantile(values, 0.25), 1.75);
  EXPECT_DOUBLE_EQ(*Quantile(values, 0.5), 2.5);
  EXPECT_DOUBLE_EQ(*Quantile(values, 1), 4);
  EXPECT_DOUBLE_EQ(*Median(values), 2.5);
}

TEST(QuantileTest, OneValueIsEveryQuantile) {
  const std::vector<double> one = {7};
  for (const double p : {0.0, 0.3, 1.0}) EXPECT_DOUBLE_EQ(*Quantile(one, p), 7);
}

TEST(QuantileTest, SelectionAndSortingAgree) {
  Random random(1);
  std::vector<double> values(101);
  for (double& value : values) value = std::floor(random.Uniform() * 30);
  const std::vector<double> probabilities = {0, 0.013, 0.25, 0.5, 0.75, 0.95, 0.999, 1};
  const auto all = Quantiles(values, probabilities);
  ASSERT_TRUE(all.ok());
  for (size_t i = 0; i < probabilities.size(); ++i) {
    EXPECT_DOUBLE_EQ((*all)[i], *Quantile(values, probabilities[i])) << probabilities[i];
  }
}

TEST(QuantileTest, BadInputIsRefusedByName) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(Message(Median(std::vector<double>{1, 2, nan}).status()),
              testing::HasSubstr("value 3 of 3 is NaN"));
  EXPECT_THAT(Message(Median(std::vector<double>{-INFINITY}).status()),
              testing::HasSubstr("value 1 of 1 is infinite"));
  EXPECT_THAT(Message(Median(std::vector<double>{1e200}).status()),
              testing::HasSubstr("value 1 of 1 is 1e+200, which is too large"));
  EXPECT_THAT(Message(Median({}).status()), testing::HasSubstr("0 values where at least 1"));
  EXPECT_FALSE(Quantile(std::vector<double>{1.0}, 1.5).ok());
  EXPECT_FALSE(Quantile(std::vector<double>{1.0}, nan).ok());
  EXPECT_FALSE(QuantileOrders(0, 0.5, 0.95).ok());
  EXPECT_FALSE(QuantileOrders(10, 0.5, 1).ok());
}

TEST(QuantileIntervalTest, OrdersOfTheMedianAreTheTabledOnes) {
  // Classical table of order statistics for the median at 95 %: n = 6 (1, 6), n = 10 (2, 9), n = 20
  // (6, 15).
  for (const auto& [n, lower, upper] : {std::tuple(6, 1, 6), {10, 2, 9}, {20, 6, 15}}) {
    const auto orders = QuantileOrders(n, 0.5, 0.95);
    ASSERT_TRUE(orders.ok());
    EXPECT_EQ(orders->lower, lower) << n;
    EXPECT_EQ(orders->upper, upper) << n;
    EXPECT_GE(orders->coverage, 0.95) << n;
  }
}

TEST(QuantileIntervalTest, FiveValuesBoundNoMedianAtNinetyFivePercent) {
  const std::vector<double> five = {1, 2, 3, 4, 5};
  EXPECT_FALSE((*MedianInterval(five, 0.95)).has_value());
  EXPECT_EQ(**MedianInterval(five, 0.9), (Interval{1, 5}));
}

TEST(QuantileIntervalTest, CoverageHoldsForEveryQuantileAndSize) {
  for (int64_t n = 1; n <= 120; ++n) {
    for (const double p : {0.05, 0.5, 0.9, 0.99}) {
      const auto orders = QuantileOrders(n, p, 0.95);
      ASSERT_TRUE(orders.ok());
      EXPECT_GE(orders->coverage, 0.95 - 1e-12) << n << " " << p;
      EXPECT_LT(orders->lower, orders->upper);
    }
  }
}

TEST(QuantileIntervalTest, CatchesTheTrueMedianAsOftenAsStated) {
  Random random(11);
  int caught = 0;
  constexpr int kTrials = 2000;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> values(15);
    for (double& value : values) value = -std::log(1 - random.Uniform());  // median ln 2
    const auto interval = MedianInterval(values, 0.95);
    caught += (*interval)->low <= std::log(2.0) && std::log(2.0) <= (*interval)->high;
  }
  EXPECT_GE(caught, kTrials * 94 / 100);
}

}  // namespace
}  // namespace benchfleet
