#include "analysis/comparison_report.h"

#include <cmath>
#include <limits>

#include "analysis/difference.h"
#include "base/ids.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using ::testing::HasSubstr;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Runs of ten samples about `center`, runs 1 % apart.
std::vector<std::vector<double>> Runs(double center, size_t runs, uint64_t seed) {
  Random random(seed);
  std::vector<std::vector<double>> all(runs);
  for (auto& run : all) {
    const double level = center * (1 + 0.01 * (random.Uniform() - 0.5));
    for (int i = 0; i < 10; ++i) run.push_back(level * (1 + 0.01 * random.Uniform()));
  }
  return all;
}

SideSeries Series(std::vector<std::vector<double>> runs) {
  SideSeries series;
  series.name = {"crypto.sha256", {{"size", "1KiB"}}, "latency"};
  series.unit = "ns";
  series.identity = "i1";
  series.host = "a";
  series.machine = "EPYC";
  series.runs = std::move(runs);
  return series;
}

Side SideOf(const std::string& name, const std::vector<SideSeries>& all) {
  Side side(name);
  for (const SideSeries& series : all) EXPECT_TRUE(side.Add(series).ok());
  return side;
}

ComparisonReport Compared(const std::vector<SideSeries>& before,
                          const std::vector<SideSeries>& after,
                          const ComparisonOptions& options = {}) {
  auto report = CompareSides(SideOf("before", before), SideOf("after", after), options);
  EXPECT_TRUE(report.ok()) << report.status();
  return report.ok() ? *std::move(report) : ComparisonReport();
}

const Comparison& Only(const ComparisonReport& report) {
  static const Comparison kNone;
  EXPECT_EQ(report.rows.size(), 1u);
  return report.rows.empty() ? kNone : report.rows[0].judgement.comparison;
}

TEST(ComparisonReportTest, ALossFailsAndAGainDoesNot) {
  const auto before = Series(Runs(100, 5, 1));
  const auto slower = Compared({before}, {Series(Runs(130, 5, 2))});
  EXPECT_EQ(Only(slower).verdict, Verdict::kRegressed);
  EXPECT_EQ(slower.rows[0].judgement.severity, Severity::kFailure);
  EXPECT_EQ(slower.failures(), 1u);
  const auto slightly = Compared({before}, {Series(Runs(113, 5, 2))});
  EXPECT_EQ(slightly.rows[0].judgement.severity, Severity::kWarning);
  EXPECT_EQ(slightly.failures(), 0u);
  EXPECT_EQ(Only(Compared({before}, {Series(Runs(70, 5, 2))})).verdict, Verdict::kImproved);
  EXPECT_EQ(Only(Compared({before}, {Series(Runs(100, 5, 2))})).verdict, Verdict::kUnchanged);
}

TEST(ComparisonReportTest, DirectionIsThatOfEachRow) {
  auto before = Series(Runs(100, 5, 1));
  auto after = Series(Runs(130, 5, 2));
  before.better = after.better = Better::kHigher;
  EXPECT_EQ(Only(Compared({before}, {after})).verdict, Verdict::kImproved);
  before.better = after.better = Better::kNeither;
  const auto neither = Compared({before}, {after});
  EXPECT_EQ(Only(neither).verdict, Verdict::kUndecided);
  EXPECT_THAT(Only(neither).reason, HasSubstr("nobody said which direction"));
}

TEST(ComparisonReportTest, ProbabilitiesAreAdjustedOverAllRows) {
  std::vector<SideSeries> before;
  std::vector<SideSeries> after;
  for (uint64_t i = 0; i < 20; ++i) {
    before.push_back(Series(Runs(100, 5, 100 + i)));
    after.push_back(Series(Runs(i == 0 ? 120 : 100, 5, 200 + i)));
    before.back().name.parameters["size"] = after.back().name.parameters["size"] =
        std::string(1, static_cast<char>('a' + i));
  }
  const auto report = Compared(before, after);
  ASSERT_EQ(report.rows.size(), 20u);
  EXPECT_EQ(report.Count(Verdict::kRegressed), 1u);
  const Comparison& changed = report.rows[0].judgement.comparison;
  EXPECT_NEAR(changed.adjusted_p, 20 * changed.p, 1e-12);
  ASSERT_EQ(report.means.size(), 1u);
  EXPECT_EQ(report.means[0].rows, 20u);
  EXPECT_NEAR(report.means[0].ratio, std::pow(1.2, 1.0 / 20), 0.004);
  ASSERT_TRUE(report.means[0].interval.has_value());
  EXPECT_LT(report.means[0].interval->low, report.means[0].ratio);
}

TEST(ComparisonReportTest, MachinesAreNotMixed) {
  auto here = Series(Runs(100, 3, 1));
  auto there = Series(Runs(100, 3, 2));
  there.identity = "i2";
  there.machine = "Xeon";
  auto other_host = Series(Runs(100, 3, 3));
  other_host.host = "b";
  auto unknown = Series(Runs(100, 3, 4));
  unknown.identity = unknown.host = unknown.machine = "";

  const auto cross = Compared({here}, {there});
  EXPECT_TRUE(cross.rows.empty());
  ASSERT_EQ(cross.cross_machine.size(), 1u);
  EXPECT_EQ(cross.cross_machine[0].baseline, "a, EPYC");
  EXPECT_EQ(cross.cross_machine[0].candidate, "a, Xeon");

  const auto moved = Compared({here}, {other_host});
  ASSERT_EQ(moved.rows.size(), 1u);
  EXPECT_EQ(moved.rows[0].host, "a -> b");
  EXPECT_THAT(moved.suspects[0].what, "host: a -> b");

  const auto not_said = Compared({here}, {unknown});
  ASSERT_EQ(not_said.rows.size(), 1u);
  EXPECT_THAT(not_said.suspects[0].what, HasSubstr("machine: one side does not say"));
  // Which of two it was, nobody knows.
  EXPECT_TRUE(Compared({here, there}, {unknown}).rows.empty());

  const auto both = Compared({here, there, other_host}, {there, here});
  EXPECT_EQ(both.rows.size(), 2u);
  ASSERT_EQ(both.one_sided.size(), 1u);
  EXPECT_EQ(both.one_sided[0].candidate, "");
}

SideSeries Cell(const std::string& workload, std::map<std::string, std::string> parameters,
                const std::string& revision) {
  SideSeries series = Series(Runs(100, 3, 1));
  series.name = {workload, std::move(parameters), "latency"};
  series.revisions = {revision};
  return series;
}

TEST(ComparisonReportTest, SidesMayDifferInWhatIsNamed) {
  const auto bb = Cell("prove", {{"circuit", "age"}, {"prover", "bb"}}, "r1");
  const auto snarkjs = Cell("prove", {{"circuit", "age"}, {"prover", "snarkjs"}}, "r2");
  EXPECT_EQ(Compared({bb}, {snarkjs}).one_sided.size(), 2u);
  ComparisonOptions options;
  options.vary = {"prover"};
  const auto report = Compared({bb}, {snarkjs}, options);
  ASSERT_EQ(report.rows.size(), 1u);
  EXPECT_EQ(report.rows[0].base_series, bb.name);
  EXPECT_EQ(report.rows[0].series, snarkjs.name);
  EXPECT_EQ(SeriesText(NameOfBoth(bb.name, snarkjs.name)),
            "prove circuit=age prover=bb -> snarkjs latency");
  // What both sides have goes together first; of two it cannot be said which is meant.
  const auto three = Compared({bb}, {bb, snarkjs}, options);
  ASSERT_EQ(three.rows.size(), 1u);
  EXPECT_EQ(three.rows[0].series, bb.name);
  const auto plonk = Cell("prove", {{"circuit", "age"}, {"prover", "plonk"}}, "r2");
  EXPECT_TRUE(Compared({bb}, {snarkjs, plonk}, options).rows.empty());
  const auto without = Cell("prove", {{"circuit", "age"}}, "r1");
  EXPECT_EQ(SeriesText(NameOfBoth(without.name, bb.name)),
            "prove circuit=age prover=none -> bb latency");
  EXPECT_EQ(Compared({without}, {bb}, options).rows.size(), 1u);
}

TEST(ComparisonReportTest, WhereABuildLiesIsNotWhatItIs) {
  const auto matched = [](const SideSeries& before, const SideSeries& after) {
    return Compared({before}, {after}).rows.size() == 1;
  };
  const auto exec = [](const char* argv) { return Cell("exec", {{"argv", argv}}, "r"); };
  EXPECT_TRUE(matched(exec(R"(["/srv/old/prove","a"])"), exec(R"(["./prove","a"])")));
  EXPECT_FALSE(matched(exec(R"(["/srv/old/prove","a"])"), exec(R"(["./prove","b"])")));
  EXPECT_FALSE(matched(exec(R"(["/srv/old/prove"])"), exec(R"(["/srv/old/verify"])")));
  EXPECT_FALSE(matched(exec(R"(["prove","/a/x"])"), exec(R"(["prove","/b/x"])")));
  const auto file = [](const char* value, const char* revision) {
    return Cell("prove", {{"file", value}}, revision);
  };
  EXPECT_TRUE(matched(file("/b/a1b2c3d/key", "a1b2c3d"), file("/b/ffff000/key", "ffff000")));
  EXPECT_FALSE(matched(file("/b/a1b2c3d/key", "a1b2c3d"), file("/b/ffff000/key", "eeee000")));
  EXPECT_FALSE(matched(file("size-1", "1"), file("size-2", "2")));
}

TEST(ComparisonReportTest, WhatCannotBeJudgedSaysWhy) {
  struct Case {
    const char* name;
    SideSeries before;
    SideSeries after;
    const char* reason;
  };
  const auto good = Series(Runs(100, 3, 1));
  const auto with = [&](std::vector<std::vector<double>> runs) { return Series(std::move(runs)); };
  auto milliseconds = good;
  milliseconds.unit = "ms";
  auto higher = good;
  higher.better = Better::kHigher;
  auto mean_only = Series({});
  mean_only.aggregates = {{20, 100, 0}};
  auto one_run = Series({{100, 101, 102, 103, 104}});
  auto with_spread = Series({});
  with_spread.aggregates = {{20, 100, 3}};
  auto no_mean = Series({});
  no_mean.aggregates = {{20, kNan, 3}};
  const Case cases[] = {
      {"NaN", good, with({{100, kNan}}), "candidate, run 1: value 2 of 2 is NaN"},
      {"infinity", with({{100, kInfinity}}), good, "baseline, run 1: value 2 of 2 is infinite"},
      {"negative time", good, with({{100}, {100, -5}}), "run 2: -5 is a negative time"},
      {"units", good, milliseconds, "the units differ: 'ns' and 'ms'"},
      {"directions", good, higher, "disagree on which direction"},
      {"one sample a side", with({{100}}), with({{150}}), "1 sample of one run a side is too few"},
      {"all equal", with({{100, 100}}), with({{150, 150}}), "2 samples of one run a side are too"},
      {"an empty run", good, with({{}}), "0 values where at least 1 is needed"},
      {"a mean alone", mean_only, mean_only, "a mean without its spread"},
      {"samples against a mean", one_run, with_spread, "one side has samples and the other only"},
      {"a mean that is NaN", no_mean, with_spread, "NaN"},
      {"zeros of one run", with({{0, 0, 0, 0}}), with({{1, 1, 1, 1}}), "takes two runs a side"},
  };
  for (const Case& one : cases) {
    const auto report = Compared({one.before}, {one.after});
    EXPECT_EQ(Only(report).verdict, Verdict::kUndecided) << one.name;
    EXPECT_FALSE(Only(report).judgeable) << one.name;
    EXPECT_THAT(Only(report).reason, HasSubstr(one.reason)) << one.name;
  }
}

TEST(ComparisonReportTest, AnEmptySideIsRefused) {
  const Side full = SideOf("before", {Series(Runs(100, 3, 1))});
  EXPECT_EQ(Message(CompareSides(full, Side("after"), {}).status()),
            "after: nothing was measured, expected at least one run that succeeded");
  EXPECT_FALSE(CompareSides(Side("before"), full, {}).ok());
}

TEST(ComparisonReportTest, OneSeriesHasOneUnit) {
  Side side("before");
  ASSERT_TRUE(side.Add(Series(Runs(100, 1, 1))).ok());
  ASSERT_TRUE(side.Add(Series(Runs(100, 1, 2))).ok());
  EXPECT_EQ(side.series()[0].runs.size(), 2u);
  auto other = Series(Runs(100, 1, 3));
  other.unit = "ms";
  EXPECT_EQ(Message(side.Add(other)),
            "before: crypto.sha256 size=1KiB latency is measured in 'ns' and in 'ms'");
}

TEST(ComparisonReportTest, TheSameBinaryIsNeverARegression) {
  auto before = Series(Runs(100, 5, 1));
  auto after = Series(Runs(130, 5, 2));
  before.artefacts = after.artefacts = {"abc"};
  before.conditions["kernel"] = {"6.1"};
  after.conditions["kernel"] = {"6.5"};
  const auto report = Compared({before}, {after});
  EXPECT_EQ(Only(report).verdict, Verdict::kUndecided);
  EXPECT_TRUE(report.rows[0].judgement.environment_fault);
  EXPECT_THAT(Only(report).reason, HasSubstr("the environment changed (kernel: 6.1 -> 6.5)"));
  ASSERT_EQ(report.suspects.size(), 1u);
  EXPECT_EQ(report.suspects[0].what, "kernel: 6.1 -> 6.5");
  after.artefacts = {"abc", "def"};
  EXPECT_EQ(Only(Compared({before}, {after})).verdict, Verdict::kRegressed);
}

TEST(ComparisonReportTest, AStateThatChangedInUnknownWaysIsASuspect) {
  auto before = Series(Runs(100, 3, 1));
  auto after = Series(Runs(100, 3, 2));
  before.states = {"s1"};
  after.states = {"s2"};
  const auto report = Compared({before}, {after});
  ASSERT_EQ(report.suspects.size(), 1u);
  EXPECT_THAT(report.suspects[0].what, HasSubstr("host state: changed"));
}

TEST(ComparisonReportTest, AnAcceptedShiftIsSilencedAndNoOther) {
  const auto before = Series(Runs(100, 5, 1));
  const auto after = Series(Runs(130, 5, 2));
  ComparisonOptions options;
  options.blessed = {{before.name, "", {.low = 1.2, .high = 1.4}, "alice: bigger circuit"}};
  const auto silenced = Compared({before}, {after}, options);
  EXPECT_EQ(silenced.failures(), 0u);
  EXPECT_EQ(silenced.rows[0].blessing, "alice: bigger circuit");
  EXPECT_EQ(Only(silenced).verdict, Verdict::kRegressed);
  EXPECT_EQ(Compared({before}, {Series(Runs(150, 5, 3))}, options).failures(), 1u);
  options.blessed[0].ratio = {.low = 0.6, .high = 0.8};
  EXPECT_EQ(Compared({before}, {after}, options).failures(), 1u);
  options.blessed[0] = {{"crypto.sha256", {}, "latency"}, "", {.low = 1.2, .high = 1.4}, ""};
  EXPECT_EQ(Compared({before}, {after}, options).failures(), 1u);
  options.blessed[0] = {before.name, "i2", {.low = 1.2, .high = 1.4}, ""};
  EXPECT_EQ(Compared({before}, {after}, options).failures(), 1u);
}

TEST(ComparisonReportTest, TheFloorIsWhatEqualBuildsDifferBy) {
  auto before = Series(Runs(100, 5, 1));
  const auto after = Series(Runs(106, 5, 2));
  EXPECT_EQ(Only(Compared({before}, {after})).verdict, Verdict::kRegressed);
  // Twelve revisions whose two runs are 20 % apart. Five runs a side: 20 % / sqrt 5 is 8.5 %.
  for (int i = 0; i < 12; ++i) before.history.push_back({90, 110});
  const auto report = Compared({before}, {after});
  EXPECT_NEAR(report.rows[0].noise_floor, std::log(110.0 / 90) / std::sqrt(5), 1e-9);
  EXPECT_EQ(Only(report).verdict, Verdict::kUndecided);
}

TEST(ComparisonReportTest, AggregatesAreJudgedByWhatTheyAre) {
  auto before = Series({});
  auto after = Series({});
  before.aggregates = {{50, 100, 3}};
  after.aggregates = {{50, 150, 3}};
  EXPECT_EQ(Only(Compared({before}, {after})).verdict, Verdict::kRegressed);
  // Two per cent more is within what two runs of one build differ by.
  after.aggregates = {{50, 102, 3}};
  EXPECT_EQ(Only(Compared({before}, {after})).verdict, Verdict::kUndecided);
  before.aggregates = {{50, 100, 3}, {50, 101, 3}, {50, 99, 3}, {50, 100.5, 3}};
  after.aggregates = {{50, 120, 3}, {50, 121, 3}, {50, 119, 3}, {50, 120.5, 3}};
  const auto report = Compared({before}, {after});
  EXPECT_EQ(Only(report).verdict, Verdict::kRegressed);
  EXPECT_EQ(Only(report).baseline_samples, 200u);
  EXPECT_NEAR(report.rows[0].baseline.center, 100.125, 1e-9);
}

TEST(DifferenceTest, RatesThatMayBeZero) {
  const std::vector<std::vector<double>> none = {{0, 0}, {0, 0}, {0, 0}};
  const std::vector<std::vector<double>> some = {{0.1, 0.12}, {0.11, 0.13}, {0.1, 0.11}};
  const auto worse = CompareDifferences({.baseline = none, .candidate = some, .history = {}}, {});
  ASSERT_TRUE(worse.ok());
  EXPECT_EQ(worse->verdict, Verdict::kRegressed);
  EXPECT_NEAR(worse->difference, (0.11 + 0.12 + 0.105) / 3, 1e-12);
  EXPECT_EQ(worse->ratio, kInfinity);
  EXPECT_EQ(CompareDifferences({.baseline = some, .candidate = none, .history = {}}, {})->verdict,
            Verdict::kImproved);
  const auto same = CompareDifferences({.baseline = none, .candidate = none, .history = {}}, {});
  EXPECT_EQ(same->verdict, Verdict::kUnchanged);
  const std::vector<std::vector<double>> few = {{0}, {0}};
  EXPECT_FALSE(
      CompareDifferences({.baseline = few, .candidate = few, .history = {}}, {})->judgeable);
}

// What never varies is decided by the runs' ranks alone: five a side are enough at 1 %, three not.
TEST(DifferenceTest, CountsOfADeterministicProgram) {
  const auto runs = [](double value, size_t n) {
    return std::vector<std::vector<double>>(n, {value});
  };
  const auto three =
      CompareDifferences({.baseline = runs(0, 3), .candidate = runs(7, 3), .history = {}}, {});
  EXPECT_EQ(three->verdict, Verdict::kUndecided);
  EXPECT_THAT(three->reason, HasSubstr("even that may be chance (p 0.1)"));
  const auto five =
      CompareDifferences({.baseline = runs(0, 5), .candidate = runs(7, 5), .history = {}}, {});
  EXPECT_EQ(five->verdict, Verdict::kRegressed);
}

TEST(DifferenceTest, FalseAlarmsOnRatesAreRare) {
  Random random(5);
  const auto side = [&random] {
    std::vector<std::vector<double>> runs(5);
    for (auto& run : runs) {
      for (int i = 0; i < 40; ++i) run.push_back(random.Uniform() < 0.02 ? 1 : 0);
    }
    return runs;
  };
  int alarms = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto before = side();
    const auto after = side();
    const auto result =
        CompareDifferences({.baseline = before, .candidate = after, .history = {}}, {});
    ASSERT_TRUE(result.ok());
    alarms += result->verdict == Verdict::kRegressed || result->verdict == Verdict::kImproved;
  }
  EXPECT_LE(alarms, 10);
}

}  // namespace
}  // namespace benchfleet
