// One sequence of tasks: all core state of a daemon lives on one TaskLoop and needs no locks.
//
// Life cycle: 1. construct; 2. Start(); 3. Post() from any thread; 4. Stop() runs what is already
// queued, drops timers, and joins. A simulated loop has no thread: the test turns it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "base/clock.h"

namespace benchfleet {

using TimerId = uint64_t;

// Implemented by ThreadLoop and SimulatedLoop.
class TaskLoop : public Clock {
 public:
  using Task = std::function<void()>;

  // Runs `task` on the loop, in the order of posting. Any thread.
  virtual void Post(Task task) = 0;
  // Runs `task` on the loop after `delay`; never early. Any thread.
  virtual TimerId PostAfter(absl::Duration delay, Task task) = 0;
  // Forgets a timer; harmless when it already ran. Loop thread only.
  virtual void Cancel(TimerId timer) = 0;
  // True on the loop's thread (always true where there is no thread).
  virtual bool IsCurrent() const = 0;
};

// A loop with a thread of its own.
class ThreadLoop : public TaskLoop {
 public:
  explicit ThreadLoop(std::string name);
  ~ThreadLoop() override;  // Stops if nobody did.
  ThreadLoop(const ThreadLoop&) = delete;
  ThreadLoop& operator=(const ThreadLoop&) = delete;

  void Start();
  // Runs the tasks queued so far, drops timers, joins. Idempotent; never called on the loop itself.
  void Stop();

  absl::Time Now() const override;
  void Post(Task task) override;
  TimerId PostAfter(absl::Duration delay, Task task) override;
  void Cancel(TimerId timer) override;
  bool IsCurrent() const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Time stands still until the owner moves it; single-threaded and deterministic.
class SimulatedLoop : public TaskLoop {
 public:
  explicit SimulatedLoop(absl::Time start);
  ~SimulatedLoop() override;

  absl::Time Now() const override;
  void Post(Task task) override;
  TimerId PostAfter(absl::Duration delay, Task task) override;
  void Cancel(TimerId timer) override;
  bool IsCurrent() const override { return true; }

  // Runs everything due until simulated time has moved by `duration`. Returns the tasks run.
  uint64_t RunFor(absl::Duration duration);
  // Runs the next due task, moving time to it; false when nothing is queued.
  bool RunOne();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace benchfleet
