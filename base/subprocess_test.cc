#include "base/subprocess.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <csignal>

#include "base/spawner_test_util.h"
#include "base/status.h"
#include "base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

TEST(OutputTailTest, KeepsTheEndAndCountsTheRest) {
  OutputTail tail(8);
  EXPECT_EQ(tail.Bytes(), "");
  tail.Append("abc");
  EXPECT_EQ(tail.Bytes(), "abc");
  EXPECT_EQ(tail.dropped_bytes(), 0u);
  tail.Append("defghij");
  EXPECT_EQ(tail.Bytes(), "cdefghij");
  tail.Append("kl");
  EXPECT_EQ(tail.Bytes(), "efghijkl");
  EXPECT_EQ(tail.total_bytes(), 12u);
  EXPECT_EQ(tail.dropped_bytes(), 4u);
  tail.Append("0123456789");
  EXPECT_EQ(tail.Bytes(), "23456789");
}

TEST(OutputTailTest, AgreesWithTheWholeStreamForAllSplits) {
  for (const size_t capacity : {0u, 1u, 3u, 7u, 16u}) {
    for (size_t step = 1; step < 20; ++step) {
      OutputTail tail(capacity);
      std::string whole;
      for (char next = 'a'; next <= 'z'; ++next) {
        const std::string part(1 + static_cast<size_t>(next) % step, next);
        whole += part;
        tail.Append(part);
        const size_t kept = std::min(capacity, whole.size());
        ASSERT_EQ(tail.Bytes(), whole.substr(whole.size() - kept)) << capacity << " " << step;
        ASSERT_EQ(tail.dropped_bytes(), whole.size() - kept);
      }
    }
  }
}

TEST(OutputTailTest, TextIsAlwaysUtf8) {
  OutputTail whole(100);
  whole.Append(std::string("ok \xff\xe2\x82 \0 \xe2\x82\xac", 12));
  EXPECT_EQ(whole.Text(), "ok \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd \xef\xbf\xbd \xe2\x82\xac");
  OutputTail cut(4);
  cut.Append("\xe2\x82\xac\xe2\x82\xac");  // the first euro sign loses its lead byte
  EXPECT_EQ(cut.Text(), "\xe2\x82\xac");
  for (unsigned first = 0; first < 256; ++first) {
    for (unsigned second = 0; second < 256; ++second) {
      const char bytes[] = {static_cast<char>(first), static_cast<char>(second), 'x'};
      ASSERT_TRUE(IsUtf8(ToUtf8(std::string_view(bytes, 3))));
    }
  }
}

class RunCommandTest : public ::testing::Test {
 protected:
  CommandResult Run(const SpawnRequest& request, const CommandOptions& options = {}) {
    absl::StatusOr<CommandResult> result = RunCommand(*spawner_, request, options);
    EXPECT_TRUE(result.ok()) << Message(result.status());
    return *std::move(result);
  }

  std::unique_ptr<Spawner> spawner_ = StartTestSpawner();
};

TEST_F(RunCommandTest, CapturesBothStreams) {
  const CommandResult result = Run(Shell("echo out; echo one >&2; echo two >&2; exit 4"));
  EXPECT_EQ(result.output.Text(), "out\n");
  EXPECT_EQ(result.errors.Text(), "one\ntwo\n");
  EXPECT_EQ(result.exit.code, 4);
  EXPECT_FALSE(result.succeeded());
  EXPECT_EQ(result.Describe(), "/bin/sh exited with code 4: two");
}

TEST_F(RunCommandTest, PassesInputOfAnySize) {
  CommandOptions options;
  options.stdin_bytes = std::string(3 << 20, 'x') + "end";
  EXPECT_EQ(Run(Command({"wc", "-c"}), options).output.Text(), "3145731\n");
  EXPECT_TRUE(Run(Command({"true"}), options).succeeded()) << "nobody must read it";
  EXPECT_EQ(Run(Command({"wc", "-c"})).output.Text(), "0\n");
}

TEST_F(RunCommandTest, LargeOutputIsBounded) {
  CommandOptions options;
  options.output_bytes_max = 1000;
  const CommandResult result =
      Run(Shell("head -c 50000000 /dev/zero; echo; echo the end"), options);
  EXPECT_TRUE(result.succeeded());
  EXPECT_EQ(result.output.total_bytes(), 50000009u);
  EXPECT_EQ(result.output.Bytes().size(), 1000u);
  EXPECT_THAT(result.output.Bytes(), ::testing::EndsWith("\nthe end\n"));
}

TEST_F(RunCommandTest, TooSlowIsTermed) {
  CommandOptions options;
  options.timeout = absl::Milliseconds(20);
  const CommandResult result = Run(Shell("echo begun; exec sleep 1000"), options);
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.exit.code, SIGTERM);
  EXPECT_EQ(result.Describe(),
            "/bin/sh was killed by signal 15 (Terminated) after its time was up");
}

TEST_F(RunCommandTest, ItsTimeIsUpOnceTheStopDescriptorIsReadable) {
  CommandOptions options;
  options.timeout = absl::InfiniteDuration();
  options.stop_fd = eventfd(1, EFD_CLOEXEC);
  const CommandResult result = Run(Shell("exec sleep 1000"), options);
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.exit.code, SIGTERM);
  close(options.stop_fd);
}

TEST_F(RunCommandTest, AForkHeavyChildThatIgnoresTermIsKilled) {
  CommandOptions options;
  options.timeout = absl::Seconds(1);  // for it to have children even on a busy machine
  options.kill_grace = absl::Milliseconds(50);
  const CommandResult result = Run(
      Shell("trap '' TERM; while :; do sh -c 'trap \"\" TERM; sleep 1000; :' & sleep 0.002; done"),
      options);
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.exit.code, SIGKILL);
  EXPECT_TRUE(result.exit.descendants_killed);
  EXPECT_FALSE(result.exit.descendants_left);
  EXPECT_TRUE(ChildrenOf(spawner_->spawner_pid()).empty());
}

TEST_F(RunCommandTest, AMissingProgramIsAResult) {
  const CommandResult result = Run(Command({"no-such-tool"}));
  EXPECT_EQ(result.exit.way, ExitReport::Way::kNotStarted);
  EXPECT_EQ(result.Describe(), "could not start no-such-tool: No such file or directory (execve)");
}

TEST_F(RunCommandTest, OtherChildrenGoOn) {
  const uint64_t other = *spawner_->Spawn(Shell("exit 9"));
  EXPECT_TRUE(Run(Shell("sleep 0.1")).succeeded());
  EXPECT_EQ(spawner_->Wait(other)->code, 9);
}

}  // namespace
}  // namespace benchfleet
