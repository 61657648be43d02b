#include "analysis/partition.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "analysis/test_data.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

double CostOf(const std::vector<double>& y, size_t from, size_t to, SegmentCost kind) {
  const auto length = static_cast<double>(to - from);
  double mean = 0;
  for (size_t i = from; i < to; ++i) mean += y[i] / length;
  double squares = 0;
  for (size_t i = from; i < to; ++i) squares += (y[i] - mean) * (y[i] - mean);
  if (kind == SegmentCost::kMean) return squares;
  return length * (std::log(2 * std::numbers::pi) + std::log(std::max(squares / length, 1e-8)) + 1);
}

// The full dynamic programme, without any pruning.
double BestObjective(const std::vector<double>& y, SegmentCost kind, double penalty,
                     size_t shortest) {
  std::vector<double> best(y.size() + 1, std::numeric_limits<double>::infinity());
  best[0] = -penalty;
  for (size_t t = shortest; t <= y.size(); ++t) {
    for (size_t s = 0; s + shortest <= t; ++s) {
      best[t] = std::min(best[t], best[s] + CostOf(y, s, t, kind) + penalty);
    }
  }
  return best[y.size()];
}

double ObjectiveOf(const std::vector<double>& y, const std::vector<size_t>& changes,
                   SegmentCost kind, double penalty) {
  double sum = penalty * static_cast<double>(changes.size());
  size_t from = 0;
  for (const size_t change : changes) {
    sum += CostOf(y, from, change, kind);
    from = change;
  }
  return sum + CostOf(y, from, y.size(), kind);
}

TEST(PartitionTest, EqualsTheFullProgramme) {
  Random random(50);
  for (int trial = 0; trial < 300; ++trial) {
    const size_t n = 1 + random.Below(70);
    std::vector<double> y =
        trial % 3 == 0 ? TiedValues(random, n, 4) : NormalValues(random, n, 0, 1);
    for (size_t i = n / 2; i < n; ++i) y[i] += trial % 5 == 0 ? 1000.0 : 2.0;
    const size_t shortest = 1 + random.Below(5);
    const double penalty = trial % 7 == 0 ? 0.3 : 8 * random.Uniform();
    for (const auto kind : {SegmentCost::kMean, SegmentCost::kMeanVariance}) {
      if (n < shortest) continue;
      const auto partition = OptimalPartition(y, kind, penalty, shortest);
      ASSERT_TRUE(partition.ok());
      const double expected = BestObjective(y, kind, penalty, shortest);
      const double tolerance = 1e-8 * std::max(1.0, std::abs(expected));
      ASSERT_NEAR(partition->objective, expected, tolerance) << trial;
      ASSERT_NEAR(ObjectiveOf(y, partition->change_points, kind, penalty), expected, tolerance);
      size_t from = 0;
      for (const size_t change : partition->change_points) {
        ASSERT_GE(change - from, shortest);
        from = change;
      }
      ASSERT_GE(n - from, shortest);
    }
  }
}

TEST(PartitionTest, GrowsPointByPoint) {
  Random random(51);
  std::vector<double> y = NormalValues(random, 120, 0, 1);
  for (size_t i = 60; i < 120; ++i) y[i] += 4;
  MeanPartitioner partitioner(10, 3);
  for (size_t n = 1; n <= y.size(); ++n) {
    partitioner.Append(y[n - 1]);
    if (n < 3) continue;
    const std::vector<double> head(y.begin(), y.begin() + static_cast<std::ptrdiff_t>(n));
    ASSERT_NEAR(partitioner.Best().objective, BestObjective(head, SegmentCost::kMean, 10, 3), 1e-8);
  }
  EXPECT_EQ(partitioner.Best().change_points, std::vector<size_t>{60});
}

TEST(PartitionTest, ShortAndConstantSequencesStayWhole) {
  EXPECT_TRUE(OptimalPartition({}, SegmentCost::kMean, 1, 1)->change_points.empty());
  const std::vector<double> few = {1, 5};
  const auto whole = OptimalPartition(few, SegmentCost::kMean, 0.1, 3);
  EXPECT_TRUE(whole->change_points.empty());
  EXPECT_DOUBLE_EQ(whole->objective, 8);
  const std::vector<double> constant(1000, 0.1);
  EXPECT_TRUE(OptimalPartition(constant, SegmentCost::kMean, 1e-9, 1)->change_points.empty());
}

TEST(PartitionTest, BadInputIsRefused) {
  EXPECT_FALSE(OptimalPartition(std::vector<double>{NAN}, SegmentCost::kMean, 1, 1).ok());
  EXPECT_FALSE(OptimalPartition(std::vector<double>{1}, SegmentCost::kMean, -1, 1).ok());
  EXPECT_FALSE(OptimalPartition(std::vector<double>{1}, SegmentCost::kMean, 1, 0).ok());
}

}  // namespace
}  // namespace benchfleet
