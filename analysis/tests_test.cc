// Rank tests, t tests, Kolmogorov-Smirnov, energy: known figures, symmetry, and rates under the
// null.
#include <algorithm>
#include <cmath>
#include <vector>

#include "analysis/energy.h"
#include "analysis/ks.h"
#include "analysis/rank_distribution.h"
#include "analysis/rank_tests.h"
#include "analysis/t_tests.h"
#include "analysis/test_data.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

TEST(RankSumDistributionTest, CountsOfUAreTheTabledOnes) {
  // n = m = 3: of 20 allotments 1, 1, 2, 3, 3, 3, 3, 2, 1, 1 give U = 0 .. 9.
  const auto distribution = RankSumDistribution::WithoutTies(3, 3);
  const std::vector<double> expected = {1, 1, 2, 3, 3, 3, 3, 2, 1, 1};
  ASSERT_EQ(distribution.probabilities().size(), expected.size());
  for (size_t u = 0; u < expected.size(); ++u) {
    EXPECT_NEAR(distribution.probabilities()[u], expected[u] / 20, 1e-15) << u;
  }
}

TEST(MannWhitneyTest, SeparatedSidesHaveTheSmallestExactP) {
  const auto result = MannWhitney(std::vector<double>{1, 2, 3, 4},
                                  std::vector<double>{5, 6, 7, 8, 9}, MannWhitneyMethod::kAuto);
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(result->exact);
  EXPECT_DOUBLE_EQ(result->u_b, 20);
  EXPECT_NEAR(result->p, 2.0 / 126, 1e-14);
  EXPECT_GT(result->z, 0);
}

TEST(MannWhitneyTest, ExactWithTiesEqualsCountingEveryAllotment) {
  const std::vector<double> pooled = {1, 1, 2, 3, 3, 3, 5, 8};
  const std::vector<double> a = {1, 3, 3};
  const std::vector<double> b = {1, 2, 3, 5, 8};
  const auto doubled_u = [](const std::vector<double>& x, const std::vector<double>& y) {
    int u = 0;
    for (const double from : x) {
      for (const double to : y) u += to > from ? 2 : to == from ? 1 : 0;
    }
    return u;
  };
  const int observed = std::abs(doubled_u(a, b) - 15);
  int far = 0;
  int all = 0;
  for (unsigned mask = 0; mask < 256; ++mask) {
    if (__builtin_popcount(mask) != 3) continue;
    std::vector<double> x;
    std::vector<double> y;
    for (unsigned i = 0; i < 8; ++i) ((mask >> i) & 1 ? x : y).push_back(pooled[i]);
    ++all;
    far += std::abs(doubled_u(x, y) - 15) >= observed;
  }
  const auto result = MannWhitney(a, b, MannWhitneyMethod::kExact);
  EXPECT_NEAR(result->p, static_cast<double>(far) / all, 1e-14);
}

TEST(MannWhitneyTest, AllEqualIsNoDifference) {
  const std::vector<double> fives(30, 5.0);
  for (const auto method :
       {MannWhitneyMethod::kAuto, MannWhitneyMethod::kExact, MannWhitneyMethod::kNormal}) {
    const auto result = MannWhitney(fives, fives, method);
    ASSERT_TRUE(result.ok());
    EXPECT_NEAR(result->p, 1, 1e-12);
    EXPECT_EQ(result->z, 0);
  }
}

TEST(MannWhitneyTest, SidesExchangeAndRefusals) {
  Random random(8);
  const auto a = TiedValues(random, 25, 10);
  const auto b = TiedValues(random, 22, 12);
  for (const auto method : {MannWhitneyMethod::kExact, MannWhitneyMethod::kNormalContinuity}) {
    const auto one = MannWhitney(a, b, method);
    const auto other = MannWhitney(b, a, method);
    EXPECT_NEAR(one->p, other->p, 1e-12);
    EXPECT_NEAR(one->z, -other->z, 1e-9);
    EXPECT_DOUBLE_EQ(one->u_a, other->u_b);
  }
  EXPECT_FALSE(MannWhitney({}, b, MannWhitneyMethod::kAuto).ok());
  EXPECT_FALSE(MannWhitney(a, std::vector<double>{INFINITY}, MannWhitneyMethod::kAuto).ok());
  const std::vector<double> long_side(2000, 1.0);
  EXPECT_FALSE(MannWhitney(long_side, long_side, MannWhitneyMethod::kExact).ok());
}

TEST(MannWhitneyTest, FalseAlarmsComeAtTheStatedRate) {
  Random random(9);
  int alarms = 0;
  constexpr int kTrials = 2000;
  for (int trial = 0; trial < kTrials; ++trial) {
    const auto result = MannWhitney(NormalValues(random, 30, 0, 1), NormalValues(random, 30, 0, 1),
                                    MannWhitneyMethod::kNormalContinuity);
    alarms += result->p <= 0.05;
  }
  EXPECT_NEAR(alarms, kTrials * 0.05, 40);
}

TEST(CliffsDeltaTest, RangesFromMinusOneToOne) {
  EXPECT_EQ(*CliffsDelta(std::vector<double>{1, 2}, std::vector<double>{3, 4}), 1);
  EXPECT_EQ(*CliffsDelta(std::vector<double>{3, 4}, std::vector<double>{1, 2}), -1);
  EXPECT_EQ(*CliffsDelta(std::vector<double>{1, 2}, std::vector<double>{1, 2}), 0);
  EXPECT_EQ(*VarghaDelaneyA12(std::vector<double>{1}, std::vector<double>{1}), 0.5);
}

TEST(WelchTest, NoVariationGivesNoVerdictFromNothing) {
  const std::vector<double> ones(5, 1.0);
  const std::vector<double> twos(5, 2.0);
  EXPECT_EQ(WelchTest(ones, ones, 0.95)->p, 1);
  EXPECT_FALSE(WelchTest(ones, twos, 0.95).ok());
  EXPECT_FALSE(WelchTest(std::vector<double>{1}, twos, 0.95).ok());
  EXPECT_FALSE(StandardizedMeanDifference(ones, twos).ok());
}

TEST(WelchTest, EqualSizesAndVariancesGiveStudentsT) {
  const std::vector<double> a = {1, 2, 3, 4};
  const std::vector<double> b = {3, 4, 5, 6};
  const auto welch = WelchTest(a, b, 0.95);
  const auto student = StudentTest(a, b, 0.95);
  EXPECT_NEAR(welch->t, student->t, 1e-14);
  EXPECT_NEAR(welch->degrees_of_freedom, 6, 1e-12);
  EXPECT_NEAR(student->t, 2.1908902300206643, 1e-14);
}

TEST(KolmogorovSmirnovTest, OneSampleTailAgreesWithPublishedValues) {
  // Marsaglia, Tsang and Wang, 2003: K(10, 0.274) = 0.6284796154565043.
  EXPECT_NEAR(1 - KolmogorovOneSampleTail(0.274, 10), 0.628479615456504, 1e-13);
  EXPECT_EQ(KolmogorovOneSampleTail(1, 5), 0);
  EXPECT_EQ(KolmogorovOneSampleTail(0.05, 5), 1);
  // n = 1: P(D >= d) = 2 - 2 d for d >= 1/2.
  EXPECT_NEAR(KolmogorovOneSampleTail(0.75, 1), 0.5, 1e-14);
}

TEST(KolmogorovSmirnovTest, MethodsMeetWhereTheyTakeOver) {
  for (const double d : {0.02, 0.04, 0.06, 0.0999}) {
    const double matrix = KolmogorovOneSampleTail(d, 500);
    const double limit = KolmogorovOneSampleTail(d * std::sqrt(500.0 / 501), 501);
    EXPECT_NEAR(limit, matrix, 2e-4) << d;
  }
  EXPECT_NEAR(KolmogorovOneSampleTail(std::sqrt(4.999 / 400), 400),
              KolmogorovOneSampleTail(std::sqrt(5.001 / 400), 400), 1e-6);
}

TEST(KolmogorovSmirnovTest, ExactTailOfSeparatedSides) {
  const auto result = KolmogorovSmirnov(std::vector<double>{1, 2, 3}, std::vector<double>{4, 5, 6});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->d, 1);
  EXPECT_NEAR(*result->p_exact, 0.1, 1e-15);
  EXPECT_FALSE(KolmogorovSmirnov({}, std::vector<double>{1}).ok());
}

TEST(EnergyTest, DistanceEqualsItsDefinition) {
  Random random(12);
  const auto a = TiedValues(random, 20, 15);
  const auto b = NormalValues(random, 13, 7, 4);
  const auto mean_distance = [](const std::vector<double>& x, const std::vector<double>& y) {
    double sum = 0;
    for (const double from : x) {
      for (const double to : y) sum += std::abs(to - from);
    }
    return sum / static_cast<double>(x.size() * y.size());
  };
  const double expected = 2 * mean_distance(a, b) - mean_distance(a, a) - mean_distance(b, b);
  EXPECT_NEAR(*EnergyDistance(a, b), expected, 1e-12);
  EXPECT_EQ(*EnergyDistance(a, a), 0);
}

TEST(EnergyTest, BestSplitIsTheStep) {
  Random random(13);
  std::vector<double> values = NormalValues(random, 60, 100, 1);
  const auto after = NormalValues(random, 40, 105, 1);
  values.insert(values.end(), after.begin(), after.end());
  EXPECT_EQ(EnergyOfSplits(values, WithinMeans::kDistinctPairs)->best, 60u);
  EXPECT_FALSE(EnergyOfSplits(std::vector<double>{1}, WithinMeans::kAllPairs).ok());
}

}  // namespace
}  // namespace benchfleet
