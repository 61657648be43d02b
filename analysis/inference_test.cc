// Bootstrap, hierarchy, multiple testing, equivalence, detectable effects, sequential decisions.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "analysis/bootstrap.h"
#include "analysis/detectable.h"
#include "analysis/distribution.h"
#include "analysis/equivalence.h"
#include "analysis/hierarchy.h"
#include "analysis/multiple.h"
#include "analysis/sequential.h"
#include "analysis/test_data.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

TEST(BootstrapTest, SameSeedSameInterval) {
  Random random(20);
  const auto values = NormalValues(random, 30, 10, 2);
  const auto first = Bootstrap(values, DrawIndices(7, 500, 30), MeanStatistic, 0.95);
  const auto second = Bootstrap(values, DrawIndices(7, 500, 30), MeanStatistic, 0.95);
  const auto other = Bootstrap(values, DrawIndices(8, 500, 30), MeanStatistic, 0.95);
  EXPECT_EQ(first->bca, second->bca);
  EXPECT_NE(first->bca, other->bca);
  EXPECT_LT(first->bca.low, first->estimate);
  EXPECT_GT(first->bca.high, first->estimate);
}

TEST(BootstrapTest, BcaLeansTowardsTheLongTail) {
  Random random(21);
  std::vector<double> values(40);
  for (double& value : values) value = std::exp(NormalValue(random));
  const auto result = Bootstrap(values, DrawIndices(1, 2000, 40), MeanStatistic, 0.95);
  EXPECT_GT(result->acceleration, 0);
  EXPECT_GT(result->bca.high, result->percentile.high);
}

TEST(BootstrapTest, AllEqualAndRefusals) {
  const std::vector<double> equal(10, 3.0);
  const auto result = Bootstrap(equal, DrawIndices(1, 50, 10), MedianStatistic, 0.95);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->bca, (Interval{3, 3}));
  EXPECT_FALSE(Bootstrap(equal, DrawIndices(1, 50, 11), MedianStatistic, 0.95).ok());
  EXPECT_FALSE(Bootstrap(equal, {}, MedianStatistic, 0.95).ok());
  EXPECT_FALSE(Bootstrap(std::vector<double>{1}, DrawIndices(1, 50, 1), MeanStatistic, 0.95).ok());
}

HostRuns MakeHosts(Random& random, double scale) {
  HostRuns hosts(3);
  for (auto& host : hosts) {
    const double host_effect = std::exp(0.1 * NormalValue(random));
    for (int r = 0; r < 6; ++r) {
      host.push_back(NormalValues(random, 8, 100 * scale * host_effect, 1));
    }
  }
  return hosts;
}

TEST(HierarchicalBootstrapTest, IntervalCoversTheRatioAndSeedsRepeat) {
  Random random(22);
  const HostRuns baseline = MakeHosts(random, 1);
  HostRuns candidate = baseline;
  for (auto& host : candidate) {
    for (auto& run : host) {
      for (double& value : run) value *= 1.2;
    }
  }
  const HierarchicalOptions options{.seed = 5, .resamples = 400};
  const auto ratio = HierarchicalBootstrapRatio(baseline, candidate, MedianStatistic, options);
  ASSERT_TRUE(ratio.ok());
  EXPECT_NEAR(ratio->ratio, 1.2, 1e-12);
  EXPECT_LT(ratio->interval.low, 1.2);
  EXPECT_GT(ratio->interval.high, 1.2);
  // Hosts differ by some 10 %, but the same machines measured both sides, so it cancels.
  EXPECT_LT(ratio->interval.high - ratio->interval.low, 0.03);
  const auto again = HierarchicalBootstrapRatio(baseline, candidate, MedianStatistic, options);
  EXPECT_EQ(again->interval, ratio->interval);
}

TEST(HierarchicalBootstrapTest, EmptyHostsAndBadValuesAreRefused) {
  const HostRuns good = {{{1, 2, 3}}};
  EXPECT_FALSE(HierarchicalBootstrapRatio({}, good, MeanStatistic, {}).ok());
  EXPECT_FALSE(HierarchicalBootstrapRatio(good, {{}}, MeanStatistic, {}).ok());
  EXPECT_FALSE(HierarchicalBootstrapRatio(good, {{{1, -2}}}, MeanStatistic, {}).ok());
}

TEST(TwoLevelTest, RunNoiseIsToldFromSampleNoise) {
  Random random(23);
  std::vector<std::vector<double>> runs;
  for (int r = 0; r < 200; ++r) {
    runs.push_back(NormalValues(random, 10, 50 + 3 * NormalValue(random), 1));
  }
  const auto variance = AnalyzeRuns(runs, 0.95);
  EXPECT_NEAR(variance->within, 1, 0.15);
  EXPECT_NEAR(variance->between, 9, 2);
  // Samples are cheap beside runs: more of them a run.
  EXPECT_NEAR(*BestSamplesPerRun(*variance, 100, 1), 10.0 / 3, 0.6);
  EXPECT_FALSE(AnalyzeRuns({{1, 2}}, 0.95).ok());
  EXPECT_FALSE(AnalyzeRuns({{1, 2}, {1}}, 0.95).ok());
}

TEST(MultipleTest, AdjustmentsKeepOrderAndNeverShrinkP) {
  Random random(24);
  std::vector<double> p(200);
  for (double& value : p) value = random.Uniform();
  for (const auto kind : {Adjustment::kBenjaminiHochberg, Adjustment::kBenjaminiYekutieli,
                          Adjustment::kHolm, Adjustment::kBonferroni}) {
    const auto adjusted = AdjustPValues(p, kind);
    ASSERT_TRUE(adjusted.ok());
    for (size_t i = 0; i < p.size(); ++i) {
      EXPECT_GE((*adjusted)[i], p[i]);
      EXPECT_LE((*adjusted)[i], 1);
      for (size_t j = 0; j < i; ++j) {
        if (p[i] < p[j]) {
          EXPECT_LE((*adjusted)[i], (*adjusted)[j]);
        }
      }
    }
  }
  EXPECT_TRUE(AdjustPValues({}, Adjustment::kHolm)->empty());
  EXPECT_FALSE(AdjustPValues(std::vector<double>{0.1, NAN}, Adjustment::kHolm).ok());
  EXPECT_FALSE(AdjustPValues(std::vector<double>{1.1}, Adjustment::kHolm).ok());
}

TEST(EquivalenceTest, SmallShiftWithSmallErrorIsEquivalentAndWideErrorIsNot) {
  const EstimatedShift sharp{.shift = 0.001, .standard_error = 0.002, .degrees_of_freedom = 30};
  const EstimatedShift blunt{.shift = 0.001, .standard_error = 0.02, .degrees_of_freedom = 30};
  EXPECT_LT(TestEquivalence(sharp, 0.02, 0.005)->equivalence_p, 0.01);
  EXPECT_GT(TestEquivalence(blunt, 0.02, 0.005)->equivalence_p, 0.1);
  EXPECT_EQ(TestEquivalence(sharp, 0.02, 0.005)->relevance_p, 1);
  EXPECT_FALSE(TestEquivalence({}, 0.02, 0).ok());
  EXPECT_FALSE(TestEquivalence(sharp, 0, 0).ok());
  const auto interval = ShiftInterval(sharp, 0.95);
  EXPECT_NEAR((interval->low + interval->high) / 2, 0.001, 1e-15);
}

TEST(DetectableTest, TheStatedEffectIsFoundWithTheStatedPower) {
  // Normal limit: (1.959964 + 0.841621) standard errors at 80 %.
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_NEAR(*MinimumDetectableShift(0.01, 1e9, 0.05, 0.8, 0), 0.02801585, 1e-7);
  EXPECT_GT(*MinimumDetectableShift(0.01, 5, 0.05, 0.8, 0), 0.0280159);
  EXPECT_NEAR(*MinimumDetectableShift(0.01, 1e9, 0.05, 0.8, 0.01), 0.03801585, 1e-7);
  EXPECT_FALSE(MinimumDetectableShift(infinity, 5, 0.05, 0.8, 0).ok());
  EXPECT_NEAR(RatioOfShift(std::log(1.05)), 0.05, 1e-15);
}

TEST(DetectableTest, FewerRunsForLargerShifts) {
  const int64_t small = *RunsNeeded(1e-4, 0.01, 0.05, 0.8, 1000);
  const int64_t large = *RunsNeeded(1e-4, 0.05, 0.05, 0.8, 1000);
  EXPECT_EQ(small,
            18);  // (1.96 + 0.84)^2 2 sigma^2/shift^2 = 15.7, and more for t and for ranks
  EXPECT_LT(large, small);
  EXPECT_FALSE(RunsNeeded(1, 0.001, 0.05, 0.8, 100).ok());
}

TEST(SequentialTest, BoundsAreThePublishedOnes) {
  // Five equal looks, two-sided 0.05, Pocock type spending, as the ldbounds package gives them.
  const std::vector<double> looks = {0.2, 0.4, 0.6, 0.8, 1};
  const auto pocock = SequentialBounds(Spending::kPocock, 0.05, looks);
  const std::vector<double> expected = {2.4380, 2.4268, 2.4101, 2.3966, 2.3859};
  for (size_t i = 0; i < looks.size(); ++i) EXPECT_NEAR((*pocock)[i], expected[i], 1e-3) << i;
}

TEST(SequentialTest, WalksWithoutDriftCrossAsOftenAsSpent) {
  Random random(29);
  const std::vector<double> looks = {0.3, 0.6, 1};
  const auto bounds = SequentialBounds(Spending::kObrienFleming, 0.05, looks);
  ASSERT_TRUE(bounds.ok());
  constexpr int kWalks = 200'000;
  std::vector<int> crossed(looks.size(), 0);
  for (int walk = 0; walk < kWalks; ++walk) {
    double score = 0;
    double before = 0;
    for (size_t i = 0; i < looks.size(); ++i) {
      score += std::sqrt(looks[i] - before) * NormalValue(random);
      before = looks[i];
      if (std::abs(score) <= (*bounds)[i] * std::sqrt(looks[i])) continue;
      for (size_t k = i; k < looks.size(); ++k) ++crossed[k];
      break;
    }
  }
  for (size_t i = 0; i < looks.size(); ++i) {
    const double spent = *AlphaSpent(Spending::kObrienFleming, 0.05, looks[i]);
    EXPECT_NEAR(static_cast<double>(crossed[i]) / kWalks, spent, 4 * std::sqrt(spent / kWalks));
  }
}

TEST(SequentialTest, OneLookIsTheOrdinaryTest) {
  const std::vector<double> once = {1};
  EXPECT_NEAR((*SequentialBounds(Spending::kObrienFleming, 0.05, once))[0], 1.959964, 1e-6);
  EXPECT_FALSE(SequentialBounds(Spending::kPocock, 0.05, {}).ok());
  EXPECT_FALSE(SequentialBounds(Spending::kPocock, 0.05, std::vector<double>{0.5, 0.5}).ok());
}

TEST(PairedDeciderTest, DecidesEarlyWhereTheChangeIsLarge) {
  Random random(30);
  const auto decider = PairedDecider::Create({.alpha = 0.01});
  ASSERT_TRUE(decider.ok());
  const auto large = NormalValues(random, 20, 0.1, 0.01);
  EXPECT_EQ(*decider->Decide(std::span(large).first(8)), SequentialDecision::kChanged);
  EXPECT_EQ(*decider->Decide(std::span(large).first(2)), SequentialDecision::kContinue);
  const auto none = NormalValues(random, 20, 0, 0.01);
  EXPECT_EQ(*decider->Decide(none), SequentialDecision::kUnchanged);
  const auto noisy = NormalValues(random, 20, 0, 0.3);
  EXPECT_EQ(*decider->Decide(noisy), SequentialDecision::kUndecided);
  EXPECT_FALSE(decider->Decide(std::vector<double>{NAN}).ok());
  EXPECT_FALSE(PairedDecider::Create({.pairs_min = 1}).ok());
}

TEST(PairedDeciderTest, AChangeWithinTheFloorIsNoChange) {
  Random random(32);
  const auto decider = PairedDecider::Create({.alpha = 0.01, .floor = 0.05, .margin = 0.06});
  EXPECT_EQ(*decider->Decide(NormalValues(random, 20, 0.03, 0.005)),
            SequentialDecision::kUnchanged);
}

TEST(PairedDeciderTest, EqualDifferencesDecideBySignAlone) {
  const auto decider = PairedDecider::Create({.alpha = 0.01, .pairs_max = 20, .floor = 0.05});
  ASSERT_TRUE(decider.ok());
  EXPECT_EQ(*decider->Decide(std::vector<double>(3, 1.0)), SequentialDecision::kContinue);
  EXPECT_EQ(*decider->Decide(std::vector<double>(20, 1.0)), SequentialDecision::kChanged);
  EXPECT_EQ(*decider->Decide(std::vector<double>(20, 0.04)), SequentialDecision::kUndecided);
}

TEST(PairedDeciderTest, RepeatedLooksDoNotInflateFalseAlarms) {
  Random random(31);
  const auto decider = PairedDecider::Create({.alpha = 0.05, .pairs_max = 20, .margin = 1e-9});
  int alarms = 0;
  constexpr int kTrials = 2000;
  for (int trial = 0; trial < kTrials; ++trial) {
    const auto pairs = NormalValues(random, 20, 0, 0.01);
    alarms += *decider->Decide(pairs) == SequentialDecision::kChanged;
  }
  EXPECT_LE(alarms, 130);  // 100 expected; 130 is three standard deviations above
}

}  // namespace
}  // namespace benchfleet
