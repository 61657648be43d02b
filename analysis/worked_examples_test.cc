// Every worked example, read in place and met to the stated digits.
#include "analysis/worked_examples.h"

#include <cstdlib>
#include <string>
#include <vector>

#include "analysis/quantile.h"
#include "analysis/robust.h"
#include "analysis/summary.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using Values = std::vector<double>;
constexpr double kDigits = 1e-9;

TEST(WorkedExamples, QuantileType7) {
  BF_READ_EXAMPLES(examples, "statistics/quantile_type7.json");
  for (const auto& one : examples["cases"]) {
    const double actual = *Quantile(one["x"].get<Values>(), one["q"].get<double>());
    EXPECT_TRUE(CloseTo(actual, one["expected"], kDigits)) << one << " gave " << actual;
  }
}

TEST(WorkedExamples, Quantiles) {
  BF_READ_EXAMPLES(examples, "statistics/extended/quantiles.json");
  for (const auto& one : examples["cases"]) {
    const auto actual = Quantiles(one["x"].get<Values>(), one["probabilities"].get<Values>());
    ASSERT_TRUE(actual.ok());
    const auto expected = one["expected"].get<Values>();
    ASSERT_EQ(actual->size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_TRUE(CloseTo((*actual)[i], expected[i], kDigits)) << one << " gave " << (*actual)[i];
    }
  }
}

TEST(WorkedExamples, QuantileInterval) {
  BF_READ_EXAMPLES(examples, "statistics/extended/quantile_ci.json");
  for (const auto& one : examples["cases"]) {
    const auto actual = QuantileOrders(one["n"], one["quantile"], one["level"]);
    ASSERT_TRUE(actual.ok());
    EXPECT_EQ(actual->lower, one["lower_order"].get<int64_t>()) << one;
    EXPECT_EQ(actual->upper, one["upper_order"].get<int64_t>()) << one;
    EXPECT_TRUE(CloseTo(actual->coverage, one["coverage"], kDigits)) << one;
  }
}

TEST(WorkedExamples, Mad) {
  BF_READ_EXAMPLES(examples, "statistics/mad.json");
  for (const auto& one : examples["cases"]) {
    const auto x = one["x"].get<Values>();
    EXPECT_TRUE(CloseTo(*Mad(x), one["expected"], kDigits)) << one;
    EXPECT_TRUE(CloseTo(*ScaledMad(x), one["scaled"], kDigits)) << one;
  }
}

}  // namespace
}  // namespace benchfleet
