#include "analysis/across_hosts.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "analysis/test_data.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using testing::HasSubstr;

// `runs` runs of `samples` each about exp(log_cost); runs differ by `run_sigma`.
std::vector<std::vector<double>> Runs(Random& random, double log_cost, size_t runs,
                                      double run_sigma = 0.01, size_t samples = 20) {
  std::vector<std::vector<double>> result;
  for (size_t run = 0; run < runs; ++run) {
    const double level = log_cost + run_sigma * NormalValue(random);
    std::vector<double> values = NormalValues(random, samples, level, 0.005);
    for (double& value : values) value = 1000 * std::exp(value);
    result.push_back(std::move(values));
  }
  return result;
}

AcrossSeries Series(Random& random, const std::vector<double>& log_costs, size_t runs,
                    const std::string& name = "crypto.sha256") {
  AcrossSeries series{.name = name, .lower_is_better = true, .hosts = {}};
  for (const double cost : log_costs) series.hosts.push_back({Runs(random, cost, runs), {}});
  return series;
}

TEST(AcrossHostsTest, IntervalsHoldTheTruthAtTheirLevel) {
  constexpr int kTrials = 400;
  int held = 0;
  int mean_held = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    Random random(static_cast<uint64_t>(trial) + 1);
    const std::vector<AcrossSeries> suite = {Series(random, {0, std::log(1.3)}, 5),
                                             Series(random, {0, std::log(0.8)}, 5)};
    const auto compared = CompareHosts(suite, {}, 0, 1, {});
    ASSERT_TRUE(compared.ok()) << compared.status();
    const Interval& interval = compared->series[0]->interval;
    held += interval.low <= 1.3 && 1.3 <= interval.high;
    const double truth = std::sqrt(1.3 * 0.8);
    const Interval& mean = compared->geometric_mean->interval;
    mean_held += mean.low <= truth && truth <= mean.high;
  }
  EXPECT_GE(held, kTrials * 92 / 100);
  EXPECT_GE(mean_held, kTrials * 92 / 100);
  EXPECT_LE(held, kTrials * 995 / 1000);
}

TEST(AcrossHostsTest, HigherIsBetterIsTurnedIntoCost) {
  Random random(1);
  AcrossSeries series = Series(random, {0, std::log(2.0)}, 3);
  series.lower_is_better = false;  // Twice the throughput costs half.
  const auto compared = CompareHosts({&series, 1}, {}, 0, 1, {});
  ASSERT_TRUE(compared.ok());
  EXPECT_NEAR(compared->series[0]->ratio, 0.5, 0.02);
}

TEST(AcrossHostsTest, TheCanarysErrorIsCarriedThrough) {
  Random random(2);
  const std::vector<AcrossSeries> suite = {Series(random, {0, std::log(1.5)}, 5)};
  const std::vector<AcrossSeries> canary = {Series(random, {0, std::log(1.2)}, 3, "canary")};
  const auto plain = CompareHosts(suite, {}, 0, 1, {});
  const auto normalised = CompareHosts(suite, canary, 0, 1, {});
  ASSERT_TRUE(plain.ok() && normalised.ok());
  EXPECT_NEAR(normalised->geometric_mean->ratio, 1.5 / 1.2, 0.03);
  const auto canary_alone = CompareHosts(canary, {}, 0, 1, {});
  EXPECT_NEAR(normalised->series[0]->log.variance,
              plain->series[0]->log.variance + canary_alone->series[0]->log.variance, 1e-15);
}

TEST(AcrossHostsTest, ACanaryThatNobodySharesIsNamed) {
  Random random(3);
  const std::vector<AcrossSeries> suite = {Series(random, {0, 0}, 2)};
  std::vector<AcrossSeries> canary = {Series(random, {0, 0}, 2, "canary")};
  canary[0].hosts[1].runs.clear();
  EXPECT_EQ(CompareHosts(suite, canary, 0, 1, {}).status().code(), absl::StatusCode::kNotFound);
}

TEST(AcrossHostsTest, HostsThatCannotBeToldApartShareARank) {
  Random random(4);
  const double slow = std::log(1.5);
  const std::vector<AcrossSeries> suite = {Series(random, {slow, 0, 0, 2 * slow}, 5),
                                           Series(random, {slow, 0, 0, 2 * slow}, 5)};
  const auto ranking = RankHosts(suite, {});
  ASSERT_TRUE(ranking.ok()) << ranking.status();
  ASSERT_EQ(ranking->hosts.size(), 4u);
  EXPECT_EQ(ranking->hosts[0].rank, 1u);
  EXPECT_EQ(ranking->hosts[1].rank, 1u);
  EXPECT_EQ(ranking->hosts[2].host, 0u);
  EXPECT_EQ(ranking->hosts[2].rank, 3u);
  EXPECT_EQ(ranking->hosts[3].host, 3u);
  EXPECT_EQ(ranking->hosts[3].rank, 4u);
  EXPECT_NEAR(ranking->hosts[3].against_first.ratio, 2.25, 0.1);
}

TEST(AcrossHostsTest, RankingUsesOnlyWhatAllHostsHave) {
  Random random(5);
  std::vector<AcrossSeries> suite = {Series(random, {0, 0.5}, 3), Series(random, {3, 0}, 3)};
  suite[1].hosts[1].runs.clear();
  const auto ranking = RankHosts(suite, {});
  ASSERT_TRUE(ranking.ok());
  EXPECT_EQ(ranking->compared, 1u);
  EXPECT_EQ(ranking->hosts[0].host, 0u);
  suite.erase(suite.begin());
  EXPECT_EQ(RankHosts(suite, {}).status().code(), absl::StatusCode::kNotFound);
}

TEST(AcrossHostsTest, TheHostThatIsOffIsFound) {
  Random random(6);
  const std::vector<AcrossSeries> suite = {Series(random, {0, 0, 0, 0, 0, 0}, 4),
                                           Series(random, {0, 0, 0, std::log(1.2), 0, 0}, 4)};
  const auto report = FindHostOutliers(suite, {});
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->outliers.size(), 1u);
  EXPECT_EQ(report->outliers[0].host, 3u);
  EXPECT_EQ(report->outliers[0].series, 1u);
  EXPECT_NEAR(report->outliers[0].ratio, 1.2, 0.03);
}

TEST(AcrossHostsTest, EqualHostsAreRarelyCalledOff) {
  constexpr int kTrials = 500;
  int alarms = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    Random random(static_cast<uint64_t>(trial) + 1000);
    std::vector<double> machines(6);
    for (double& machine : machines) machine = 0.01 * NormalValue(random);  // as equal ones differ
    const std::vector<AcrossSeries> suite = {Series(random, machines, 3)};
    alarms += !FindHostOutliers(suite, {})->outliers.empty();
  }
  EXPECT_LE(alarms, kTrials * 2 / 100);
}

TEST(AcrossHostsTest, OfTwoHostsNeitherIsBlamed) {
  Random random(7);
  const std::vector<AcrossSeries> suite = {Series(random, {0, 1}, 5)};
  const auto report = FindHostOutliers(suite, {});
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(report->outliers.empty());
  EXPECT_THAT(report->reason, HasSubstr("which of two is off"));
}

TEST(AcrossHostsTest, OneShortRunEachGivesAWideInterval) {
  Random random(8);
  const std::vector<AcrossSeries> one = {Series(random, {0, 0}, 1)};
  const std::vector<AcrossSeries> many = {Series(random, {0, 0}, 12)};
  const auto wide = CompareHosts(one, {}, 0, 1, {});
  const auto narrow = CompareHosts(many, {}, 0, 1, {});
  ASSERT_TRUE(wide.ok() && narrow.ok());
  EXPECT_GT(wide->series[0]->log.variance, 4 * narrow->series[0]->log.variance);
}

TEST(AcrossHostsTest, BadValuesAreNamed) {
  AcrossSeries series{
      .name = "memory.latency", .lower_is_better = true, .hosts = {{{{1.0}}, {}}, {{{0.0}}, {}}}};
  EXPECT_THAT(CompareHosts({&series, 1}, {}, 0, 1, {}).status().message(),
              HasSubstr("memory.latency, host 2"));
  series.hosts[1].runs[0][0] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(CompareHosts({&series, 1}, {}, 0, 1, {}).ok());
  const std::vector<AcrossSeries> uneven = {series, {.name = "x", .hosts = {{}}}};
  EXPECT_FALSE(RankHosts(uneven, {}).ok());
  EXPECT_FALSE(RankHosts({}, {}).ok());
}

}  // namespace
}  // namespace benchfleet
