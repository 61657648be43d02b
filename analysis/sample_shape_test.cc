#include "analysis/sample_shape.h"

#include <cmath>

#include "analysis/test_data.h"
#include "base/ids.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

absl::StatusOr<SampleShape> Shape(const std::vector<std::vector<double>>& runs) {
  const std::vector<std::span<const double>> spans(runs.begin(), runs.end());
  return ShapeOfSamples(spans, {});
}

TEST(SampleShapeTest, CalmRunsHaveNothingToTell) {
  Random random(1);
  std::vector<std::vector<double>> runs;
  for (int run = 0; run < 5; ++run) runs.push_back(NormalValues(random, 100, 1000, 10));
  const auto shape = Shape(runs);
  ASSERT_TRUE(shape.ok()) << shape.status();
  EXPECT_EQ(shape->n, 500u);
  EXPECT_TRUE(shape->humps.empty());
  EXPECT_EQ(shape->runs_told, 5u);
  EXPECT_EQ(shape->warm_up + shape->slowdown + shape->unsettled, 0u);
  EXPECT_EQ(shape->far_below + shape->far_above, 0u);
}

TEST(SampleShapeTest, RunsAtDifferentLevelsAreNoHumps) {
  Random random(2);
  const auto shape =
      Shape({NormalValues(random, 100, 1000, 10), NormalValues(random, 100, 1500, 15),
             NormalValues(random, 100, 2000, 20)});
  EXPECT_TRUE(shape->humps.empty());
}

TEST(SampleShapeTest, HumpsWithinRunsAreToldAtTheLevelOfTheSamples) {
  Random random(3);
  std::vector<std::vector<double>> runs;
  for (int run = 0; run < 4; ++run) {
    std::vector<double> mixed;
    for (int i = 0; i < 100; ++i) {
      mixed.push_back(NormalValues(random, 1, i % 5 == 0 ? 1500 : 1000, 10)[0]);
    }
    runs.push_back(mixed);
  }
  const auto shape = Shape(runs);
  ASSERT_EQ(shape->humps.size(), 2u);
  EXPECT_NEAR(shape->humps[0].centre, 1000, 10);
  EXPECT_NEAR(shape->humps[0].share, 0.8, 0.01);
  EXPECT_NEAR(shape->humps[1].centre, 1500, 15);
}

TEST(SampleShapeTest, HumpsThatLieTooCloseToMatterAreOne) {
  Random random(4);
  std::vector<double> mixed = NormalValues(random, 200, 1000, 1);
  const std::vector<double> near = NormalValues(random, 200, 1010, 1);
  for (size_t i = 0; i < near.size(); ++i) mixed.insert(mixed.begin() + long(2 * i), near[i]);
  EXPECT_TRUE(Shape({mixed})->humps.empty());
}

TEST(SampleShapeTest, RunsThatSettleLateOrNeverAreCounted) {
  Random random(5);
  std::vector<double> late = NormalValues(random, 60, 1500, 10);
  const std::vector<double> settled = NormalValues(random, 140, 1000, 10);
  late.insert(late.end(), settled.begin(), settled.end());
  std::vector<double> slower = NormalValues(random, 100, 1000, 10);
  const std::vector<double> slow = NormalValues(random, 100, 1300, 10);
  slower.insert(slower.end(), slow.begin(), slow.end());
  std::vector<double> never = NormalValues(random, 190, 1000, 10);
  const std::vector<double> last = NormalValues(random, 10, 1500, 10);
  never.insert(never.end(), last.begin(), last.end());
  const auto shape = Shape({late, slower, never, NormalValues(random, 10, 1000, 10)});
  EXPECT_EQ(shape->runs_told, 3u) << "ten samples are too few";
  EXPECT_EQ(shape->warm_up, 1u);
  EXPECT_EQ(shape->slowdown, 1u);
  EXPECT_EQ(shape->unsettled, 1u);
  EXPECT_NEAR(static_cast<double>(shape->settled_from), 60, 2)
      << "where the one that warms up does";
}

TEST(SampleShapeTest, SamplesFarFromTheirRunAreCounted) {
  Random random(6);
  std::vector<double> values = NormalValues(random, 100, 1000, 10);
  values[30] = 5000;
  values[60] = 9000;
  values[90] = 100;
  const auto shape = Shape({values});
  EXPECT_EQ(shape->far_above, 2u);
  EXPECT_EQ(shape->far_below, 1u);
  EXPECT_EQ(Shape({{1, 1, 1, 1, 2, 2, 2, 2, 3, 99}})->far_above, 0u) << "ten samples are too few";
}

TEST(SampleShapeTest, OddInput) {
  EXPECT_EQ(Shape({})->n, 0u);
  EXPECT_EQ(Shape({{}, {}})->n, 0u);
  EXPECT_TRUE(Shape({{0, 0, 0}, {-1, 1}})->humps.empty());
  EXPECT_FALSE(Shape({{NAN}}).ok());
}

}  // namespace
}  // namespace benchfleet
