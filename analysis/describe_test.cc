// Autocorrelation, outliers, slope, sketch, long-run ratio.
#include <algorithm>
#include <cmath>
#include <vector>

#include "analysis/autocorrelation.h"
#include "analysis/outliers.h"
#include "analysis/quantile.h"
#include "analysis/robust.h"
#include "analysis/sketch.h"
#include "analysis/slope.h"
#include "analysis/test_data.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

std::vector<double> FirstOrder(Random& random, size_t n, double phi) {
  std::vector<double> values(n);
  double state = 0;
  for (double& value : values) value = state = phi * state + NormalValue(random);
  return values;
}

TEST(AutocorrelationTest, FirstOrderProcess) {
  Random random(40);
  const auto values = FirstOrder(random, 20'000, 0.7);
  const auto r = Autocorrelation(values, 3);
  EXPECT_NEAR((*r)[0], 0.7, 0.02);
  EXPECT_NEAR((*r)[1], 0.49, 0.03);
  EXPECT_NEAR(*EffectiveSize(values) / 20'000, 0.3 / 1.7, 0.02);
  EXPECT_NEAR(*RankAutocorrelation(values), 0.69, 0.03);
}

TEST(AutocorrelationTest, RanksIgnoreAWildValue) {
  std::vector<double> values;
  for (int i = 0; i < 50; ++i) values.push_back(i);
  values[25] = 1e12;
  EXPECT_LT((*Autocorrelation(values, 1))[0], 0.1);
  EXPECT_GT(*RankAutocorrelation(values), 0.8);
  EXPECT_EQ((*Autocorrelation(std::vector<double>(5, 2.0), 2))[0], 0);
  EXPECT_FALSE(Autocorrelation(std::vector<double>{1, 2}, 2).ok());
}

TEST(LongRunRatioTest, IndependentValuesAreNearOneAndSlowOnesFarAbove) {
  Random random(41);
  const auto independent = NormalValues(random, 5000, 0, 1);
  EXPECT_LT(*LongRunRatio(independent), 1.8);
  EXPECT_GT(*LongRunRatio(FirstOrder(random, 5000, 0.9)), 8);
  EXPECT_EQ(*LongRunRatio(std::vector<double>(40, 1.0)), 1);
  EXPECT_EQ(*LongRunRatio(std::vector<double>{1, 2}), 1);
  EXPECT_FALSE(LongRunRatio(std::vector<double>{1, NAN}).ok());
}

TEST(SlowNoiseRatioTest, FewIndependentValuesAreNearOneAndRepeatedOnesAreSeen) {
  Random random(36);
  for (const size_t n : {16, 24, 60}) {
    double mean = 0;
    double twice = 0;
    for (int trial = 0; trial < 200; ++trial) {
      const auto values = NormalValues(random, n, 5, 1);
      mean += *SlowNoiseRatio(values) / 200;
      std::vector<double> repeated;
      for (const double value : values) repeated.insert(repeated.end(), {value, value});
      twice += *SlowNoiseRatio(repeated) / 200;
    }
    EXPECT_LT(mean, 2.2) << n;
    EXPECT_GT(twice, 2.5) << n;
  }
  EXPECT_GT(*SlowNoiseRatio(FirstOrder(random, 5000, 0.9)), 8);
  EXPECT_EQ(*SlowNoiseRatio(std::vector<double>(40, 1.0)), 1);
  EXPECT_EQ(*SlowNoiseRatio(std::vector<double>{1, 2, 1, 2}), 1);
  EXPECT_FALSE(SlowNoiseRatio(std::vector<double>{1, NAN}).ok());
}

TEST(OutlierTest, ClassesByFence) {
  std::vector<double> values;
  for (int i = 1; i <= 20; ++i) values.push_back(i);
  values.insert(values.end(), {-40, -15, 40, 60});
  const auto report = ClassifyOutliers(values);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->low_severe, 1u);
  EXPECT_EQ(report->low_mild, 1u);
  EXPECT_EQ(report->high_mild, 1u);
  EXPECT_EQ(report->high_severe, 1u);
  EXPECT_EQ(report->classes[20], OutlierClass::kLowSevere);
  EXPECT_EQ(report->classes[0], OutlierClass::kNormal);
  EXPECT_EQ(report->count(), 4u);
}

TEST(OutlierTest, NoSpread) {
  EXPECT_EQ(ClassifyOutliers(std::vector<double>(9, 1.0))->count(), 0u);
  const auto z = ModifiedZScores(std::vector<double>{2, 2, 2, 2, 3});
  EXPECT_EQ((*z)[0], 0);
  EXPECT_TRUE(std::isinf((*z)[4]));
  EXPECT_FALSE(ClassifyOutliers({}).ok());
}

TEST(SlopeTest, MismatchedOrEmptyInputIsRefused) {
  EXPECT_FALSE(FitThroughOrigin(std::vector<double>{1, 2}, std::vector<double>{1}).ok());
  EXPECT_FALSE(FitThroughOrigin(std::vector<double>{0}, std::vector<double>{1}).ok());
  const auto fit = FitThroughOrigin(std::vector<double>{1, 2, 4}, std::vector<double>{3, 6, 12});
  EXPECT_DOUBLE_EQ(fit->slope, 3);
  EXPECT_DOUBLE_EQ(fit->r_squared_uncentred, 1);
}

TEST(SketchTest, QuantilesAreWithinTheAccuracyAndMergeExactly) {
  Random random(42);
  const auto mapping = SketchMapping::Create(0.01);
  Sketch whole(*mapping);
  Sketch left(*mapping);
  Sketch right(*mapping);
  std::vector<double> values;
  for (int i = 0; i < 4000; ++i) {
    values.push_back(std::exp(3 * NormalValue(random)));
    ASSERT_TRUE(whole.Add(values.back()).ok());
    ASSERT_TRUE((i % 3 == 0 ? left : right).Add(values.back()).ok());
  }
  ASSERT_TRUE(left.Merge(right).ok());
  std::sort(values.begin(), values.end());
  for (const double p : {0.0, 0.01, 0.5, 0.99, 1.0}) {
    const double exact = values[static_cast<size_t>(p * 3999)];
    EXPECT_NEAR(*whole.Quantile(p), exact, 0.01 * exact + 1e-12) << p;
    EXPECT_EQ(*whole.Quantile(p), *left.Quantile(p)) << p;
  }
}

TEST(SketchTest, ZerosAndRefusals) {
  Sketch sketch(*SketchMapping::Create(0.05));
  EXPECT_FALSE(sketch.Quantile(0.5).ok());
  EXPECT_TRUE(sketch.Add(0).ok());
  EXPECT_TRUE(sketch.Add(10, 3).ok());
  EXPECT_EQ(*sketch.Quantile(0), 0);
  EXPECT_NEAR(*sketch.Quantile(0.9), 10, 0.5);
  EXPECT_FALSE(sketch.Add(-1).ok());
  EXPECT_FALSE(sketch.Add(NAN).ok());
  EXPECT_EQ(sketch.count(), 4u);
  EXPECT_FALSE(sketch.Merge(Sketch(*SketchMapping::Create(0.01))).ok());
  EXPECT_FALSE(SketchMapping::Create(1).ok());
}

}  // namespace
}  // namespace benchfleet
