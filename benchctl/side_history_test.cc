#include "benchctl/side_history.h"

#include <cmath>

#include "base/ids.h"
#include "base/status.h"
#include "benchctl/cli_harness.h"
#include "benchctl/side_of_results.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using ::testing::HasSubstr;

constexpr char kArgv[] = R"(["./prove"])";

// Job 20 takes 100 ms, job 21 130 ms; baseline "main" is job 20.
class SideHistoryTest : public testing::Test {
 protected:
  SideHistoryTest() {
    cli_.fleet.results[20] = CannedExecJob(20, kArgv, 1e8, &random_);
    cli_.fleet.results[21] = CannedExecJob(21, kArgv, 1.3e8, &random_);
    Baseline baseline;
    baseline.name = "main";
    baseline.jobs = {JobId{20}};
    cli_.fleet.baselines = {baseline};
    history_.series.key = {"exec",
                           {{"argv", kArgv}},
                           "latency",
                           "ns",
                           CannedHost("local-1").fingerprint.identity_digest};
    AddPoint(20, "a1b2c3d4e5f60718", 1e8);
  }
  void AddPoint(uint64_t job, const std::string& revision, double median, int seconds = 0) {
    HistoryPoint point;
    point.at = EndOfBaseline() + absl::Seconds(seconds);
    point.job = JobId{job};
    point.revision = revision;
    point.summary.median = median;
    history_.points.push_back(point);
  }
  absl::Time EndOfBaseline() {
    return cli_.fleet.results[20].runs.back().result.finished.finished_at;
  }
  int Check(const std::vector<std::string>& more = {}) {
    cli_.fleet.history = {history_};
    std::vector<std::string> words = {"check", "21", "--baseline", "main", "--metric", "latency"};
    words.insert(words.end(), more.begin(), more.end());
    return cli_.Run(words);
  }

  CliHarness cli_;
  Random random_{5};
  SeriesHistory history_;
};

TEST_F(SideHistoryTest, ABaselineIsASide) {
  EXPECT_EQ(Check(), 3);
  EXPECT_THAT(cli_.out, HasSubstr("base: baseline main\n"));
  EXPECT_EQ(cli_.Run({"compare", "baseline:main", "21"}), 0) << cli_.err;
  // Runs that it names alone count.
  cli_.fleet.baselines[0].runs = {RunId{201}, RunId{203}};
  EXPECT_EQ(cli_.Run({"compare", "baseline:main", "21", "--metric", "latency"}), 0);
  EXPECT_THAT(cli_.out, HasSubstr("2×10, 5×10"));
  EXPECT_EQ(cli_.Run({"check", "21", "--baseline", "mian"}), 1);
  EXPECT_THAT(cli_.err, HasSubstr("baseline 'mian'"));
}

TEST_F(SideHistoryTest, HistoryIsThatOfOtherJobsByRevision) {
  AddPoint(20, "a1b2c3d4e5f60718", 2e8);  // of a compared job
  AddPoint(1, "r1", 90);
  AddPoint(2, "r1", 110);
  AddPoint(3, "", 100);
  AddPoint(4, "", 101);
  AddPoint(5, "r5", 0);  // of a summary without a median
  cli_.fleet.history = {history_};
  FakeClient client(&cli_.fleet);
  Side side("main");
  ASSERT_TRUE(AddResults(cli_.fleet.results[20], {}, &side).ok());
  ASSERT_TRUE(AddHistory(client, {JobId{20}, JobId{21}}, Side("new"), &side).ok());
  for (const SideSeries& series : side.series()) {
    if (series.name.metric != "latency") continue;
    EXPECT_EQ(series.history, (std::vector<std::vector<double>>{{90, 110}, {100}, {101}}));
  }
}

// A regression that nobody mends is one on the tenth day as on the first.
TEST_F(SideHistoryTest, ARegressionThatStaysIsFoundEachTime) {
  for (int i = 0; i < 12; ++i) {
    AddPoint(1 + i, "r" + std::to_string(i), 1e8 * (1 + 0.001 * (i % 4)), i - 20);
  }
  AddPoint(22, "slow", 1.3e8, -1);  // another job of what is on trial, whenever it ran
  cli_.fleet.results[21].job.status.revision = "slow";
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(Check(), 3) << "revision " << i << "\n" << cli_.out;
    AddPoint(100 + i, "slow" + std::to_string(i), 1.3e8, i);  // the first of the same time
  }
}

TEST_F(SideHistoryTest, WhatTheHistoryShowsNowAndThenIsNoRegression) {
  // Single runs of one and the same revision were as far apart as the two sides are.
  for (uint64_t i = 0; i < 15; ++i) {
    AddPoint(100 + i, "r" + std::to_string(i), 1e8, -1);
    AddPoint(200 + i, "r" + std::to_string(i), i % 2 == 0 ? 2e8 : 1.01e8, -1);
  }
  EXPECT_EQ(Check(), 0) << cli_.out;
  EXPECT_THAT(cli_.out, HasSubstr("undecided"));
}

TEST_F(SideHistoryTest, ABlessedShiftPassesAndNoLargerOne) {
  Blessing blessing;
  blessing.series.key = history_.series.key;
  blessing.shift_low = std::log(1.25);
  blessing.shift_high = std::log(1.35);
  blessing.author = "alice";
  blessing.reason = "bigger circuit";
  cli_.fleet.blessings = {blessing};
  EXPECT_EQ(Check(), 0) << cli_.out;
  EXPECT_THAT(cli_.out, HasSubstr("accepted [1]"));
  EXPECT_THAT(cli_.out, HasSubstr("bigger circuit"));
  cli_.fleet.blessings[0].shift_high = std::log(1.26);
  EXPECT_EQ(Check(), 3);
  cli_.fleet.blessings[0].shift_high = std::log(1.35);
  cli_.fleet.blessings[0].series.key.metric = "prove";
  EXPECT_EQ(Check(), 3);
  // A difference that was blessed: 30 ms more than 100 ms.
  blessing.logarithmic = false;
  blessing.before = 1e8;
  blessing.shift_low = 0.25e8;
  blessing.shift_high = 0.35e8;
  cli_.fleet.blessings = {blessing};
  EXPECT_EQ(Check(), 0);
}

}  // namespace
}  // namespace benchfleet
