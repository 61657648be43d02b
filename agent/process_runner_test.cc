#include "agent/process_runner.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>

#include "agent/process_runner_fixture.h"
#include "base/limits.h"

namespace benchfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST_F(ProcessRunnerTest, AGoodRunTellsAll) {
  const RunFinished finished = Run("all-well");
  EXPECT_EQ(finished.outcome, Outcome::kOk);
  EXPECT_EQ(finished.message, "");
  EXPECT_EQ(listener_.samples(kRun7), 120);
  EXPECT_EQ(listener_.started(kRun7)->metrics[0].name, "latency");
  EXPECT_GT(finished.usage.wall_ns, 0);
  EXPECT_GT(finished.usage.max_rss_bytes, 0);
  EXPECT_GE(finished.finished_at, finished.started_at);
  EXPECT_TRUE(finished.before.values.contains("load1"));
  EXPECT_TRUE(finished.after.values.contains("elapsed_seconds"));
  EXPECT_NE(finished.after.boot_id, "");
}

TEST_F(ProcessRunnerTest, WhatTheRunnerSaysOfItsEndStands) {
  const RunFinished finished = Run("start invalid");
  EXPECT_EQ(finished.outcome, Outcome::kInvalid);
  EXPECT_EQ(finished.message, "so it said");
  Start(RunId{8}, "not-started");
  EXPECT_EQ(listener_.AwaitFinished(RunId{8}).outcome, Outcome::kNotStarted);
}

TEST_F(ProcessRunnerTest, ARunHasSurroundingsOfItsOwn) {
  std::filesystem::create_directories(options_.scratch_dir + "/run-3");  // of an agent that died
  RunFinished finished = Run("surroundings");
  ASSERT_EQ(finished.outcome, Outcome::kOk) << finished.message;
  EXPECT_EQ(finished.facts["cwd"], options_.scratch_dir + "/run-7");
  EXPECT_EQ(finished.facts["core"], "0");
  EXPECT_EQ(finished.facts["files"], "1024");
  EXPECT_EQ(finished.facts["alone"], "yes");
  EXPECT_THAT(std::filesystem::directory_iterator(options_.scratch_dir),
              std::filesystem::directory_iterator());
}

struct BadEnd {
  const char* name;
  const char* steps;
  Outcome outcome;
  const char* reason;
  uint64_t samples;
};

void PrintTo(const BadEnd& end, std::ostream* out) { *out << end.name; }

class BadEndTest : public ProcessRunnerTest, public ::testing::WithParamInterface<BadEnd> {};

TEST_P(BadEndTest, IsAnOutcomeWithAReason) {
  const RunFinished finished = Run(GetParam().steps);
  EXPECT_EQ(finished.outcome, GetParam().outcome) << finished.message;
  EXPECT_THAT(finished.message, HasSubstr(GetParam().reason));
  EXPECT_EQ(listener_.samples(kRun7), GetParam().samples);
  Start(RunId{8}, "all-well");  // and life goes on
  EXPECT_EQ(listener_.AwaitFinished(RunId{8}).outcome, Outcome::kOk);
}

constexpr BadEnd kBadEnds[] = {
    {"Garbage", "garbage sleep", Outcome::kGarbled, "cannot be trusted", 0},
    {"GarbageLater", "start samples short-garbage sleep", Outcome::kGarbled, "cannot be trusted",
     10},
    {"EndlessFrame", "endless-frame sleep", Outcome::kGarbled, "cannot be trusted", 0},
    {"HalfFrame", "start half-frame", Outcome::kGarbled, "cut short", 0},
    {"Gap", "start samples gap sleep", Outcome::kGarbled, "from number 11 on came after 10", 10},
    {"Stranger", "start stranger sleep", Outcome::kGarbled, "'height', which was not declared", 0},
    {"Early", "samples sleep", Outcome::kGarbled, "which was not declared", 0},
    {"StartedTwice", "start start sleep", Outcome::kGarbled, "started twice", 0},
    {"Miscounted", "start samples finish-120", Outcome::kGarbled,
     "sent 120 samples of 'latency', and 10 came", 10},
    {"AfterTheEnd", "all-well finish-120", Outcome::kGarbled, "after the last one", 120},
    {"ClosesItsPipe", "start close sleep", Outcome::kGarbled, "closed its pipe and went on", 0},
    {"Silent", "start complain exit-3", Outcome::kCrashed,
     "exited with code 3 and left without a word: no such file", 0},
    {"Segfault", "start samples segfault", Outcome::kCrashed, "signal 11 (Segmentation fault)", 10},
    {"CrashAtExit", "all-well abort", Outcome::kCrashed, "signal 6 (Aborted) after it had finished",
     120},
};
INSTANTIATE_TEST_SUITE_P(All, BadEndTest, ::testing::ValuesIn(kBadEnds),
                         [](const auto& which) { return which.param.name; });

TEST_F(ProcessRunnerTest, WhatItSentCountsWhereItsExitIsKnownFirst) {
  Start(RunId{8}, "all-well");
  EXPECT_EQ(listener_.AwaitFinished(RunId{8}).outcome, Outcome::kOk);
  // While the loop is busy the first message is read, then the exit is told; the rest comes later.
  OnLoop([&] {
    RunSpec spec;
    spec.workload = "start linger samples finish-120";
    spec.timeout = absl::Minutes(5);
    runner_->Start(kRun7, spec, &listener_);
    absl::SleepFor(absl::Milliseconds(300));
  });
  const RunFinished finished = listener_.AwaitFinished(kRun7);
  EXPECT_EQ(finished.outcome, Outcome::kGarbled);
  EXPECT_THAT(finished.message, HasSubstr("sent 120 samples of 'latency', and 10 came"));
}

TEST_F(ProcessRunnerTest, ARunThatTakesTooLongIsEnded) {
  const RunFinished finished = Run("start samples sleep", absl::Milliseconds(500));
  EXPECT_EQ(finished.outcome, Outcome::kTimedOut);
  EXPECT_THAT(finished.message, HasSubstr("longer than its timeout of 500ms"));
  EXPECT_EQ(listener_.samples(kRun7), 10);
}

TEST_F(ProcessRunnerTest, ARunThatIgnoresTermIsKilled) {
  const RunFinished finished = Run("ignore-term start sleep", absl::Milliseconds(500));
  EXPECT_EQ(finished.outcome, Outcome::kTimedOut);
}

TEST_F(ProcessRunnerTest, StopGivesTheReasonOfTheFirstStop) {
  Start(kRun7, "start samples sleep");
  listener_.AwaitStarted(kRun7);
  Stop(kRun7, Outcome::kCancelled, "cancelled");
  Stop(kRun7, Outcome::kFailed, "too late");
  const RunFinished finished = listener_.AwaitFinished(kRun7);
  EXPECT_EQ(finished.outcome, Outcome::kCancelled);
  EXPECT_EQ(finished.message, "cancelled");
  Stop(kRun7, Outcome::kFailed, "long gone");
}

TEST_F(ProcessRunnerTest, ARunnerThatStaysAfterItsEndIsEndedAndItsResultKept) {
  EXPECT_EQ(Run("all-well sleep").outcome, Outcome::kOk);
}

TEST_F(ProcessRunnerTest, ChildrenThatARunLeavesAreKilled) {
  EXPECT_EQ(Run("leave-child all-well").outcome, Outcome::kOk);
  Start(RunId{8}, "leave-runaway all-well");
  EXPECT_EQ(listener_.AwaitFinished(RunId{8}).outcome, Outcome::kOk);
}

TEST_F(ProcessRunnerTest, KeepsTheEndOfAFloodAsText) {
  const RunFinished finished = Run("flood all-well");
  EXPECT_EQ(finished.outcome, Outcome::kOk);
  EXPECT_LE(finished.stdout_tail.size(), limits::kMaxOutputTailBytes);
  EXPECT_THAT(finished.stdout_tail, EndsWith("x\xef\xbf\xbd\xef\xbf\xbd end of flood"));
}

TEST_F(ProcessRunnerTest, BoundsFacts) {
  const RunFinished finished = Run("start many-facts");
  EXPECT_EQ(finished.outcome, Outcome::kOk);
  size_t bytes = 0;
  for (const auto& [name, value] : finished.facts) bytes += name.size() + value.size();
  EXPECT_LE(bytes, 65u << 10);
  EXPECT_THAT(finished.facts.at("facts_left_out"), Not(IsEmpty()));
}

TEST_F(ProcessRunnerTest, RunsInParallel) {
  for (uint64_t i = 1; i <= 5; ++i) Start(RunId{i}, "start samples sleep");
  for (uint64_t i = 1; i <= 5; ++i) listener_.AwaitStarted(RunId{i});
  for (uint64_t i = 1; i <= 5; ++i) Stop(RunId{i}, Outcome::kCancelled, "enough");
  for (uint64_t i = 1; i <= 5; ++i) {
    EXPECT_EQ(listener_.AwaitFinished(RunId{i}).outcome, Outcome::kCancelled);
  }
}

TEST_F(ProcessRunnerTest, AMissingRunnerIsNotStarted) {
  options_.command = {"/no/such/bench-runner"};
  const RunFinished finished = Run("all-well");
  EXPECT_EQ(finished.outcome, Outcome::kNotStarted);
  EXPECT_THAT(finished.message, HasSubstr("/no/such/bench-runner"));
}

TEST_F(ProcessRunnerTest, ParametersThatAreTooLargeAreSaidSo) {
  Start(RunId{1}, "all-well");
  RunSpec spec;
  spec.workload = "all-well";
  spec.parameters["p"] = std::string(2'000'000, 'p');
  OnLoop([&] { runner_->Start(kRun7, spec, &listener_); });
  const RunFinished finished = listener_.AwaitFinished(kRun7);
  EXPECT_EQ(finished.outcome, Outcome::kNotStarted);
  EXPECT_THAT(finished.message, HasSubstr("more than a runner can be sent"));
}

TEST_F(ProcessRunnerTest, DestructionEndsRunsSilently) {
  Start(kRun7, "ignore-term start sleep");
  listener_.AwaitStarted(kRun7);
  OnLoop([this] { runner_ = nullptr; });
  OnLoop([] {});
  EXPECT_TRUE(listener_.started(kRun7).has_value());
}

// Where the host lets us make groups.
TEST_F(ProcessRunnerTest, HasFiguresOfTheControlGroup) {
  const RunFinished finished = Run("start work finish");
  ASSERT_EQ(finished.outcome, Outcome::kOk);
  if (finished.usage.cgroup.empty()) GTEST_SKIP() << "no control groups to be had here";
  ASSERT_TRUE(finished.usage.cgroup.contains("cpu.usage_usec"));
  const double own_us =
      static_cast<double>(finished.usage.user_ns + finished.usage.system_ns) / 1e3;
  EXPECT_GT(finished.usage.cgroup.at("cpu.usage_usec"), own_us / 2);
  EXPECT_LT(finished.usage.cgroup.at("cpu.usage_usec"), own_us * 2);
}

TEST_F(ProcessRunnerTest, ARunOfAPlugInIsToldOfThatOneAlone) {
  options_.command = {"/bin/sh", "-c", "echo \"$@\" >&2", "runner"};
  OnLoop([this] {
    auto runner = ProcessRunner::Create(options_, &loop_);
    ASSERT_TRUE(runner.ok()) << runner.status();
    runner_ = *std::move(runner);
    runner_->SetPlugins({{"example.sort", "/plugins/lookup.so"}});
  });
  EXPECT_EQ(Run("example.sort").stderr_tail, "--plugin /plugins/lookup.so --fd 3\n");
  Start(RunId{8}, "crypto.sha256");
  EXPECT_EQ(listener_.AwaitFinished(RunId{8}).stderr_tail, "--fd 3\n");
}

}  // namespace
}  // namespace benchfleet
