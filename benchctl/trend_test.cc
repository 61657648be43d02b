#include "benchctl/trend.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "benchctl/bless.h"
#include "benchctl/cli_harness.h"
#include "benchctl/golden.h"
#include "benchctl/plot.h"
#include "benchctl/stored_runs.h"
#include "benchctl/trend_canned.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class TrendTest : public testing::Test {
 protected:
  TrendTest() { AddCannedHistory(&cli_.fleet); }

  std::string Out(const std::vector<std::string>& arguments) {
    EXPECT_EQ(cli_.Run(arguments), 0) << cli_.err;
    return cli_.out;
  }
  // The one incident of revision 26.
  std::string IncidentName() {
    const auto json = nlohmann::json::parse(Out({"incidents", "--format", "json"}));
    for (const auto& incident : json["incidents"]) {
      if (incident["series"].size() == 3) return incident["incident"];
    }
    return "none";
  }

  CliHarness cli_;
};

TEST_F(TrendTest, InEveryFormat) {
  ExpectGolden("trend.txt", cli_.Transcript({"trend"}));
  ExpectGolden("trend_all.txt", cli_.Transcript({"trend", "--all", "--metric", "latency"}));
  for (const auto& [format, name] :
       {std::pair{"markdown", "trend.md"}, std::pair{"html", "trend.html"}}) {
    ExpectGolden(name, WithoutStyle(Out({"trend", "--format", format})));
  }
  ExpectGolden("trend.csv", Out({"trend", "s2", "--format", "csv"}));
  ExpectGolden("trend.json", Out({"trend", "s2", "--format", "json"}));
}

TEST_F(TrendTest, RealStoredRunsInEveryFormat) {
  TakeStoredHistory(&cli_.fleet);
  ExpectGolden("trend_stored.txt",
               cli_.Transcript({"trend", "--all"}) + cli_.Transcript({"incidents"}));
  for (const auto& [format, name] :
       {std::pair{"markdown", "trend_stored.md"}, std::pair{"html", "trend_stored.html"},
        std::pair{"csv", "trend_stored.csv"}, std::pair{"json", "trend_stored.json"}}) {
    ExpectGolden(name, WithoutStyle(Out({"trend", "--format", format})));
  }
}

TEST_F(TrendTest, ShiftsAtOneRevisionAreOneIncidentOverHostsAndMetrics) {
  const auto json = nlohmann::json::parse(Out({"incidents", "--format", "json"}));
  ASSERT_THAT(json["incidents"], SizeIs(2));
  const auto& old = json["incidents"][1];
  EXPECT_EQ(old["kind"], "regression");
  EXPECT_THAT(old["hosts"], ElementsAre("local-1", "vm-2"));
  ASSERT_THAT(old["series"], SizeIs(3));
  EXPECT_EQ(old["series"][0]["series"], "s2") << "the largest first";
  EXPECT_EQ(old["series"][0]["shift"]["suspects"][0]["fields"][1]["name"], "kernel.release");
  EXPECT_THAT(old["series"][2]["shift"]["suspects"], IsEmpty()) << "vm-2 did not change";
  EXPECT_EQ(json["incidents"][0]["kind"], "improvement");
}

TEST_F(TrendTest, IncidentsAreListedShownAndAcknowledgedOnce) {
  const std::string name = IncidentName();
  std::string all = cli_.Transcript({"incidents"}) + cli_.Transcript({"incidents", "show", name});
  all += cli_.Transcript(
      {"incidents", "ack", name, "--reason", "the new kernel", "--author", "Ada L."});
  all += cli_.Transcript({"incidents"}) + cli_.Transcript({"incidents", "list", "--all"});
  all += cli_.Transcript({"incidents", "ack", name, "--reason", "again"});
  all += cli_.Transcript({"incidents", "show", name.substr(0, name.size() - 1)});
  EXPECT_THAT(Out({"incidents"}), Not(HasSubstr(name))) << "told once";
  all += cli_.Transcript({"incidents", "withdraw", name, "--reason", "it is not the kernel"});
  EXPECT_THAT(Out({"incidents"}), HasSubstr(name));
  all += cli_.Transcript({"incidents", "show", name});
  all += cli_.Transcript({"incidents", "withdraw", name, "--reason", "again"});
  ExpectGolden("incidents.txt", all);
  const auto json = nlohmann::json::parse(Out({"incidents", "show", name, "--format", "json"}));
  EXPECT_TRUE(json["acknowledged"].is_null());
  ASSERT_THAT(json["said"], SizeIs(2));
  EXPECT_EQ(json["said"][1]["withdrawn"], true);
}

TEST_F(TrendTest, ABlessedShiftIsNoLongerToldButOneThatGrewIs) {
  std::string all =
      cli_.Transcript({"baseline", "bless", "s1", "--reason", "safer hash", "--author", "Ada L."});
  all += cli_.Transcript({"baseline", "bless", "s1", "--reason", "again"});
  all += cli_.Transcript({"baseline", "bless", "s2", "--revision", "00", "--reason", "which?"});
  all += cli_.Transcript({"baseline", "blessings"});
  all += cli_.Transcript({"trend", "s1"});
  ExpectGolden("bless.txt", all);
  EXPECT_EQ(nlohmann::json::parse(Out({"incidents", "--format", "json"}))["incidents"][1]["series"]
                .size(),
            2u);
  // It grows: another tenth on top for the last ten revisions.
  auto& points = cli_.fleet.history[0].points;
  for (size_t i = points.size() - 30; i < points.size(); ++i) points[i].summary.median *= 1.1;
  const auto json = nlohmann::json::parse(Out({"trend", "s1", "--format", "json"}));
  ASSERT_THAT(json["series"][0]["shifts"], SizeIs(2));
  EXPECT_EQ(json["series"][0]["shifts"][0]["blessing"], "safer hash");
  EXPECT_TRUE(json["series"][0]["shifts"][1]["blessing"].is_null());
}

TEST_F(TrendTest, AJobIsBlessedForWhateverItMoved) {
  EXPECT_EQ(cli_.Run({"baseline", "bless", "127", "--reason", "meant"}), 0) << cli_.err;
  EXPECT_THAT(cli_.fleet.blessings, SizeIs(3));
  EXPECT_EQ(cli_.Run({"baseline", "bless", "120", "--reason", "meant"}), 1);
  EXPECT_THAT(cli_.err, HasSubstr("job 120 moved none of its 5 series for sure"));
}

TEST_F(TrendTest, TheNewestJobIsBlessedBeforeItsLevelIsALevel) {
  // Two tenths slower in the last revision alone: too short for a change point.
  SeriesHistory& history = cli_.fleet.history[3];
  for (HistoryPoint& point : history.points) {
    if (point.job == JobId{140}) point.summary.median *= 1.2;
  }
  cli_.fleet.history = {history};
  EXPECT_EQ(cli_.Run({"baseline", "bless", "140", "--reason", "meant"}), 0) << cli_.err;
  ASSERT_THAT(cli_.fleet.blessings, SizeIs(1));
  EXPECT_NEAR(cli_.fleet.blessings[0].after / cli_.fleet.blessings[0].before, 1.2, 0.03);
}

TEST_F(TrendTest, BaselinesAreSetListedShownAndRemoved) {
  cli_.fleet.results[139].job.status = cli_.fleet.jobs[3];
  cli_.fleet.results[140].job.status = cli_.fleet.jobs[4];
  std::string all = cli_.Transcript({"baseline", "list"});
  all += cli_.Transcript({"baseline", "set", "main", "139", "--reason", "release 1.2"});
  all += cli_.Transcript(
      {"baseline", "set", "main", "140", "139", "--author", "Ada L.", "--reason", "both"});
  all += cli_.Transcript({"baseline", "set", "engine", "12", "--run", "103"});
  all += cli_.Transcript({"baseline", "list"}) + cli_.Transcript({"baseline", "show", "main"});
  all += cli_.Transcript({"baseline", "list", "--format", "json"});
  all += cli_.Transcript({"baseline", "remove", "main", "--reason", "gone"});
  all += cli_.Transcript({"baseline", "show", "main"});
  all += cli_.Transcript({"baseline", "diff", "main", "engine"});
  all += cli_.Transcript({"baseline", "show", "mian"});
  ExpectGolden("baseline.txt", all);
}

TEST_F(TrendTest, TwoBaselinesAreJudgedAsAnyTwoSides) {
  Random random(7);
  cli_.fleet.results[12] = CannedExecJob(12, R"(["./prove"])", 1e8, &random);
  cli_.fleet.results[13] = CannedExecJob(13, R"(["./prove"])", 1.3e8, &random);
  cli_.fleet.results[12].runs.push_back(CannedExecRun(900, R"(["./verify"])", 0, 1e6, &random));
  Out({"baseline", "set", "old", "12"});
  Out({"baseline", "set", "new", "13", "--reason", "candidate"});
  ExpectGolden("baseline_diff.txt",
               cli_.Transcript({"baseline", "diff", "old", "new", "--metric", "latency"}) +
                   cli_.Transcript({"baseline", "diff", "old", "nwe"}));
  const auto json =
      nlohmann::json::parse(Out({"baseline", "diff", "old", "new", "--format", "json"}));
  EXPECT_EQ(json["other"]["reason"], "candidate");
  EXPECT_EQ(json["comparison"]["rows"][0]["verdict"], "regressed");
}

TEST_F(TrendTest, SlipsAreNamed) {
  std::string all = cli_.Transcript({"trend", "17"});
  all += cli_.Transcript({"trend", "--since", "30"});
  all += cli_.Transcript({"trend", "--param", "size"});
  all += cli_.Transcript({"trend", "--points", "0"});
  all += cli_.Transcript({"trend", "--workload", "nothing"});
  all += cli_.Transcript({"baseline", "bless", "s1"});
  all += cli_.Transcript({"baseline", "bless", "s99", "--reason", "x"});
  all += cli_.Transcript({"baseline"}).substr(0, 200);
  ExpectGolden("trend_slips.txt", all);
}

TEST_F(TrendTest, TheSelfTestOfDetection) {
  ExpectGolden("selftest.txt", cli_.Transcript({"selftest", "detection", "--trials", "20"}));
  EXPECT_THAT(cli_.fleet.selftests, IsEmpty()) << "published only when asked to";
  Out({"selftest", "detection", "--trials", "20", "--publish", "--format", "json"});
  ASSERT_THAT(cli_.fleet.selftests, SizeIs(1));
  const auto json = nlohmann::json::parse(cli_.out);
  EXPECT_EQ(json["effects"].back()["trend"]["found"],
            cli_.fleet.selftests[0].effects.back().trend_found);
  cli_.fleet.history.resize(1);
  cli_.fleet.history[0].points.resize(30);
  EXPECT_EQ(cli_.Run({"selftest", "detection"}), 1);
  EXPECT_THAT(cli_.err, HasSubstr("too little history"));
}

HistoryPoint Measured(int at, const std::string& revision, double median, uint64_t job = 1) {
  HistoryPoint point;
  point.run = RunId{static_cast<uint64_t>(at)};
  point.job = JobId{job};
  point.at = absl::FromUnixSeconds(at);
  point.revision = revision;
  point.host = "a";
  point.summary.median = median;
  return point;
}

TEST(MergeRevisionsTest, OnePointARevisionWhereItWasFirstMeasured) {
  const SeriesTrend trend = MergeRevisions({{},
                                            {Measured(1, "r1", 10), Measured(2, "r1", 14),
                                             Measured(3, "r2", 20), Measured(4, "r1", 11)}});
  ASSERT_THAT(trend.points, SizeIs(2));
  EXPECT_EQ(trend.points[0].revision, "r1");
  EXPECT_EQ(trend.points[0].value, 11) << "a later run of an old revision belongs to it";
  EXPECT_EQ(trend.points[0].at, absl::FromUnixSeconds(1));
  EXPECT_EQ(trend.points[0].last, absl::FromUnixSeconds(4));
  EXPECT_FALSE(trend.by_job);
}

TEST(MergeRevisionsTest, JobsStandForThemselvesWhereRevisionsSayNothing) {
  const SeriesTrend one = MergeRevisions(
      {{}, {Measured(1, "main", 10, 7), Measured(2, "main", 12, 7), Measured(3, "main", 20, 9)}});
  ASSERT_THAT(one.points, SizeIs(2));
  EXPECT_EQ(one.points[1].revision, "job 9");
  EXPECT_TRUE(one.by_job);
  const SeriesTrend some = MergeRevisions({{}, {Measured(1, "r1", 10, 7), Measured(2, "", 12, 8)}});
  ASSERT_THAT(some.points, SizeIs(2));
  EXPECT_EQ(some.points[1].revision, "job 8");
}

TEST(PlotTest, LinesAreAsWideAsAskedAndHoldEveryValue) {
  std::vector<double> values;
  for (int i = 0; i < 300; ++i) values.push_back(i);
  const Plot plot = BraillePlot(values, {}, 40, 5);
  ASSERT_THAT(plot.lines, SizeIs(5));
  for (const std::string& line : plot.lines)
    EXPECT_EQ(line.size(), 3 * 40u) << "braille is 3 bytes";
  EXPECT_EQ(plot.columns.front(), 0u);
  EXPECT_EQ(plot.columns.back(), 39u);
  EXPECT_EQ(plot.lines[0].substr(0, 3), "⠀") << "a rising line begins at the bottom";
  EXPECT_NE(plot.lines[4].substr(0, 3), "⠀");
  EXPECT_NE(plot.lines[0].substr(3 * 39), "⠀");
}

TEST(PlotTest, WildValuesDoNotFlattenTheRest) {
  std::vector<double> values(200, 10);
  for (size_t i = 0; i < values.size(); i += 2) values[i] = 11;
  values[50] = 1e9;
  const Plot plot = BraillePlot(values, {}, 60, 4);
  EXPECT_EQ(plot.high, 11);
  EXPECT_EQ(BraillePlot(std::vector<double>{5}, {}, 60, 4).lines.size(), 4u);
  EXPECT_THAT(BraillePlot({}, {}, 60, 4).lines, IsEmpty());
}

}  // namespace
}  // namespace benchfleet
