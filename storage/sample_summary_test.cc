#include "storage/sample_summary.h"

#include <algorithm>
#include <cmath>

#include "base/ids.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

// The definition itself, by a full sort.
double QuantileBySorting(std::vector<double> values, double p) {
  std::sort(values.begin(), values.end());
  const double h = static_cast<double>(values.size() - 1) * p;
  const auto below = static_cast<size_t>(h);
  const size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (h - static_cast<double>(below)) * (values[above] - values[below]);
}

TEST(SampleSummaryTest, NoValuesAndOne) {
  std::vector<double> none;
  EXPECT_EQ(SummarizeValues("m", none), (MetricSummary{"m"}));
  std::vector<double> one = {7};
  EXPECT_EQ(SummarizeValues("m", one), (MetricSummary{"m", 1, 7, 7, 7, 0, 7, 7, 7, false}));
}

TEST(SampleSummaryTest, AWorkedExample) {
  std::vector<double> values = {4, 1, 3, 2};
  const MetricSummary summary = SummarizeValues("m", values);
  EXPECT_EQ(summary.count, 4u);
  EXPECT_EQ(summary.min, 1);
  EXPECT_EQ(summary.max, 4);
  EXPECT_EQ(summary.mean, 2.5);
  EXPECT_DOUBLE_EQ(summary.stddev, std::sqrt(5.0 / 3));
  EXPECT_EQ(summary.median, 2.5);
  EXPECT_DOUBLE_EQ(summary.p95, 3.85);
  EXPECT_DOUBLE_EQ(summary.p99, 3.97);
}

TEST(SampleSummaryTest, QuantilesAreThoseOfTheSortedValues) {
  Random random(3);
  for (size_t n = 1; n < 250; ++n) {
    std::vector<double> values(n);
    for (double& value : values) value = static_cast<double>(random.Below(40));  // with ties
    const std::vector<double> original = values;
    const MetricSummary summary = SummarizeValues("m", values);
    EXPECT_DOUBLE_EQ(summary.median, QuantileBySorting(original, 0.5)) << n;
    EXPECT_DOUBLE_EQ(summary.p95, QuantileBySorting(original, 0.95)) << n;
    EXPECT_DOUBLE_EQ(summary.p99, QuantileBySorting(original, 0.99)) << n;
  }
}

TEST(SampleSummaryTest, LargeOffsetsDoNotSpoilTheSpread) {
  std::vector<double> values = {1e15 + 1, 1e15 + 2, 1e15 + 3};
  const MetricSummary summary = SummarizeValues("m", values);
  EXPECT_EQ(summary.mean, 1e15 + 2);
  EXPECT_EQ(summary.stddev, 1);
}

TEST(SampleSummaryTest, RatesAreDerivedFromTimes) {
  const Metric rate{"rate", "B/s", Direction::kHigherIsBetter, "latency", 1000};
  for (const auto& [unit, one_second] :
       {std::pair("ns", 1e9), std::pair("us", 1e6), std::pair("ms", 1e3), std::pair("s", 1.0)}) {
    std::vector<double> values = {one_second, one_second / 2, 0};
    ASSERT_TRUE(Derive(rate, unit, values).ok());
    ASSERT_EQ(values.size(), 2u) << "no rate for a time of zero";
    EXPECT_DOUBLE_EQ(values[0], 1000);
    EXPECT_DOUBLE_EQ(values[1], 2000);
  }
  std::vector<double> bytes = {1};
  EXPECT_EQ(Derive(rate, "B", bytes).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace benchfleet
