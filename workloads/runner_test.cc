// The real bench-runner, driven as the agent drives it.
#include <sys/wait.h>

#include "gtest/gtest.h"
#include "proto/convert.h"
#include "workloads/runner_process.h"

namespace benchfleet {
namespace {

RunnerRequest Request(const std::string& workload, const StringMap& parameters = {}) {
  RunnerRequest request;
  request.spec.workload = workload;
  request.spec.parameters = parameters;
  request.spec.measurement.warmup = 2;
  request.spec.measurement.min_samples = 10;
  request.spec.measurement.max_samples = 20;
  request.spec.measurement.max_time = absl::Milliseconds(100);
  return request;
}

TEST(RunnerTest, ARunArrivesWhole) {
  const RunnerResult result = DriveRunner(Request("crypto.sha256", {{"size", "64"}}), {});
  ASSERT_TRUE(result.stream.ok()) << result.stream;
  EXPECT_EQ(result.wait_status, 0) << result.output;
  ASSERT_NE(result.started(), nullptr);
  EXPECT_GT(result.started()->clock_pair_ns, 0);
  ASSERT_NE(result.finished(), nullptr);
  EXPECT_EQ(result.finished()->outcome, Outcome::kOk) << result.finished()->message;
  EXPECT_GE(result.Values("latency").size(), 10u);
  uint64_t samples = 0;
  for (const RunnerEvent& event : result.events) {
    if (const auto* chunk = std::get_if<SampleChunk>(&event)) samples += chunk->count;
  }
  EXPECT_EQ(result.finished()->sample_counts.at("latency"), samples);
}

TEST(RunnerTest, ARunThatCannotStartIsDeliveredAndExitsWithZero) {
  const RunnerResult result = DriveRunner(Request("crypto.sha265"), {});
  EXPECT_EQ(result.wait_status, 0);
  ASSERT_EQ(result.events.size(), 1u);
  EXPECT_EQ(result.finished()->outcome, Outcome::kNotStarted);
  EXPECT_EQ(result.finished()->message,
            "this host has no workload 'crypto.sha265' (did you mean 'crypto.sha256'?)");
}

TEST(RunnerTest, TheListIsJsonThatTheAgentReads) {
  const ShellResult list = Shell(RunnerPath() + " --list");
  EXPECT_EQ(list.exit_code, 0);
  const auto workloads = WorkloadsFromJson(list.output);
  ASSERT_TRUE(workloads.ok()) << workloads.status();
  bool seen = false;
  for (const WorkloadDescription& workload : *workloads) {
    if (workload.name != "crypto.sha256") continue;
    seen = true;
    EXPECT_EQ(workload.unavailable, "");
    EXPECT_EQ(workload.parameters.front().name, "size");
    EXPECT_EQ(workload.metrics.front().name, "latency");
  }
  EXPECT_TRUE(seen);
}

TEST(RunnerTest, WithoutASocketItSaysSo) {
  const ShellResult result = Shell(RunnerPath() + " --fd 9");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.output, "bench-runner: descriptor 9 (--fd): Bad file descriptor\n");
}

TEST(RunnerTest, ARequestThatIsNoneIsAnError) {
  const ShellResult result = Shell("echo garbage | " + RunnerPath() + " --fd 0");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.output.find("bench-runner: "), std::string::npos);
}

TEST(RunnerTest, ByHandItPrintsATable) {
  const ShellResult result = Shell(RunnerPath() + " --run crypto.sha256 -p size=64 -p size=128" +
                                   " --max-time 20ms --warmup 2");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.output.find("crypto.sha256 size=128\nmetric "), 0u) << result.output;
  for (const char* row : {"\nlatency ", "\nthroughput ", "\nclock_pair_ns: "}) {
    EXPECT_NE(result.output.find(row), std::string::npos) << result.output;
  }
}

TEST(RunnerTest, ByHandItSaysWhatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"--run crypto.sha265", "bench-runner: not started: this host has no workload"},
      {"--run crypto.sha256 -p size", "--param: 'size' is not of the form name=value"},
      {"--run crypto.sha256 --max-time 5", "--max-time: '5' is not a duration"},
      {"--run exec -p argv='[\"false\"]'", "bench-runner: failed: exec: measuring: false exited"},
      {"--run bench.noop --list", "--list excludes --run"},
      {"--param a=b", "--param requires --run"},
  };
  for (const auto& [arguments, message] : cases) {
    const ShellResult result = Shell(RunnerPath() + " " + arguments);
    EXPECT_NE(result.exit_code, 0) << arguments;
    EXPECT_NE(result.output.find(message), std::string::npos) << result.output;
  }
}

// bench.noop is the plainest proof: the pair of readings is spread over the batch.
TEST(RunnerTest, AnEmptyBodyIsMeasuredAsNearlyNothing) {
  const RunnerResult result = DriveRunner(Request("bench.noop"), {});
  ASSERT_NE(result.finished(), nullptr);
  EXPECT_GT(std::stoull(result.finished()->facts.at("batch_operations")), 1000u);
}

}  // namespace
}  // namespace benchfleet
