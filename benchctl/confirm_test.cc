#include "benchctl/confirm.h"

#include "base/ids.h"
#include "base/status.h"
#include "benchctl/cli_harness.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using ::testing::HasSubstr;

constexpr char kNewArgv[] = R"(["./prove","a"])";
constexpr char kBaseArgv[] = R"(["/srv/old/prove","a"])";

class ConfirmTest : public testing::Test {
 protected:
  // Job 20 was a third faster than 21. What both are when they run again, and how many pairs.
  void Again(double base, double candidate, uint32_t pairs) {
    cli_.fleet.results[20] = CannedExecJob(20, kNewArgv, 1e8, &random_);
    cli_.fleet.results[21] = CannedExecJob(21, kNewArgv, 1.3e8, &random_);
    JobResults again;
    again.job.status = CannedStatus(15, "confirm", State::kRunning, 2 * pairs, 40);
    for (uint32_t i = 0; i < pairs; ++i) {
      again.runs.push_back(CannedExecRun(500 + 2 * i, kNewArgv, i, candidate, &random_));
      again.runs.push_back(CannedExecRun(501 + 2 * i, kBaseArgv, i, base, &random_));
    }
    cli_.fleet.results[15] = again;
    cli_.fleet.plays = {{{again.job.status}, absl::OkStatus()}};
    cli_.fleet.plays_done = 0;
  }
  int Check(const std::vector<std::string>& more) {
    std::vector<std::string> words = {"check",     "21",       "--against", "20",
                                      "--confirm", "--metric", "latency"};
    words.insert(words.end(), more.begin(), more.end());
    return cli_.Run(words);
  }

  CliHarness cli_;
  Random random_{5};
};

TEST_F(ConfirmTest, PairsThatAgreeConfirmAndEndTheJobEarly) {
  Again(1e8, 1.3e8, 6);
  EXPECT_EQ(Check({"--base-program", "/srv/old/prove", "--format", "json"}), 3) << cli_.err;
  EXPECT_THAT(cli_.out, HasSubstr("; confirmed, run again in pairs (job 15): +"));
  EXPECT_THAT(cli_.out, HasSubstr("over 6 pairs"));
  ASSERT_EQ(cli_.fleet.cancelled.size(), 1u);
  EXPECT_EQ(cli_.fleet.cancelled[0].second, "the pairs have decided");
  ASSERT_EQ(cli_.fleet.submitted.size(), 1u);
  const JobSpec& spec = cli_.fleet.submitted[0];
  EXPECT_EQ(spec.hosts, (std::vector<HostSelection>{HostSelection{"name=local-1", 0}}));
  EXPECT_EQ(spec.runs, 20u);
  EXPECT_TRUE(spec.interleave);
  EXPECT_EQ(spec.measurement.min_samples, 7u);
  ASSERT_EQ(spec.workloads.size(), 2u);
  EXPECT_EQ(spec.workloads[0].parameters.at("argv"), std::vector<std::string>{kNewArgv});
  EXPECT_EQ(spec.workloads[1].parameters.at("argv"), std::vector<std::string>{kBaseArgv});
}

TEST_F(ConfirmTest, WhatDoesNotHappenAgainIsNoRegression) {
  Again(1e8, 1e8, 20);
  EXPECT_EQ(Check({"--base-program", "/srv/old/prove"}), 0) << cli_.out;
  EXPECT_THAT(cli_.out, HasSubstr("was not confirmed, run again in pairs (job 15)"));
  EXPECT_THAT(cli_.out, HasSubstr("undecided"));
  Again(1.3e8, 1e8, 20);
  EXPECT_EQ(Check({"--base-program", "/srv/old/prove"}), 0);
  EXPECT_THAT(cli_.out, HasSubstr("an improvement"));
}

TEST_F(ConfirmTest, RunsThatFailConfirmNothing) {
  Again(1e8, 1.3e8, 6);
  for (RunData& run : cli_.fleet.results[15].runs) {
    run.result.finished.outcome = Outcome::kNotStarted;
  }
  EXPECT_EQ(Check({"--base-program", "/srv/old/prove"}), 0);
  EXPECT_THAT(cli_.out, HasSubstr("no pair; 12 runs failed"));
}

TEST_F(ConfirmTest, WhatCannotBeRunAgainIsSaid) {
  Again(1e8, 1.3e8, 6);
  EXPECT_EQ(Check({}), 1);
  EXPECT_THAT(cli_.err, HasSubstr("only one build can be there now; say where the old one is"));
  EXPECT_EQ(cli_.fleet.submitted.size(), 0u);
  ComparisonRow row;
  row.series = {"crypto.sha256", {{"size", "1KiB"}}, "latency"};
  EXPECT_THAT(Message(ConfirmJob(row, {.base_program = "x", .measurement = {}}).status()),
              HasSubstr("crypto.sha256 size=1KiB latency cannot be run again"));
  EXPECT_EQ(cli_.Run({"check", "21", "--against", "20", "--base-program", "x"}), 2);
}

}  // namespace
}  // namespace benchfleet
