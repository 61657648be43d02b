#include "benchctl/confirm.h"

#include "base/ids.h"
#include "base/status.h"
#include "benchctl/cli_harness.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kNewArgv[] = R"(["./prove","a"])";
constexpr char kBaseArgv[] = R"(["/srv/old/prove","a"])";
const StringMap kNewSize = {{"size", "2KiB"}};
const StringMap kBaseSize = {{"size", "1KiB"}};

// Runs of a program, as if a workload of that name had measured.
JobResults MeasuredJob(uint64_t job, const std::string& workload, const StringMap& parameters,
                       double center, Random* random) {
  JobResults results = CannedExecJob(job, "", center, random);
  for (RunData& run : results.runs) {
    run.result.workload = workload;
    run.result.parameters = parameters;
  }
  return results;
}

class ConfirmTest : public testing::Test {
 protected:
  ConfirmTest() {
    // Job 20 was a third faster than 21, and both ran the same command.
    cli_.fleet.results[20] = CannedExecJob(20, kNewArgv, 1e8, &random_);
    cli_.fleet.results[21] = CannedExecJob(21, kNewArgv, 1.3e8, &random_);
  }
  // Two cells of a workload instead of a command.
  void Cells(const std::string& workload, const StringMap& base, const StringMap& candidate) {
    cli_.fleet.results[20] = MeasuredJob(20, workload, base, 1e8, &random_);
    cli_.fleet.results[21] = MeasuredJob(21, workload, candidate, 1.3e8, &random_);
  }
  // What the job that confirms measures, of cells that are called so.
  void Again(const StringMap& base, double base_center, const StringMap& candidate,
             double candidate_center, uint32_t pairs) {
    JobResults again;
    again.job.status = CannedStatus(15, "confirm", State::kRunning, 2 * pairs, 40);
    const std::string workload = cli_.fleet.results[21].runs[0].result.workload;
    for (uint32_t i = 0; i < pairs; ++i) {
      for (const auto& [parameters, center] :
           {std::pair{candidate, candidate_center}, std::pair{base, base_center}}) {
        again.runs.push_back(CannedExecRun(500 + again.runs.size(), "", i, center, &random_));
        again.runs.back().result.workload = workload;
        again.runs.back().result.parameters = parameters;
      }
    }
    cli_.fleet.results[15] = again;
    cli_.fleet.plays = {{{again.job.status}, absl::OkStatus()}};
    cli_.fleet.plays_done = 0;
  }
  void AgainExec(double base, double candidate, uint32_t pairs) {
    Again({{"argv", kBaseArgv}}, base, {{"argv", kNewArgv}}, candidate, pairs);
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
  AgainExec(1e8, 1.3e8, 6);
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
  AgainExec(1e8, 1e8, 20);
  EXPECT_EQ(Check({"--base-program", "/srv/old/prove"}), 0) << cli_.out;
  EXPECT_THAT(cli_.out, HasSubstr("was not confirmed, run again in pairs (job 15)"));
  EXPECT_THAT(cli_.out, HasSubstr("undecided"));
  AgainExec(1.3e8, 1e8, 20);
  EXPECT_EQ(Check({"--base-program", "/srv/old/prove"}), 0);
  EXPECT_THAT(cli_.out, HasSubstr("an improvement"));
}

TEST_F(ConfirmTest, ALessThanFailingShiftFailsNoMore) {
  AgainExec(1e8, 1.12e8, 20);
  EXPECT_EQ(Check({"--base-program", "/srv/old/prove", "--format", "json"}), 0) << cli_.out;
  EXPECT_THAT(cli_.out, HasSubstr("; confirmed as less than fails, run again in pairs (job 15)"));
  EXPECT_THAT(cli_.out, HasSubstr("\"severity\": \"warning\""));
}

TEST_F(ConfirmTest, RunsThatFailLeaveTheSuspectAsItIs) {
  AgainExec(1e8, 1.3e8, 6);
  for (RunData& run : cli_.fleet.results[15].runs) {
    run.result.finished.outcome = Outcome::kNotStarted;
  }
  EXPECT_EQ(Check({"--base-program", "/srv/old/prove", "--format", "json"}), 3);
  EXPECT_THAT(cli_.out, HasSubstr("not run again: job 15 gave 0 pairs where at least 3 are needed, "
                                  "12 runs failed"));
}

TEST_F(ConfirmTest, ProgramsInTwoDirectoriesAreBothRunAgain) {
  Cells("exec", {{"argv", kBaseArgv}}, {{"argv", kNewArgv}});
  AgainExec(1e8, 1.3e8, 6);
  EXPECT_EQ(Check({}), 3) << cli_.err;
  EXPECT_THAT(cli_.err, HasSubstr(R"(argv=["/srv/old/prove","a"] -> ["./prove","a"] latency)"));
  ASSERT_EQ(cli_.fleet.submitted.size(), 1u);
  const JobSpec& spec = cli_.fleet.submitted[0];
  EXPECT_EQ(spec.workloads[0].parameters.at("argv"), std::vector<std::string>{kNewArgv});
  EXPECT_EQ(spec.workloads[1].parameters.at("argv"), std::vector<std::string>{kBaseArgv});
}

TEST_F(ConfirmTest, AnyWorkloadWhoseCellsDifferIsRunAgain) {
  Cells("crypto.sha256", kBaseSize, kNewSize);
  Again(kBaseSize, 1e8, kNewSize, 1.3e8, 6);
  EXPECT_EQ(Check({"--vary", "size", "--format", "json"}), 3) << cli_.err;
  EXPECT_THAT(cli_.err, HasSubstr("confirming crypto.sha256 size=1KiB -> 2KiB latency on local-1"));
  EXPECT_THAT(cli_.out, HasSubstr("; confirmed, run again in pairs (job 15): +"));
  ASSERT_EQ(cli_.fleet.submitted.size(), 1u);
  EXPECT_EQ(cli_.fleet.submitted[0].workloads[0].parameters.at("size")[0], "2KiB");
  EXPECT_EQ(cli_.fleet.submitted[0].workloads[1].parameters.at("size")[0], "1KiB");
  EXPECT_EQ(cli_.Run({"check", "21", "--against", "20"}), 1) << "nothing in common";
}

TEST_F(ConfirmTest, TheBaseMayHaveAnotherNameNow) {
  const StringMap now = {{"circuit", "age"}, {"prover", "bb"}};
  const StringMap old = {{"circuit", "age"}, {"prover", "bb-4"}};
  Cells("proving.prove", now, now);
  EXPECT_EQ(Check({"--format", "json"}), 3);
  EXPECT_THAT(cli_.out, HasSubstr("describe the old prover under a name of its own and say "
                                  "--base-param prover=NAME"));
  EXPECT_EQ(cli_.fleet.submitted.size(), 0u);
  Again(old, 1e8, now, 1.3e8, 6);
  EXPECT_EQ(Check({"--base-param", "prover=bb-4", "--format", "json"}), 3) << cli_.err;
  EXPECT_THAT(cli_.out, HasSubstr("; confirmed, run again in pairs (job 15): +"));
  EXPECT_EQ(Check({"--base-param", "prover"}), 1);
  EXPECT_THAT(cli_.err, HasSubstr("--base-param 'prover' is not NAME=VALUE"));
}

TEST_F(ConfirmTest, ATaskOnTwoHostsIsRunAgainOnBoth) {
  Cells("net.rtt", kBaseSize, kNewSize);
  Again(kBaseSize, 1e8, kNewSize, 1.3e8, 6);
  cli_.fleet.hosts[1].connected = true;
  for (auto& [job, results] : cli_.fleet.results) {
    if (job != 15 && job != 20 && job != 21) continue;
    for (RunData& run : results.runs) {
      run.result.role = kClientRole;
      run.result.members = {{kClientRole, "local-1"}, {kServerRole, "vm-2"}};
    }
  }
  EXPECT_EQ(Check({"--vary", "size"}), 3) << cli_.err;
  ASSERT_EQ(cli_.fleet.submitted.size(), 1u);
  EXPECT_EQ(cli_.fleet.submitted[0].hosts,
            (std::vector<HostSelection>{{"name=local-1", 0, kClientRole},
                                        {"name=vm-2", 0, kServerRole}}));
  cli_.fleet.hosts[1].connected = false;
  EXPECT_EQ(Check({"--vary", "size"}), 3);
  EXPECT_THAT(cli_.err, HasSubstr("host vm-2 is not connected"));
}

TEST_F(ConfirmTest, WhatCannotBeRunAgainIsSaidAndStays) {
  EXPECT_EQ(Check({"--format", "json"}), 3);
  EXPECT_THAT(cli_.err, HasSubstr("warning: not run again: exec argv="));
  EXPECT_THAT(cli_.out, HasSubstr("; not run again: both sides ran the same command, and only one "
                                  "build can be there now; say where the old one is"));
  Cells("crypto.sha256", kBaseSize, kBaseSize);
  EXPECT_EQ(Check({"--format", "json"}), 3);
  EXPECT_THAT(cli_.out, HasSubstr("both sides are crypto.sha256 with the same parameters, and the "
                                  "old side is not on that host any more"));
  EXPECT_THAT(cli_.out, Not(HasSubstr("--base-program")));
  cli_.fleet.hosts[0].connected = false;
  EXPECT_EQ(Check({"--base-param", "size=9KiB", "--format", "json"}), 3);
  EXPECT_THAT(cli_.out, HasSubstr("not run again: host local-1 is not connected"));
  cli_.fleet.hosts.clear();
  EXPECT_EQ(Check({"--base-param", "size=9KiB", "--format", "json"}), 3);
  EXPECT_THAT(cli_.out, HasSubstr("measured on 'local-1', which is no host of this fleet"));
  EXPECT_EQ(cli_.fleet.submitted.size(), 0u);
  EXPECT_EQ(cli_.Run({"check", "21", "--against", "20", "--base-program", "x"}), 2);
  EXPECT_EQ(cli_.Run({"check", "21", "--against", "20", "--base-param", "x=y"}), 2);
}

}  // namespace
}  // namespace benchfleet
