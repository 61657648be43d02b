// Runs of misbehaving-runner through a real ProcessRunner, and a listener that waits for what they
// tell. Private to the tests of agent/.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "agent/process_runner.h"
#include "base/task_loop.h"

namespace benchfleet {

// Collects what a run tells; the test waits for it.
class RunListener : public RunEvents {
 public:
  void OnRunStarted(RunId run, RunStarted started) override {
    Take(run, [&](Told& told) { told.started = std::move(started); });
  }
  void OnRunReady(RunId run, RunnerReady ready) override {
    Take(run, [&](Told& told) { told.ready = std::move(ready); });
  }
  void OnRunChunk(RunId run, SampleChunk chunk) override {
    Take(run, [&](Told& told) { told.samples += chunk.count; });
  }
  void OnRunFinished(RunId run, RunFinished finished) override {
    Take(run, [&](Told& told) {
      EXPECT_FALSE(told.finished.has_value()) << "finished twice";
      told.finished = std::move(finished);
    });
  }

  RunFinished AwaitFinished(RunId run) {
    return Await(run, [](const Told& told) { return told.finished.has_value(); })
        .finished.value_or(RunFinished());
  }
  void AwaitStarted(RunId run) {
    Await(run, [](const Told& told) { return told.started.has_value(); });
  }
  RunnerReady AwaitReady(RunId run) {
    return Await(run, [](const Told& told) { return told.ready || told.finished; })
        .ready.value_or(RunnerReady());
  }
  uint64_t samples(RunId run) { return told(run).samples; }
  std::optional<RunStarted> started(RunId run) { return told(run).started; }

 private:
  struct Told {
    std::optional<RunStarted> started;
    std::optional<RunnerReady> ready;
    uint64_t samples = 0;
    std::optional<RunFinished> finished;
  };

  void Take(RunId run, const std::function<void(Told&)>& change) {
    const std::lock_guard<std::mutex> lock(mutex_);
    change(told_[run]);
    changed_.notify_all();
  }
  Told Await(RunId run, const std::function<bool(const Told&)>& condition) {
    std::unique_lock<std::mutex> lock(mutex_);
    EXPECT_TRUE(
        changed_.wait_for(lock, std::chrono::minutes(2), [&] { return condition(told_[run]); }))
        << "of run " << run.value;
    return told_[run];
  }
  Told told(RunId run) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return told_[run];
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<RunId, Told> told_;
};

class ProcessRunnerTest : public ::testing::Test {
 protected:
  static constexpr RunId kRun7{7};

  ProcessRunnerTest() {
    directory_ = ::testing::TempDir() + "process_runner_test";
    options_.command = {std::string(std::getenv("BENCHFLEET_BIN_DIR")) +
                        "/../tests/misbehaving-runner"};
    options_.scratch_dir = directory_ + "/scratch";
    options_.kill_grace = absl::Milliseconds(300);
    options_.exit_grace = absl::Milliseconds(300);
    loop_.Start();
  }
  ~ProcessRunnerTest() override {
    OnLoop([this] { runner_ = nullptr; });
    loop_.Stop();
    std::filesystem::remove_all(directory_);
  }

  void OnLoop(const std::function<void()>& task) {
    std::promise<void> done;
    loop_.Post([&] {
      task();
      done.set_value();
    });
    done.get_future().wait();
  }
  void Start(RunId run, const std::string& behaviour, absl::Duration timeout = absl::Minutes(5),
             const std::string& role = "") {
    if (runner_ == nullptr) {
      OnLoop([this] {
        auto runner = ProcessRunner::Create(options_, &loop_);
        ASSERT_TRUE(runner.ok()) << runner.status();
        runner_ = *std::move(runner);
      });
    }
    OnLoop([&] {
      RunSpec spec;
      spec.workload = behaviour;
      spec.timeout = timeout;
      spec.role = role;
      runner_->Start(run, spec, &listener_);
    });
  }
  RunFinished Run(const std::string& behaviour, absl::Duration timeout = absl::Minutes(5)) {
    Start(kRun7, behaviour, timeout);
    return listener_.AwaitFinished(kRun7);
  }
  void Stop(RunId run, Outcome outcome, const std::string& reason) {
    OnLoop([&] { runner_->Stop(run, outcome, reason); });
  }

  std::string directory_;
  ProcessRunnerOptions options_;
  ThreadLoop loop_{"test"};
  RunListener listener_;
  std::unique_ptr<ProcessRunner> runner_;
};

}  // namespace benchfleet
