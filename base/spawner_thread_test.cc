#include "base/spawner_thread.h"

#include <atomic>
#include <csignal>
#include <future>

#include "base/spawner_test_util.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using Way = ExitReport::Way;

class SpawnerThreadTest : public ::testing::Test {
 protected:
  void SetUp() override {
    loop_.Start();
    SpawnerOptions options;
    options.grace = absl::Milliseconds(200);
    absl::StatusOr<std::unique_ptr<SpawnerThread>> thread = SpawnerThread::Start(options, &loop_);
    ASSERT_TRUE(thread.ok()) << Message(thread.status());
    spawner_ = *std::move(thread);
  }
  void TearDown() override {
    spawner_.reset();
    loop_.Stop();
  }

  // The callback checks that it is on the loop.
  SpawnerThread::OnExit Into(std::promise<ExitReport>* promise) {
    return [this, promise](const ExitReport& report) {
      EXPECT_TRUE(loop_.IsCurrent());
      promise->set_value(report);
    };
  }

  ThreadLoop loop_{"test"};
  std::unique_ptr<SpawnerThread> spawner_;
};

TEST_F(SpawnerThreadTest, CallsBackOnTheLoop) {
  std::promise<ExitReport> exited;
  std::promise<ExitReport> failed;
  const absl::StatusOr<uint64_t> id = spawner_->Spawn(Shell("exit 3"), Into(&exited));
  ASSERT_TRUE(id.ok());
  ASSERT_TRUE(spawner_->Spawn(Command({"/nowhere/prover"}), Into(&failed)).ok());
  const ExitReport report = exited.get_future().get();
  EXPECT_EQ(report.id, *id);
  EXPECT_EQ(report.Describe(), "/bin/sh exited with code 3");
  EXPECT_EQ(failed.get_future().get().Describe(),
            "could not start /nowhere/prover: No such file or directory (execve)");
  EXPECT_EQ(spawner_->Spawn(Command({}), Into(&failed)).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(SpawnerThreadTest, SignalsAndStops) {
  std::promise<ExitReport> killed;
  std::promise<ExitReport> stopped;
  const uint64_t id = *spawner_->Spawn(Command({"sleep", "1000"}), Into(&killed));
  ASSERT_TRUE(spawner_->Spawn(Command({"sleep", "1000"}), Into(&stopped)).ok());
  ASSERT_TRUE(spawner_->Signal(id, SIGUSR1).ok());
  EXPECT_EQ(killed.get_future().get().code, SIGUSR1);
  spawner_->Stop();
  const ExitReport report = stopped.get_future().get();
  EXPECT_EQ(report.way, Way::kSignalled);
  EXPECT_EQ(report.code, SIGTERM) << "the last reports come before the end";
  EXPECT_EQ(spawner_->Spawn(Command({"true"}), Into(&stopped)).status().code(),
            absl::StatusCode::kUnavailable);
  spawner_->Stop();
}

TEST_F(SpawnerThreadTest, ManyThreadsMaySpawn) {
  constexpr int kEach = 50;
  std::atomic<int> succeeded = 0;
  std::atomic<int> called = 0;
  std::promise<void> all;
  const auto count = [&](const ExitReport& report) {
    succeeded += report.succeeded() ? 1 : 0;
    if (++called == 4 * kEach) all.set_value();
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < kEach; ++k) {
        EXPECT_TRUE(spawner_->Spawn(Command({"/bin/true"}), count).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  all.get_future().wait();
  EXPECT_EQ(succeeded, 4 * kEach);
}

TEST_F(SpawnerThreadTest, ALostSpawnerIsReportedOnce) {
  std::promise<ExitReport> lost;
  ASSERT_TRUE(spawner_->Spawn(Command({"sleep", "1000"}), Into(&lost)).ok());
  kill(spawner_->spawner_pid(), SIGKILL);
  EXPECT_EQ(lost.get_future().get().way, Way::kSpawnerLost);
  EXPECT_EQ(spawner_->Spawn(Command({"true"}), Into(&lost)).status().code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace benchfleet
