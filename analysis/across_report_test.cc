#include "analysis/across_report.h"

#include <cmath>
#include <string>
#include <vector>

#include "analysis/test_data.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Machine {
  std::string host;
  std::string identity;
  double cost = 1;
};

void Add(Side& side, Random& random, const Machine& machine, const std::string& workload,
         double value, Better better = Better::kLower) {
  SideSeries series;
  series.name = {workload, {{"size", "1KiB"}}, better == Better::kLower ? "latency" : "rate"};
  series.unit = better == Better::kLower ? "ns" : "1/s";
  series.better = better;
  series.identity = machine.identity;
  series.host = machine.host;
  for (int run = 0; run < 5; ++run) {
    const double level =
        std::log(value) + (better == Better::kLower ? 1 : -1) * std::log(machine.cost);
    auto samples = NormalValues(random, 20, level + 0.01 * NormalValue(random), 0.005);
    for (double& sample : samples) sample = std::exp(sample);
    series.runs.push_back(std::move(samples));
  }
  ASSERT_TRUE(side.Add(std::move(series)).ok());
}

Side Fleet(const std::vector<Machine>& machines) {
  Side side("job 7");
  Random random(1);
  for (const Machine& machine : machines) {
    Add(side, random, machine, "a", 100);
    Add(side, random, machine, "b", 5000);
    Add(side, random, machine, "canary", 10);
    Add(side, random, machine, "a", 1e6, Better::kHigher);
    side.Describe(machine.identity, {{"cpu.cores", machine.identity}, {"arch", "x86_64"}});
  }
  return side;
}

TEST(AcrossReportTest, RatiosAreOfCostWhateverTheMetric) {
  const auto report = CompareAcrossHosts(Fleet({{"fast", "8", 1}, {"slow", "4", 1.5}}), {});
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->groups.size(), 2u);
  for (const AcrossGroup& group : report->groups) {
    EXPECT_NEAR(group.geometric_means[1]->ratio, 1.5, 0.03) << group.metric;
    EXPECT_EQ(group.geometric_means[0]->ratio, 1);
    ASSERT_TRUE(group.ranking.has_value());
    EXPECT_EQ(group.ranking->hosts[0].host, 0u);
    EXPECT_EQ(group.ranking->hosts[1].rank, 2u);
  }
  EXPECT_EQ(report->groups[1].metric, "rate");
  EXPECT_NEAR(*report->groups[1].rows[0].levels[1], 1e6 / 1.5, 2e4);  // in its own unit
  ASSERT_EQ(report->differing.size(), 1u);
  EXPECT_EQ(report->differing[0].name, "cpu.cores");
  EXPECT_THAT(report->differing[0].values, ElementsAre("8", "4"));
  EXPECT_TRUE(report->same_identity.empty());
}

TEST(AcrossReportTest, TheCanaryIsTakenOutAndDividedBy) {
  AcrossRequest request;
  request.base = "slow";
  request.canary = [](const SeriesName& name) { return name.workload == "canary"; };
  const auto report = CompareAcrossHosts(Fleet({{"fast", "8", 1}, {"slow", "4", 1.5}}), request);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->base, 1u);
  const AcrossGroup& latency = report->groups[0];
  EXPECT_EQ(latency.rows.size(), 2u);
  EXPECT_NEAR(latency.geometric_means[0]->ratio, 1, 0.03);
  EXPECT_FALSE(latency.ranking.has_value());
  EXPECT_THAT(latency.normalised, HasSubstr("1 canary workload"));
  EXPECT_THAT(report->groups[1].normalised, HasSubstr("not normalised"));
}

TEST(AcrossReportTest, TheOneOfAKindThatIsOff) {
  const auto report = CompareAcrossHosts(
      Fleet({{"n1", "8", 1}, {"n2", "8", 1}, {"n3", "8", 1.3}, {"n4", "8", 1}, {"n5", "8", 1}}),
      {});
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->same_identity.size(), 1u);
  const SameIdentity& same = report->same_identity[0];
  ASSERT_EQ(same.off.size(), 4u);  // in all that it measured
  for (const auto& finding : same.off) EXPECT_EQ(report->hosts[finding.host].name, "n3");
  EXPECT_TRUE(report->differing.empty());
}

TEST(AcrossReportTest, OfTwoOfAKindNobodyIsBlamed) {
  const auto report = CompareAcrossHosts(Fleet({{"n1", "8", 1}, {"n2", "8", 2}}), {});
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(report->same_identity[0].off.empty());
  EXPECT_THAT(report->same_identity[0].reason, HasSubstr("which of two"));
}

TEST(AcrossReportTest, WhatHasNoCostIsListed) {
  Side side = Fleet({{"fast", "8", 1}, {"slow", "4", 1.5}});
  SideSeries zero;
  zero.name = {"z", {}, "errors"};
  zero.identity = "8";
  zero.host = "fast";
  zero.runs = {{0.0}};
  ASSERT_TRUE(side.Add(zero).ok());
  zero.name.metric = "count";
  zero.better = Better::kNeither;
  ASSERT_TRUE(side.Add(zero).ok());
  const auto report = CompareAcrossHosts(side, {});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->left_out, ElementsAre(HasSubstr("neither direction"), HasSubstr("is 0")));
}

TEST(AcrossReportTest, ResultsWithoutSamplesAreComparedByTheirMeans) {
  Side side("files");
  for (const auto& [host, mean] : {std::pair{"m1", 50.0}, std::pair{"m2", 40.0}}) {
    SideSeries series;
    series.name = {"prove", {}, "latency"};
    series.host = host;
    series.identity = host;
    series.aggregates = {{.n = 50, .mean = mean, .stddev = 2}};
    ASSERT_TRUE(side.Add(series).ok());
  }
  const auto report = CompareAcrossHosts(side, {});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_NEAR(report->groups[0].rows[0].against_base[1]->ratio, 0.8, 1e-9);
}

TEST(AcrossReportTest, OneHostOrAnUnknownBaseIsRefused) {
  EXPECT_THAT(CompareAcrossHosts(Fleet({{"only", "8", 1}}), {}).status().message(),
              HasSubstr("one host, only"));
  AcrossRequest request;
  request.base = "fats";
  EXPECT_THAT(
      CompareAcrossHosts(Fleet({{"fast", "8", 1}, {"slow", "4", 1}}), request).status().message(),
      HasSubstr("did you mean 'fast'"));
}

}  // namespace
}  // namespace benchfleet
