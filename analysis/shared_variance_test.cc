#include "analysis/shared_variance.h"

#include <cmath>
#include <vector>

#include "analysis/test_data.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

// `things` of 100 ns with `runs` runs of one sample; each thing's runs scatter by `scatter` times
// exp(N(0, unlike)).
std::vector<RunSamples> Things(Random& random, size_t things, size_t runs, double scatter,
                               double unlike) {
  std::vector<RunSamples> all(things);
  for (RunSamples& one : all) {
    const double own = scatter * std::exp(unlike * NormalValue(random));
    for (size_t r = 0; r < runs; ++r) one.push_back({100 * std::exp(own * NormalValue(random))});
  }
  return all;
}

struct Coverage {
  double share = 0;        // of the intervals that hold the true value
  double width = 0;        // mean of ln(high / low)
  double width_alone = 0;  // the same without what the others tell
};

Coverage CoverageOf(size_t things, size_t runs, double unlike) {
  constexpr int kTrials = 400;
  Coverage coverage;
  int held = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    Random random(static_cast<uint64_t>(trial) + 1);
    const std::vector<RunSamples> all = Things(random, things, runs, 0.05, unlike);
    const SharedVariance shared = ShareVariance(all)->front();
    Estimator estimator({.seed = 1, .draws = 2});
    const Estimate estimate = *estimator.Of(all[0], shared);
    held += estimate.interval->low <= 100 && 100 <= estimate.interval->high;
    coverage.width += std::log(estimate.interval->high / estimate.interval->low) / kTrials;
    const Estimate alone = *estimator.Of(all[0]);
    coverage.width_alone += std::log(alone.interval->high / alone.interval->low) / kTrials;
  }
  coverage.share = static_cast<double>(held) / kTrials;
  return coverage;
}

TEST(SharedVarianceTest, IntervalsOfTwoRunsKeepTheirLevelAndShrink) {
  for (const size_t things : {4, 6, 12}) {
    const Coverage alike = CoverageOf(things, 2, 0);
    EXPECT_GE(alike.share, 0.92) << things;
    EXPECT_LT(alike.width, alike.width_alone / 2) << things;
  }
}

TEST(SharedVarianceTest, ThingsThatScatterUnlikeDoNotSpoilIt) {
  for (const size_t runs : {2, 3, 5}) EXPECT_GE(CoverageOf(8, runs, 0.5).share, 0.91) << runs;
}

TEST(SharedVarianceTest, NothingIsLentWhereNothingIsKnown) {
  const RunSamples one_run = {{1, 2, 3}};
  const RunSamples same = {{5}, {5}};
  const RunSamples two = {{5}, {6}};
  for (const std::vector<RunSamples>& things :
       {std::vector<RunSamples>{}, {one_run, one_run}, {two}, {two, one_run}, {same, same}}) {
    const auto lent = *ShareVariance(things);
    ASSERT_EQ(lent.size(), things.size());
    for (const SharedVariance& one : lent)
      EXPECT_TRUE(one.degrees_of_freedom == 0 || &one != &lent[0]);
  }
  const std::vector<RunSamples> bad = {{{5}, {-1}}, {{5}, {6}}};
  EXPECT_FALSE(ShareVariance(bad).ok());
}

TEST(SharedVarianceTest, TheFormulasHold) {
  const double square = std::pow(std::log(1.1), 2) / 2;  // the variance of two runs, 10 % apart
  const std::vector<RunSamples> things = {
      {{100}, {110}}, {{7}, {7}}, {{1}, {1.21}}, {{3, 4, 5}}, {{9}, {9}, {9}}};
  const auto lent = *ShareVariance(things);
  EXPECT_NEAR(lent[0].variance, 4 * square / 4, 1e-12);  // of 0, 4 and twice 0
  EXPECT_EQ(lent[0].degrees_of_freedom, 4);
  EXPECT_NEAR(lent[2].variance, square / 4, 1e-12);
  EXPECT_NEAR(lent[3].variance, 5 * square / 5, 1e-12);
  EXPECT_EQ(lent[3].degrees_of_freedom, 4);  // of 5
  EXPECT_NEAR(lent[4].variance, 5 * square / 3, 1e-12);
  EXPECT_EQ(lent[4].degrees_of_freedom, 3);
  // The second thing's two runs are equal; with what it is lent its interval is of 5 degrees.
  Estimator estimator({.seed = 1, .draws = 2});
  const Estimate estimate = *estimator.Of(things[1], lent[1]);
  EXPECT_EQ(estimate.degrees_of_freedom, 5);
  EXPECT_NEAR(std::pow(estimate.log_error, 2), lent[1].variance * 4 / 5 / 2, 1e-12);
}

}  // namespace
}  // namespace benchfleet
