#include "analysis/shift.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "analysis/test_data.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

std::vector<double> AllDifferences(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> all;
  for (const double x : a) {
    for (const double y : b) all.push_back(y - x);
  }
  std::sort(all.begin(), all.end());
  return all;
}

void ExpectOrderStatistics(std::vector<double> a, std::vector<double> b) {
  const std::vector<double> all = AllDifferences(a, b);
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  const Differences differences(a, b);
  ASSERT_EQ(differences.count(), static_cast<int64_t>(all.size()));
  for (int64_t k = 1; k <= differences.count();
       k += std::max<int64_t>(1, differences.count() / 53)) {
    ASSERT_EQ(differences.Kth(k), all[static_cast<size_t>(k - 1)]) << k;
  }
  ASSERT_EQ(differences.Kth(differences.count()), all.back());
  EXPECT_DOUBLE_EQ(differences.Median(), SortedQuantile(all, 0.5));
}

TEST(DifferencesTest, SelectionEqualsSorting) {
  Random random(3);
  for (const auto& [n, m] : {std::pair(1, 1), {2, 3}, {17, 40}, {700, 650}, {5, 60'000}}) {
    ExpectOrderStatistics(NormalValues(random, n, 10, 1), NormalValues(random, m, 11, 3));
  }
}

TEST(DifferencesTest, TiesHugeSpreadAndLonelyValuesDoNotStallIt) {
  Random random(4);
  ExpectOrderStatistics(TiedValues(random, 600, 3), TiedValues(random, 900, 2));
  ExpectOrderStatistics(std::vector<double>(500, 1.0), std::vector<double>(500, 1.0));
  std::vector<double> wild = NormalValues(random, 600, 0, 1e-9);
  wild.push_back(1e300);
  wild.push_back(-1e300);
  ExpectOrderStatistics(wild, NormalValues(random, 700, 0, 1e6));
  std::vector<double> spread;
  for (int i = 0; i < 800; ++i) spread.push_back(std::pow(10.0, i / 4 - 100));
  ExpectOrderStatistics(spread, spread);
}

TEST(HodgesLehmannTest, MovesWithTheDataAndTurnsWithTheSides) {
  Random random(5);
  const std::vector<double> a = NormalValues(random, 40, 5, 1);
  const std::vector<double> b = NormalValues(random, 30, 6, 1);
  std::vector<double> moved = b;
  for (double& value : moved)
    value += 8;  // exact in binary for values of this size, up to rounding
  const double shift = *HodgesLehmannShift(a, b);
  EXPECT_NEAR(*HodgesLehmannShift(a, moved), shift + 8, 1e-12);
  EXPECT_NEAR(*HodgesLehmannShift(b, a), -shift, 1e-12);
  const auto one_way = HodgesLehmann(a, b, 0.95, ShiftMethod::kNormal);
  const auto other_way = HodgesLehmann(b, a, 0.95, ShiftMethod::kNormal);
  EXPECT_NEAR(one_way->interval->low, -other_way->interval->high, 1e-12);
}

TEST(HodgesLehmannTest, TinySamplesHaveNoBoundedInterval) {
  const std::vector<double> a = {1, 2};
  const std::vector<double> b = {3, 4};
  const auto exact = HodgesLehmann(a, b, 0.95, ShiftMethod::kExact);
  ASSERT_TRUE(exact.ok());
  EXPECT_EQ(exact->k, 0);
  EXPECT_FALSE(exact->interval.has_value());
  EXPECT_DOUBLE_EQ(exact->shift, 2);
}

TEST(HodgesLehmannTest, IntervalCatchesTheTruthAsOftenAsStated) {
  Random random(6);
  int caught = 0;
  constexpr int kTrials = 1000;
  for (int trial = 0; trial < kTrials; ++trial) {
    const auto estimate = HodgesLehmann(NormalValues(random, 12, 0, 1),
                                        NormalValues(random, 9, 0.5, 1), 0.95, ShiftMethod::kExact);
    caught += estimate->interval->low <= 0.5 && 0.5 <= estimate->interval->high;
  }
  EXPECT_GE(caught, 930);
  EXPECT_LE(caught, 985);
}

TEST(HodgesLehmannTest, RatioIsTheShiftOfLogarithms) {
  EXPECT_NEAR(*HodgesLehmannRatio(std::vector<double>{1, 2, 4}, std::vector<double>{3, 6, 12}), 3,
              1e-12);
  EXPECT_THAT(
      Message(HodgesLehmannRatio(std::vector<double>{0.0}, std::vector<double>{1.0}).status()),
      testing::HasSubstr("above zero"));
}

TEST(HodgesLehmannTest, BadInputIsRefused) {
  const std::vector<double> good = {1, 2};
  EXPECT_FALSE(HodgesLehmannShift({}, good).ok());
  EXPECT_FALSE(HodgesLehmannShift(good, std::vector<double>{NAN}).ok());
  EXPECT_FALSE(HodgesLehmann(good, good, 1.5, ShiftMethod::kNormal).ok());
  EXPECT_FALSE(HodgesLehmann(std::vector<double>(200, 1.0), std::vector<double>(200, 1.0), 0.95,
                             ShiftMethod::kExact)
                   .ok());
}

}  // namespace
}  // namespace benchfleet
