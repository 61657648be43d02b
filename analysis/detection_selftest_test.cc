#include "analysis/detection_selftest.h"

#include <cmath>

#include "base/ids.h"
#include "base/status.h"
#include "gmock/gmock.h"

namespace benchfleet {
namespace {

using testing::HasSubstr;

SelftestSeries MakeSeries(size_t revisions, double noise, uint64_t seed) {
  Random random(seed);
  SelftestSeries series;
  for (size_t i = 0; i < revisions; ++i) {
    auto& runs = series.emplace_back();
    for (int run = 0; run < 3; ++run) {
      const double normal =
          (random.Uniform() + random.Uniform() + random.Uniform() + random.Uniform() - 2) *
          std::sqrt(3);
      // A true step of its own, half way.
      runs.push_back(100 * (i > revisions / 2 ? 1.3 : 1) * std::exp(noise * normal));
    }
  }
  return series;
}

TEST(DetectionSelftestTest, LargeStepsAreFoundSoonAndNoiseIsNot) {
  const SelftestSeries series[] = {MakeSeries(60, 0.01, 1), MakeSeries(80, 0.01, 2)};
  DetectionSelftestOptions options;
  options.trials = 40;
  options.effects = {0.001, 0.2};
  const auto result = RunDetectionSelftest(series, options);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->series, 2u);
  EXPECT_EQ(result->revisions, 140u);
  EXPECT_EQ(result->quiet_histories, 40u);
  EXPECT_LE(result->trend_false_per_1000(), 2);
  EXPECT_LE(result->check_false.value(), 0.1);
  ASSERT_EQ(result->rows.size(), 2u);
  EXPECT_LE(result->rows[0].trend_found.value(), 0.1) << "a tenth of the noise";
  const SelftestRow& large = result->rows[1];
  EXPECT_EQ(large.trend_found.count, 40u);
  EXPECT_GE(large.check_found.value(), 0.95);
  EXPECT_GE(large.trend_precision(), 0.9);
  ASSERT_TRUE(large.delay.has_value());
  EXPECT_LE(*large.delay, 6);
  EXPECT_GE(*large.delay, 3) << "a level has three points at least";
}

TEST(DetectionSelftestTest, OneSeedOneResult) {
  const SelftestSeries series[] = {MakeSeries(40, 0.03, 3)};
  DetectionSelftestOptions options;
  options.trials = 20;
  options.effects = {0.05};
  const auto once = RunDetectionSelftest(series, options);
  const auto again = RunDetectionSelftest(series, options);
  EXPECT_EQ(once->rows[0].trend_found.count, again->rows[0].trend_found.count);
  EXPECT_EQ(once->rows[0].delay, again->rows[0].delay);
  EXPECT_EQ(once->check_false.count, again->check_false.count);
}

TEST(DetectionSelftestTest, TooLittleHistorySaysSo) {
  const SelftestSeries series[] = {MakeSeries(10, 0.01, 1), MakeSeries(23, 0.01, 2)};
  const absl::Status status = RunDetectionSelftest(series, {}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(Message(status), HasSubstr("must have 24 revisions"));
  EXPECT_THAT(Message(status), HasSubstr("the longest of 2 has 23"));
  EXPECT_THAT(Message(RunDetectionSelftest({}, {}).status()), HasSubstr("no history"));
}

TEST(DetectionSelftestTest, ASeriesWithZerosIsLeftOut) {
  SelftestSeries zeros = MakeSeries(40, 0.01, 1);
  zeros[7][0] = 0;
  const SelftestSeries series[] = {zeros, MakeSeries(40, 0.01, 2)};
  DetectionSelftestOptions options;
  options.trials = 2;
  const auto result = RunDetectionSelftest(series, options);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->series, 1u);
  EXPECT_EQ(result->too_short, 1u);
}

TEST(DetectionSelftestTest, WilsonsInterval) {
  const Share half{5, 10};
  EXPECT_NEAR(half.interval().low, 0.2366, 1e-4);
  EXPECT_NEAR(half.interval().high, 0.7634, 1e-4);
  EXPECT_EQ((Share{0, 20}).interval().low, 0);
  EXPECT_NEAR((Share{0, 20}).interval().high, 0.1611, 1e-4);
  EXPECT_EQ(Share().interval().high, 1);
}

}  // namespace
}  // namespace benchfleet
