#include "analysis/break_even.h"

#include <cmath>
#include <limits>
#include <string>

#include "analysis/test_data.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using ::testing::HasSubstr;

constexpr double kLevel = 0.95;

// Runs of `n` samples about `center`: every run has its own luck, every sample a little of it.
RunSamples Measure(Random& random, double center, size_t runs, size_t n, double between = 0.05,
                   double within = 0.03) {
  RunSamples samples(runs);
  for (auto& run : samples) {
    const double level = center * std::exp(between * NormalValue(random));
    for (size_t i = 0; i < n; ++i) run.push_back(level * std::exp(within * NormalValue(random)));
  }
  return samples;
}

Estimate MakeEstimate(Estimator& estimator, const RunSamples& runs) {
  auto estimate = estimator.Of(runs);
  EXPECT_TRUE(estimate.ok()) << estimate.status();
  return *std::move(estimate);
}

// Power laws that cross at 2^12.4: local doubles with each step, remote grows by a third.
std::vector<SizePoint> Crossing(uint64_t seed, size_t runs, double lead = 0) {
  Random random(seed);
  Estimator estimator({.seed = seed});
  std::vector<SizePoint> points;
  for (int size = 10; size <= 14; ++size) {
    const double local = 1e8 * std::exp2(size - 12.4);
    const double remote = 1e8 * std::pow(4.0 / 3, size - 12.4) * std::exp(lead);
    points.push_back({static_cast<double>(size),
                      MakeEstimate(estimator, Measure(random, local, runs, 10)),
                      MakeEstimate(estimator, Measure(random, remote, runs, 10))});
  }
  return points;
}

TEST(EstimateTest, TheMiddleOfRunMediansWithStudentsInterval) {
  Estimator estimator({});
  const auto estimate = estimator.Of({{1, 2, 300}, {2, 2}, {2, 2, 2}});
  ASSERT_TRUE(estimate.ok());
  EXPECT_DOUBLE_EQ(estimate->value, 2);
  EXPECT_EQ(estimate->runs, 3u);
  EXPECT_EQ(estimate->samples, 8u);
  EXPECT_NEAR(estimate->interval->low, 2, 1e-12);
  // ln 1, ln e, ln e^2: mean 1, S = 1, Student's 97.5 % quantile of 2 degrees is 4.302653.
  const auto spread = estimator.Of({{1}, {std::exp(1)}, {std::exp(2)}});
  EXPECT_NEAR(std::log(spread->interval->high), 1 + 4.302653 / std::sqrt(3), 1e-6);
  const Interval drawn = SpanOfDraws(spread->log_draws, kLevel);
  EXPECT_NEAR(drawn.high, std::log(spread->interval->high), 0.02);
}

TEST(EstimateTest, OneRunIsSaidAndOneSampleHasNoInterval) {
  Estimator estimator({});
  const auto run = estimator.Of({{10, 11, 12, 13}});
  EXPECT_TRUE(run->single_run);
  ASSERT_TRUE(run->interval.has_value());
  EXPECT_LT(run->interval->low, 11);
  const auto sample = estimator.Of({{10}});
  EXPECT_DOUBLE_EQ(sample->value, 10);
  EXPECT_FALSE(sample->interval.has_value());
  EXPECT_TRUE(sample->log_draws.empty());
  EXPECT_FALSE(RatioOf(*run, *sample, kLevel).interval.has_value());
}

TEST(EstimateTest, RefusesWhatHasNoLogarithm) {
  Estimator estimator({});
  EXPECT_FALSE(estimator.Of({}).ok());
  EXPECT_FALSE(estimator.Of({{1, 2}, {}}).ok());
  EXPECT_FALSE(estimator.Of({{1, 0}}).ok());
  EXPECT_FALSE(estimator.Of({{1, -3}}).ok());
  EXPECT_FALSE(estimator.Of({{1, std::nan("")}}).ok());
  EXPECT_FALSE(estimator.Of({{1, std::numeric_limits<double>::infinity()}}).ok());
  EXPECT_FALSE(Estimator({.level = 1}).Of({{1, 2}}).ok());
  EXPECT_FALSE(Estimator({.draws = 1}).Of({{1, 2}}).ok());
}

TEST(EstimateTest, RatiosOfFewRunsCoverAtTheirLevel) {
  for (const size_t runs : {3u, 5u, 10u}) {
    int covered = 0;
    constexpr int kSeeds = 500;
    for (int seed = 0; seed < kSeeds; ++seed) {
      Random random(static_cast<uint64_t>(seed) * 1000 + runs);
      Estimator estimator({.seed = static_cast<uint64_t>(seed), .draws = 1000});
      const Estimate a = MakeEstimate(estimator, Measure(random, 200, runs, 5));
      const Estimate b = MakeEstimate(estimator, Measure(random, 100, runs, 5));
      const RatioEstimate ratio = RatioOf(a, b, kLevel);
      covered += ratio.interval->low <= 2 && ratio.interval->high >= 2;
    }
    EXPECT_GE(covered, kSeeds * 92 / 100) << runs;
    EXPECT_LE(covered, kSeeds * 98 / 100) << runs;
  }
}

TEST(BreakEvenSizeTest, AKnownCrossingLiesInItsInterval) {
  for (const size_t runs : {3u, 5u, 10u}) {
    int covered = 0;
    int found = 0;
    constexpr int kSeeds = 300;
    for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
      const auto found_here = FindBreakEvenSize(Crossing(seed * 100 + runs, runs), kLevel);
      ASSERT_TRUE(found_here.ok()) << found_here.status();
      if (found_here->outcome != SizeOutcome::kCrossing) continue;
      ++found;
      EXPECT_TRUE(found_here->faster_above);
      EXPECT_NEAR(*found_here->log2_size, 12.4, 1.2);
      covered += found_here->interval->low <= 12.4 && found_here->interval->high >= 12.4;
    }
    EXPECT_GE(found, kSeeds * 95 / 100) << runs;
    EXPECT_GE(covered, found * 92 / 100) << runs << ": " << covered << " of " << found;
    RecordProperty("covered_at_" + std::to_string(runs), covered);
    // Ten runs are enough for an interval that is not too wide either.
    if (runs == 10) {
      EXPECT_LE(covered, found * 99 / 100) << covered << " of " << found;
    }
  }
}

TEST(BreakEvenSizeTest, TheSameSeedGivesTheSameInterval) {
  const auto first = FindBreakEvenSize(Crossing(5, 4), kLevel);
  const auto second = FindBreakEvenSize(Crossing(5, 4), kLevel);
  EXPECT_EQ(*first->interval, *second->interval);
}

TEST(BreakEvenSizeTest, TheOrderOfPointsDoesNotMatter) {
  auto points = Crossing(6, 4);
  const auto forward = FindBreakEvenSize(points, kLevel);
  std::swap(points[0], points[3]);
  EXPECT_EQ(*FindBreakEvenSize(points, kLevel)->interval, *forward->interval);
}

TEST(BreakEvenSizeTest, FasterOrSlowerThroughout) {
  const auto faster = FindBreakEvenSize(Crossing(7, 5, -3), kLevel);
  EXPECT_EQ(faster->outcome, SizeOutcome::kAlwaysFaster);
  EXPECT_FALSE(faster->log2_size.has_value());
  const auto slower = FindBreakEvenSize(Crossing(8, 5, 3), kLevel);
  EXPECT_EQ(slower->outcome, SizeOutcome::kAlwaysSlower);
  EXPECT_FALSE(slower->interval.has_value());
}

// Exact medians with a given spread: what is decided from them is known.
Estimate Known(Estimator& estimator, double center, double spread) {
  return MakeEstimate(estimator, {{center / spread}, {center}, {center * spread}});
}

TEST(BreakEvenSizeTest, ElsewhereMayWinOnlyBelowTheCrossing) {
  Estimator estimator({});
  const auto result =
      FindBreakEvenSize({{10, Known(estimator, 4, 1.01), Known(estimator, 2, 1.01)},
                         {12, Known(estimator, 4, 1.01), Known(estimator, 8, 1.01)}},
                        kLevel);
  EXPECT_EQ(result->outcome, SizeOutcome::kCrossing);
  EXPECT_FALSE(result->faster_above);
  EXPECT_NEAR(*result->log2_size, 11, 1e-9);  // halfway in the logarithm
}

TEST(BreakEvenSizeTest, OfSeveralCrossingsTheLastIsMeant) {
  Estimator estimator({});
  std::vector<SizePoint> points;
  for (const auto& [size, remote] : {std::pair{10.0, 2.0}, {11.0, 8.0}, {12.0, 8.0}, {13.0, 2.0}}) {
    points.push_back({size, Known(estimator, 4, 1.01), Known(estimator, remote, 1.01)});
  }
  const auto result = FindBreakEvenSize(points, kLevel);
  EXPECT_EQ(result->outcome, SizeOutcome::kCrossing);
  EXPECT_EQ(result->crossings, 2u);
  EXPECT_NEAR(*result->log2_size, 12.5, 1e-9);
}

TEST(BreakEvenSizeTest, AnEndMayBeOpen) {
  Estimator estimator({});
  // At 2^10 it may be either; from there on it is clear.
  const auto result = FindBreakEvenSize({{10, Known(estimator, 4, 1.1), Known(estimator, 4.1, 1.1)},
                                         {12, Known(estimator, 8, 1.1), Known(estimator, 2, 1.1)}},
                                        kLevel);
  ASSERT_EQ(result->outcome, SizeOutcome::kCrossing);
  EXPECT_TRUE(std::isinf(result->interval->low));
  EXPECT_LT(result->interval->high, 12);
}

TEST(BreakEvenSizeTest, WhatCannotBeToldApartIsUndecidedAndSaysWhere) {
  Estimator estimator({});
  const auto noise = FindBreakEvenSize({{10, Known(estimator, 4, 1.5), Known(estimator, 4.1, 1.5)},
                                        {12, Known(estimator, 4, 1.5), Known(estimator, 3.9, 1.5)}},
                                       kLevel);
  EXPECT_EQ(noise->outcome, SizeOutcome::kUndecided);
  EXPECT_EQ(noise->reason, "the two cannot be told apart at 2^10 and 2^12");
  // Slower at both, surely at one of them alone.
  const auto half = FindBreakEvenSize({{10, Known(estimator, 4, 1.01), Known(estimator, 9, 1.01)},
                                       {12, Known(estimator, 4, 1.1), Known(estimator, 4.1, 1.1)}},
                                      kLevel);
  EXPECT_EQ(half->outcome, SizeOutcome::kUndecided);
  EXPECT_EQ(half->reason, "the two cannot be told apart at 2^12");
}

TEST(BreakEvenSizeTest, TooLittleIsRefusedOrExplained) {
  Estimator estimator({});
  EXPECT_FALSE(FindBreakEvenSize({}, kLevel).ok());
  const Estimate known = Known(estimator, 4, 1.1);
  EXPECT_EQ(FindBreakEvenSize({{10, known, known}}, kLevel)->outcome, SizeOutcome::kSingleSize);
  EXPECT_THAT(
      std::string(
          FindBreakEvenSize({{10, known, known}, {10, known, known}}, kLevel).status().message()),
      HasSubstr("2^10 is given twice"));
  EXPECT_FALSE(FindBreakEvenSize({{std::nan(""), known, known}}, kLevel).ok());
  const Estimate bare = MakeEstimate(estimator, {{4}});
  const auto result = FindBreakEvenSize({{10, known, bare}, {11, bare, known}}, kLevel);
  EXPECT_EQ(result->outcome, SizeOutcome::kUndecided);
  EXPECT_THAT(result->reason, HasSubstr("single sample"));
}

TEST(NetworkTest, PartsOfOneIteration) {
  // 1 MB at 10 MB/s is 100 ms of the 160 ms of transfers.
  const RemoteParts parts{1e9, 40e6, 30e6, 160e6, 1e6, 10e6, 20e6};
  EXPECT_DOUBLE_EQ(RateBound(parts), 100e6);
  EXPECT_DOUBLE_EQ(FixedTime(parts), 900e6);
  EXPECT_DOUBLE_EQ(RoundTripBound(parts), 130e6);
  RemoteParts burst = parts;
  burst.transfer = 60e6;  // the first bytes went through at once
  EXPECT_DOUBLE_EQ(FixedTime(burst), 940e6);
  RemoteParts unmeasured = parts;
  unmeasured.rate = 0;
  EXPECT_DOUBLE_EQ(RateBound(unmeasured), 140e6);
}

TEST(NetworkTest, AKnownRateLiesInItsInterval) {
  // Locally 2 s, elsewhere 1 s and 1 MB: equal at 1 MB/s.
  int covered = 0;
  constexpr int kSeeds = 300;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Random random(seed);
    Estimator estimator({.seed = seed});
    const Estimate local = MakeEstimate(estimator, Measure(random, 2e9, 5, 10));
    const Estimate fixed = MakeEstimate(estimator, Measure(random, 1e9, 5, 10));
    const NetworkLimit limit = FindBreakEvenRate(local, fixed, 1e6, Seen{5e5, 2e6}, kLevel);
    ASSERT_EQ(limit.outcome, LimitOutcome::kFound) << limit.reason;
    EXPECT_FALSE(limit.extrapolated);
    covered += limit.interval->low <= 1e6 && limit.interval->high >= 1e6;
  }
  EXPECT_GE(covered, kSeeds * 93 / 100);
}

TEST(NetworkTest, ARateBeyondTheMeasuredOnesIsMarked) {
  Estimator estimator({});
  const Estimate local = Known(estimator, 2e9, 1.01);
  const Estimate fixed = Known(estimator, 1e9, 1.01);
  EXPECT_TRUE(FindBreakEvenRate(local, fixed, 1e6, Seen{2e6, 9e6}, kLevel).extrapolated);
  EXPECT_TRUE(FindBreakEvenRate(local, fixed, 1e6, std::nullopt, kLevel).extrapolated);
  EXPECT_FALSE(FindBreakEvenRate(local, fixed, 1e6, Seen{1.1e6, 1.1e6}, kLevel).extrapolated);
}

TEST(NetworkTest, NoRateHelpsWhatIsSlowWithoutTheNetwork) {
  Estimator estimator({});
  const Estimate local = Known(estimator, 1e9, 1.02);
  const NetworkLimit never =
      FindBreakEvenRate(local, Known(estimator, 2e9, 1.02), 1e6, std::nullopt, kLevel);
  EXPECT_EQ(never.outcome, LimitOutcome::kNever);
  const NetworkLimit perhaps =
      FindBreakEvenRate(local, Known(estimator, 1.01e9, 1.02), 1e6, std::nullopt, kLevel);
  EXPECT_EQ(perhaps.outcome, LimitOutcome::kUndecided);
  EXPECT_THAT(perhaps.reason, HasSubstr("probably, but not surely"));
  const NetworkLimit open =
      FindBreakEvenRate(local, Known(estimator, 0.98e9, 1.02), 1e6, std::nullopt, kLevel);
  EXPECT_EQ(open.outcome, LimitOutcome::kFound);
  EXPECT_TRUE(std::isinf(open.interval->high));
  const NetworkLimit bare =
      FindBreakEvenRate(local, MakeEstimate(estimator, {{5e8}}), 1e6, std::nullopt, kLevel);
  EXPECT_EQ(bare.outcome, LimitOutcome::kUnknown);
}

TEST(NetworkTest, TheRoundTripThatMayStillBe) {
  Estimator estimator({});
  const Estimate local = Known(estimator, 2e9, 1.01);
  const Estimate remote = Known(estimator, 1e9, 1.01);
  const Estimate bound = Known(estimator, 2e8, 1.01);  // five round trips of 40 ms
  const NetworkLimit limit =
      FindBreakEvenRoundTrip(local, remote, bound, 4e7, Seen{4e7, 4e7}, kLevel);
  ASSERT_EQ(limit.outcome, LimitOutcome::kFound);
  EXPECT_NEAR(limit.value, 2.4e8, 1);  // 200 ms more, five times
  EXPECT_TRUE(limit.extrapolated);
  EXPECT_LT(limit.interval->low, 2.4e8);
  EXPECT_GT(limit.interval->high, 2.4e8);
  EXPECT_EQ(FindBreakEvenRoundTrip(remote, local, bound, 4e7, std::nullopt, kLevel).outcome,
            LimitOutcome::kNever);
  EXPECT_EQ(FindBreakEvenRoundTrip(local, remote, bound, 5e4, std::nullopt, kLevel).outcome,
            LimitOutcome::kUnknown);
}

}  // namespace
}  // namespace benchfleet
