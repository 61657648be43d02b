#include "analysis/history.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "analysis/boundary.h"
#include "analysis/robust.h"
#include "analysis/series_scale.h"
#include "analysis/test_data.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<size_t> Indices(const History& history) {
  std::vector<size_t> indices;
  for (const ChangePoint& change : history.change_points()) indices.push_back(change.index);
  return indices;
}

std::vector<size_t> ChangesOf(const std::vector<double>& values) {
  const auto history = FindChangePoints(values);
  EXPECT_TRUE(history.ok()) << Message(history.status());
  return Indices(*history);
}

// `levels` of `length` points each, with noise in percent.
std::vector<double> Staircase(Random& random, const std::vector<double>& levels, size_t length,
                              double percent) {
  std::vector<double> values;
  for (const double level : levels) {
    for (size_t i = 0; i < length; ++i) {
      values.push_back(level * std::exp(percent / 100 * NormalValue(random)));
    }
  }
  return values;
}

TEST(HistoryTest, FindsStepsAndTellsTheirSize) {
  Random random(60);
  const auto values = Staircase(random, {100, 105, 95}, 50, 1);
  const auto history = FindChangePoints(values);
  ASSERT_TRUE(history.ok());
  EXPECT_TRUE(history->logarithmic());
  ASSERT_THAT(Indices(*history), ElementsAre(50, 100));
  const ChangePoint& up = history->change_points()[0];
  EXPECT_NEAR(up.shift, std::log(1.05), 0.01);
  EXPECT_LT(up.shift_interval.low, std::log(1.05));
  EXPECT_GT(up.shift_interval.high, std::log(1.05));
  EXPECT_EQ(up.points_before, 50u);
  EXPECT_EQ(up.points_after, 50u);
  const auto segments = history->Segments();
  ASSERT_EQ(segments.size(), 3u);
  EXPECT_NEAR(segments[1].level, 105, 1);
  EXPECT_EQ(segments[2].end, 150u);
  EXPECT_NEAR(history->noise(), 0.01, 0.003);
}

TEST(HistoryTest, ScaleOfTheValuesDoesNotMatter) {
  Random random(61);
  const auto values = Staircase(random, {100, 110, 100}, 40, 1);
  for (const double factor : {1e-9, 1e12}) {
    auto scaled = values;
    for (double& value : scaled) value *= factor;
    EXPECT_EQ(ChangesOf(scaled), ChangesOf(values));
  }
}

TEST(HistoryTest, WildPointsBurstsAndDriftAreNoChanges) {
  Random random(62);
  auto spikes = Staircase(random, {100}, 150, 1);
  for (const size_t i : {20, 61, 62, 120}) spikes[i] *= 3;
  EXPECT_THAT(ChangesOf(spikes), IsEmpty());
  auto burst = Staircase(random, {100}, 150, 1);
  for (size_t i = 70; i < 75; ++i) burst[i] *= 1.2;
  EXPECT_THAT(ChangesOf(burst), IsEmpty());
  auto drift = Staircase(random, {100}, 200, 1);
  for (size_t i = 0; i < drift.size(); ++i) drift[i] *= 1 + 0.0005 * static_cast<double>(i);
  EXPECT_THAT(ChangesOf(drift), IsEmpty());
}

TEST(HistoryTest, ConstantCoarseAndShortSeries) {
  EXPECT_THAT(ChangesOf({}), IsEmpty());
  EXPECT_THAT(ChangesOf({1}), IsEmpty());
  EXPECT_THAT(ChangesOf({1, 2, 3}), IsEmpty());
  EXPECT_THAT(ChangesOf(std::vector<double>(500, 7.0)), IsEmpty());
  EXPECT_THAT(ChangesOf(std::vector<double>(500, 0.0)), IsEmpty());
  std::vector<double> step(40, 100);
  std::fill(step.begin() + 25, step.end(), 110);
  EXPECT_THAT(ChangesOf(step), ElementsAre(25));
  Random random(63);
  std::vector<double> coarse;
  for (int i = 0; i < 200; ++i) coarse.push_back(random.Uniform() < 0.15 ? 101 : 100);
  EXPECT_THAT(ChangesOf(coarse), IsEmpty());
}

TEST(HistoryTest, ValuesAtOrBelowZeroAreJudgedAsTheyAre) {
  Random random(64);
  std::vector<double> values = NormalValues(random, 60, 0, 1);
  const auto after = NormalValues(random, 60, 5, 1);
  values.insert(values.end(), after.begin(), after.end());
  const auto history = FindChangePoints(values);
  ASSERT_TRUE(history.ok());
  EXPECT_FALSE(history->logarithmic());
  EXPECT_THAT(Indices(*history), ElementsAre(60));
  EXPECT_NEAR(history->change_points()[0].shift, 5, 1);
}

// The promise of the header: point by point, in pieces or at once, the same answer.
TEST(HistoryTest, GrowingEqualsStartingAnew) {
  Random random(65);
  for (int trial = 0; trial < 3; ++trial) {
    std::vector<double> values = Staircase(random, {100, 104, 99, 120, 100, 103}, 110, 1.5);
    if (trial == 1) {
      double slow = 0;
      for (double& value : values)
        value *= std::exp(slow = 0.9 * slow + 0.01 * NormalValue(random));
    }
    if (trial == 2) values[400] = -1;  // From here on without logarithms.
    auto grown = History::Create({});
    ASSERT_TRUE(grown.ok());
    for (size_t n = 1; n <= values.size(); ++n) {
      ASSERT_TRUE(grown->Append(values[n - 1]).ok());
      if (n % 37 != 0 && n != values.size()) continue;
      const auto whole = FindChangePoints(std::span(values).first(n));
      ASSERT_EQ(grown->change_points(), whole->change_points()) << trial << " " << n;
      ASSERT_EQ(grown->noise(), whole->noise());
    }
    EXPECT_FALSE(grown->change_points().empty());
  }
}

// More changes than are decided at a time, with and without noise.
TEST(HistoryTest, AnEndlessSquareWaveGrowsAsItStartsAnew) {
  for (const double percent : {0.0, 0.5, 3.0}) {
    Random random(651);
    auto grown = History::Create({});
    ASSERT_TRUE(grown.ok());
    std::vector<double> values;
    while (values.size() < 2600) {
      for (const double value : Staircase(random, {100, 110}, 8, percent)) {
        values.push_back(value);
        ASSERT_TRUE(grown->Append(value).ok());
      }
      if (values.size() % 13 != 0) continue;
      const auto whole = FindChangePoints(values);
      ASSERT_EQ(grown->change_points(), whole->change_points()) << values.size();
    }
    if (percent < 1) {
      ASSERT_EQ(grown->change_points().size(), values.size() / 8 - 1);
      for (size_t i = 0; i < grown->change_points().size(); ++i) {
        ASSERT_EQ(grown->change_points()[i].index, 8 * (i + 1));
      }
    }
  }
}

TEST(HistoryTest, AStepShowsSoonAfterItHappens) {
  Random random(66);
  auto history = History::Create({});
  ASSERT_TRUE(history->Append(Staircase(random, {100}, 300, 1)).ok());
  ASSERT_THAT(history->change_points(), IsEmpty());
  int delay = 0;
  while (history->change_points().empty() && delay < 20) {
    ASSERT_TRUE(history->Append(110 * std::exp(0.01 * NormalValue(random))).ok());
    ++delay;
  }
  EXPECT_LE(delay, 5);
  EXPECT_EQ(history->change_points()[0].index, 300u);
}

// Shares of `trials` histories of n points, with noise of 1 %, in which a step of `percent` in the
// middle is found.
double ShareFound(size_t n, double percent, uint64_t seed) {
  constexpr int kTrials = 100;
  Random random(seed);
  int found = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> values = Staircase(random, {100, 100 + percent}, n / 2, 1);
    found += static_cast<int>(std::ranges::any_of(
        ChangesOf(values), [n](size_t index) { return index + 2 >= n / 2 && index <= n / 2 + 2; }));
  }
  return static_cast<double>(found) / kTrials;
}

TEST(HistoryTest, PowerDoesNotDropAsAHistoryGrows) {
  double last = 0;
  for (const size_t n : {8, 10, 12, 14, 16, 18, 20, 24, 28, 36, 48, 60}) {
    const double found = ShareFound(n, 3, 660 + n);
    EXPECT_GE(found, last - 0.15) << n << " points";  // Chance, of a hundred trials twice over.
    last = std::max(last, found);
    EXPECT_GE(ShareFound(n, 5, 760 + n), n < 10 ? 0.8 : 0.93) << n << " points";
  }
  EXPECT_GE(last, 0.95);
}

TEST(HistoryTest, AFoundChangeStaysAsCalmPointsAreAppended) {
  Random random(661);
  int found = 0;
  int lost = 0;
  for (int trial = 0; trial < 100; ++trial) {
    std::vector<double> values = Staircase(random, {100}, 10, 1);
    const auto after = Staircase(random, {105}, 50, 1);
    values.insert(values.end(), after.begin(), after.end());
    auto history = History::Create({});
    bool was_found = false;
    bool was_lost = false;
    for (const double value : values) {
      ASSERT_TRUE(history->Append(value).ok());
      const bool now = !history->change_points().empty();
      was_lost = was_lost || (was_found && !now);
      was_found = was_found || now;
    }
    found += was_found;
    lost += was_lost;
  }
  EXPECT_EQ(found, 100);
  EXPECT_LE(lost, 5);
}

TEST(HistoryTest, NoiseAloneRarelyAlarms) {
  Random random(67);
  int alarms = 0;
  size_t points = 0;
  for (int trial = 0; trial < 400; ++trial) {
    const size_t n = 6 + random.Below(150);
    std::vector<double> values(n);
    for (double& value : values) {
      value =
          100 * std::exp(0.02 * (trial % 2 == 0 ? NormalValue(random)
                                                : NormalValue(random) / (0.2 + random.Uniform())));
    }
    alarms += static_cast<int>(FindChangePoints(values)->change_points().size());
    points += n;
  }
  EXPECT_LE(1000.0 * alarms / static_cast<double>(points), 0.5);
}

TEST(HistoryTest, BadInputIsRefusedAndLeavesTheHistoryAlone) {
  auto history = History::Create({});
  ASSERT_TRUE(history->Append(std::vector<double>{1, 2}).ok());
  EXPECT_FALSE(history->Append(std::vector<double>{3, NAN}).ok());
  EXPECT_FALSE(history->Append(INFINITY).ok());
  EXPECT_EQ(history->size(), 2u);
  EXPECT_FALSE(History::Create({.floor = -1}).ok());
  EXPECT_FALSE(History::Create({.window = 0}).ok());
  EXPECT_FALSE(History::Create({.level = 1}).ok());
}

TEST(HistoryTest, MedianPerRevision) {
  const std::vector<std::vector<double>> revisions = {{1, 9, 2}, {4}};
  EXPECT_THAT(*MedianPerRevision(revisions), ElementsAre(2, 4));
  EXPECT_FALSE(MedianPerRevision(std::vector<std::vector<double>>{{}}).ok());
}

TEST(SeriesScaleTest, NoiseOfNeighboursIgnoresSteps) {
  Random random(68);
  std::vector<double> values = NormalValues(random, 400, 0, 1);
  for (size_t i = 200; i < 400; ++i) values[i] += 50;
  EXPECT_NEAR(NeighbourNoise(values), 1, 0.15);
  EXPECT_EQ(NeighbourNoise(std::vector<double>{1}), 0);
  EXPECT_GT(NeighbourNoise(std::vector<double>{1, 1, 1, 1, 2, 1, 1, 1, 2, 1}), 0);
}

TEST(SeriesScaleTest, ClippingKeepsStepsAndDrawsInSpikes) {
  std::vector<double> values(30, 0.0);
  std::fill(values.begin() + 15, values.end(), 10.0);
  values[5] = 100;
  EXPECT_EQ(ClippedAt(values, 5, 2), 2);
  EXPECT_EQ(ClippedAt(values, 14, 2), 0);
  EXPECT_EQ(ClippedAt(values, 15, 2), 10);
  EXPECT_EQ(ClippedAt(values, 29, 2), 10);
}

TEST(BoundaryTest, PolishingFindsTheStep) {
  std::vector<double> values(40, 1.0);
  std::fill(values.begin() + 20, values.end(), 2.0);
  for (const size_t start : {17, 20, 23}) {
    EXPECT_EQ(PolishedPosition(values, {.from = 0, .at = start, .to = 40}, 40, 4), 20u);
  }
}

TEST(BoundaryTest, RunsOfKnownExcursionsAreNoChange) {
  Random random(69);
  std::vector<double> values = NormalValues(random, 200, 0, 0.01);
  for (const size_t start : {20, 60, 100, 150}) {
    for (size_t i = start; i < start + 4; ++i) values[i] += 1;
  }
  for (size_t i = 196; i < 200; ++i) values[i] += 1;
  const Boundary end{.from = 0, .at = 196, .to = 200};
  BoundaryOptions options{.noise = 0.01, .noise_degrees = 20};
  EXPECT_EQ(JudgeBoundary(values, end, options).z, 0);
  options.suspicious = false;
  EXPECT_GT(JudgeBoundary(values, end, options).z, 3);
}

}  // namespace
}  // namespace benchfleet
