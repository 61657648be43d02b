// Whatever the numbers, an answer or a refusal: nothing crashes, hangs or answers with NaN.
#include <cmath>
#include <limits>
#include <vector>

#include "analysis/bootstrap.h"
#include "analysis/energy.h"
#include "analysis/history.h"
#include "analysis/ks.h"
#include "analysis/modality.h"
#include "analysis/outliers.h"
#include "analysis/rank_tests.h"
#include "analysis/shift.h"
#include "analysis/steady_state.h"
#include "analysis/summary.h"
#include "analysis/t_tests.h"
#include "analysis/test_data.h"
#include "analysis/verdict.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

// Numbers from all over the range of doubles, now and then equal, zero, negative or not finite.
double Odd(Random& random, bool finite) {
  switch (random.Below(finite ? 9 : 13)) {
    case 0:
      return 0;
    case 1:
      return 1;
    case 2:
      return 1e150;
    case 3:
      return -1e150;
    case 4:
      return std::numeric_limits<double>::denorm_min();
    case 5:
      return std::ldexp(random.Uniform(), static_cast<int>(random.Below(1400)) - 1000);
    case 12:
      return std::numeric_limits<double>::max();
    case 9:
      return std::numeric_limits<double>::quiet_NaN();
    case 10:
      return std::numeric_limits<double>::infinity();
    case 11:
      return -std::numeric_limits<double>::infinity();
    default:
      return NormalValue(random);
  }
}

std::vector<double> OddValues(Random& random, bool finite, bool positive) {
  std::vector<double> values(random.Below(60));
  for (double& value : values) {
    value = Odd(random, finite);
    if (positive) value = value == 0 ? 1 : std::abs(value);
  }
  return values;
}

TEST(ExtremesTest, OneSample) {
  Random random(200);
  for (int trial = 0; trial < 3000; ++trial) {
    const auto values = OddValues(random, trial % 4 != 0, false);
    const Summary summary = Summarize(values);
    if (summary.usable()) {
      EXPECT_GE(summary.median, summary.min);
      EXPECT_LE(summary.median, summary.max);
      EXPECT_FALSE(std::isnan(summary.mean));
    }
    (void)ClassifyOutliers(values);
    (void)FindSteadyState(values, {});
    if (trial % 10 == 0) (void)FindModes(values, {.resamples = 100});
    const auto history = FindChangePoints(values);
    if (!history.ok()) continue;
    size_t last = 0;
    for (const ChangePoint& change : history->change_points()) {
      EXPECT_GT(change.index, last);
      EXPECT_LT(change.index, values.size());
      EXPECT_FALSE(std::isnan(change.z));
      last = change.index;
    }
  }
}

TEST(ExtremesTest, TwoSamples) {
  Random random(201);
  for (int trial = 0; trial < 3000; ++trial) {
    const bool finite = trial % 4 != 0;
    const auto a = OddValues(random, finite, false);
    const auto b = OddValues(random, finite, false);
    const auto ranks = MannWhitney(a, b, MannWhitneyMethod::kAuto);
    if (ranks.ok()) {
      EXPECT_GE(ranks->p, 0);
      EXPECT_LE(ranks->p, 1);
    }
    const auto distance = KolmogorovSmirnov(a, b);
    if (distance.ok()) {
      EXPECT_GE(*distance->p_exact, 0);
      EXPECT_LE(distance->d, 1);
    }
    (void)WelchTest(a, b, 0.95);
    (void)HodgesLehmann(a, b, 0.95, ShiftMethod::kNormal);
    (void)EnergyDistance(a, b);
  }
}

TEST(ExtremesTest, Verdicts) {
  Random random(202);
  for (int trial = 0; trial < 3000; ++trial) {
    const bool finite = trial % 5 != 0;
    std::vector<std::vector<double>> sides[3];
    for (auto& side : sides) {
      const size_t runs = random.Below(7);
      for (size_t r = 0; r < runs; ++r) side.push_back(OddValues(random, finite, trial % 3 != 0));
    }
    const auto result =
        Compare({.baseline = sides[0], .candidate = sides[1], .history = sides[2]}, {});
    if (!result.ok()) continue;
    EXPECT_FALSE(std::isnan(result->p));
    EXPECT_GE(result->p, 0);
    EXPECT_LE(result->p, 1);
    EXPECT_FALSE(std::isnan(result->ratio_interval.low)) << result->reason;
    EXPECT_LE(result->ratio_interval.low, result->ratio_interval.high);
    EXPECT_FALSE(result->reason.empty());
  }
}

}  // namespace
}  // namespace benchfleet
