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

}  // namespace
}  // namespace benchfleet
