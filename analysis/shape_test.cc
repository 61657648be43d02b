// Steady state within a run, and modes of a sample.
#include <algorithm>
#include <cmath>
#include <vector>

#include "analysis/modality.h"
#include "analysis/steady_state.h"
#include "analysis/test_data.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

std::vector<double> Levels(Random& random,
                           const std::vector<std::pair<size_t, double>>& stretches) {
  std::vector<double> values;
  for (const auto& [length, level] : stretches) {
    const auto stretch = NormalValues(random, length, level, 1);
    values.insert(values.end(), stretch.begin(), stretch.end());
  }
  return values;
}

SteadyState MustFind(const std::vector<double>& values, const SteadyOptions& options = {}) {
  const auto found = FindSteadyState(values, options);
  EXPECT_TRUE(found.ok());
  return *found;
}

TEST(SteadyStateTest, FourKinds) {
  Random random(100);
  const SteadyState flat = MustFind(Levels(random, {{300, 100}}));
  EXPECT_EQ(flat.kind, SteadyKind::kFlat);
  EXPECT_EQ(flat.steady_start, 0u);
  const SteadyState warm = MustFind(Levels(random, {{60, 150}, {240, 100}}));
  EXPECT_EQ(warm.kind, SteadyKind::kWarmUp);
  EXPECT_NEAR(static_cast<double>(warm.steady_start), 60, 2);
  const SteadyState slow = MustFind(Levels(random, {{60, 100}, {240, 130}}));
  EXPECT_EQ(slow.kind, SteadyKind::kSlowdown);
  const SteadyState moving = MustFind(Levels(random, {{100, 100}, {150, 130}, {50, 160}}));
  EXPECT_EQ(moving.kind, SteadyKind::kNoSteadyState);
  EXPECT_EQ(moving.steady_start, 300u);
  EXPECT_STREQ(SteadyKindName(warm.kind), "warm-up");
}

TEST(SteadyStateTest, ThroughputWarmsUpTheOtherWay) {
  Random random(101);
  const auto values = Levels(random, {{60, 100}, {240, 130}});
  EXPECT_EQ(MustFind(values, {.lower_is_better = false}).kind, SteadyKind::kWarmUp);
}

TEST(SteadyStateTest, WildSamplesAreNoPhases) {
  Random random(102);
  auto values = Levels(random, {{400, 100}});
  for (size_t i = 15; i < values.size(); i += 37) values[i] = 900;
  EXPECT_EQ(MustFind(values).kind, SteadyKind::kFlat);
}

TEST(SteadyStateTest, LongRunsAreSegmentedInBlocks) {
  Random random(103);
  const auto values = Levels(random, {{20'000, 150}, {80'000, 100}});
  const SteadyState found = MustFind(values);
  EXPECT_EQ(found.kind, SteadyKind::kWarmUp);
  EXPECT_NEAR(static_cast<double>(found.steady_start), 20'000, 200);
  EXPECT_EQ(found.segments.back().end, 100'000u);
}

TEST(SteadyStateTest, ShortConstantAndBadInput) {
  EXPECT_EQ(MustFind({1, 2, 3}).kind, SteadyKind::kTooShort);
  EXPECT_EQ(MustFind({}).kind, SteadyKind::kTooShort);
  EXPECT_EQ(MustFind(std::vector<double>(50, 3.0)).kind, SteadyKind::kFlat);
  EXPECT_FALSE(FindSteadyState(std::vector<double>{NAN}, {}).ok());
  EXPECT_FALSE(FindSteadyState(std::vector<double>{1}, {.penalty = 0}).ok());
}

TEST(ModalityTest, OneTwoAndThreeHumps) {
  Random random(105);
  EXPECT_EQ(FindModes(NormalValues(random, 300, 10, 1), {})->modes.size(), 1u);
  auto values = NormalValues(random, 210, 10, 0.5);
  auto more = NormalValues(random, 90, 20, 0.5);
  values.insert(values.end(), more.begin(), more.end());
  const auto two = FindModes(values, {});
  ASSERT_EQ(two->modes.size(), 2u);
  EXPECT_LE(two->p, 0.01);
  EXPECT_NEAR(two->modes[0].centre, 10, 0.3);
  EXPECT_NEAR(two->modes[1].share, 0.3, 1e-9);
  more = NormalValues(random, 150, 30, 0.5);
  values.insert(values.end(), more.begin(), more.end());
  EXPECT_EQ(FindModes(values, {})->modes.size(), 3u);
}

TEST(ModalityTest, ACoarseClockHasNoModes) {
  Random random(106);
  std::vector<double> values = NormalValues(random, 400, 100, 2);
  for (double& value : values) value = std::round(value);
  EXPECT_EQ(FindModes(values, {})->modes.size(), 1u);
  EXPECT_EQ(FindModes(std::vector<double>(50, 1.0), {})->modes.size(), 1u);
}

TEST(ModalityTest, SkewedSamplesHaveOneModeAtTheStatedRate) {
  Random random(107);
  int split = 0;
  for (int trial = 0; trial < 60; ++trial) {
    std::vector<double> values(150);
    for (double& value : values) value = std::exp(NormalValue(random));
    split += FindModes(values, {.resamples = 200})->modes.size() > 1;
  }
  EXPECT_LE(split, 3);
}

TEST(ModalityTest, ManyValuesAndBadInput) {
  Random random(108);
  auto values = NormalValues(random, 60'000, 10, 1);
  const auto more = NormalValues(random, 40'000, 20, 1);
  values.insert(values.end(), more.begin(), more.end());
  const auto modes = FindModes(values, {})->modes;
  ASSERT_EQ(modes.size(), 2u);
  EXPECT_NEAR(modes[1].share, 0.4, 0.002);
  EXPECT_FALSE(FindModes({}, {}).ok());
  EXPECT_FALSE(FindModes(std::vector<double>{INFINITY}, {}).ok());
  EXPECT_FALSE(FindModes(std::vector<double>{1}, {.resamples = 10}).ok());
}

}  // namespace
}  // namespace benchfleet
