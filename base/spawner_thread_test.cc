#include "base/spawner_thread.h"

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

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

  // Where the callbacks of a test put their reports.
  class Inbox {
   public:
    void Add(const ExitReport& report) {
      const std::lock_guard<std::mutex> lock(mutex_);
      reports_.push_back(report);
      added_.notify_all();
    }
    // Waits for `count` of them, oldest first.
    std::vector<ExitReport> Take(size_t count) {
      std::unique_lock<std::mutex> lock(mutex_);
      added_.wait(lock, [this, count] { return reports_.size() >= count; });
      return std::exchange(reports_, {});
    }
    ExitReport TakeOne() { return Take(1).front(); }

   private:
    std::mutex mutex_;
    std::condition_variable added_;
    std::vector<ExitReport> reports_;  // guarded by mutex_
  };

  // The callback checks that it is on the loop.
  SpawnerThread::OnExit Into(Inbox* inbox) {
    return [this, inbox](const ExitReport& report) {
      EXPECT_TRUE(loop_.IsCurrent());
      inbox->Add(report);
    };
  }

  ThreadLoop loop_{"test"};
  std::unique_ptr<SpawnerThread> spawner_;
};

TEST_F(SpawnerThreadTest, CallsBackOnTheLoop) {
  Inbox exited;
  Inbox failed;
  const absl::StatusOr<uint64_t> id = spawner_->Spawn(Shell("exit 3"), Into(&exited));
  ASSERT_TRUE(id.ok());
  ASSERT_TRUE(spawner_->Spawn(Command({"/nowhere/prover"}), Into(&failed)).ok());
  const ExitReport report = exited.TakeOne();
  EXPECT_EQ(report.id, *id);
  EXPECT_EQ(report.Describe(), "/bin/sh exited with code 3");
  EXPECT_EQ(failed.TakeOne().Describe(),
            "could not start /nowhere/prover: No such file or directory (execve)");
  EXPECT_EQ(spawner_->Spawn(Command({}), Into(&failed)).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(SpawnerThreadTest, SignalsAndStops) {
  Inbox killed;
  Inbox stopped;
  const uint64_t id = *spawner_->Spawn(Command({"sleep", "1000"}), Into(&killed));
  ASSERT_TRUE(spawner_->Spawn(Command({"sleep", "1000"}), Into(&stopped)).ok());
  ASSERT_TRUE(spawner_->Signal(id, SIGUSR1).ok());
  EXPECT_EQ(killed.TakeOne().code, SIGUSR1);
  spawner_->Stop();
  const ExitReport report = stopped.TakeOne();
  EXPECT_EQ(report.way, Way::kSignalled);
  EXPECT_EQ(report.code, SIGTERM) << "the last reports come before the end";
  EXPECT_EQ(spawner_->Spawn(Command({"true"}), Into(&stopped)).status().code(),
            absl::StatusCode::kUnavailable);
  spawner_->Stop();
}

TEST_F(SpawnerThreadTest, ManyThreadsMaySpawn) {
  constexpr size_t kEach = 50;
  Inbox inbox;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (size_t k = 0; k < kEach; ++k) {
        EXPECT_TRUE(spawner_->Spawn(Command({"/bin/true"}), Into(&inbox)).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<uint64_t> ids;
  for (const ExitReport& report : inbox.Take(4 * kEach)) {
    EXPECT_TRUE(report.succeeded()) << report.Describe();
    ids.insert(report.id);
  }
  EXPECT_EQ(ids.size(), 4 * kEach);
}

TEST_F(SpawnerThreadTest, ALostSpawnerIsReportedOnce) {
  Inbox lost;
  ASSERT_TRUE(spawner_->Spawn(Command({"sleep", "1000"}), Into(&lost)).ok());
  kill(spawner_->spawner_pid(), SIGKILL);
  EXPECT_EQ(lost.TakeOne().way, Way::kSpawnerLost);
  EXPECT_EQ(spawner_->Spawn(Command({"true"}), Into(&lost)).status().code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace benchfleet
