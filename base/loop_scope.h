// Tasks and timers of one owner on a task loop, which are forgotten when the owner goes: what is
// posted through a LoopScope never runs after the scope's destruction.
//
// Used, and destroyed, on the loop's thread (or when the loop has stopped).
#pragma once

#include <memory>
#include <utility>

#include "base/task_loop.h"

namespace benchfleet {

class LoopScope {
 public:
  explicit LoopScope(TaskLoop* loop) : loop_(loop), alive_(std::make_shared<bool>(true)) {}
  LoopScope(const LoopScope&) = delete;
  LoopScope& operator=(const LoopScope&) = delete;

  TaskLoop* loop() const { return loop_; }
  absl::Time Now() const { return loop_->Now(); }

  // `function`, doing nothing once this scope is gone; to be called on the loop's thread.
  template <typename Function>
  auto Guard(Function function) const {
    return [alive = std::weak_ptr<bool>(alive_),
            function = std::move(function)]<typename... Args>(Args&&... args) {
      if (!alive.expired()) function(std::forward<Args>(args)...);
    };
  }

  void Post(TaskLoop::Task task) { loop_->Post(Guard(std::move(task))); }
  TimerId PostAfter(absl::Duration delay, TaskLoop::Task task) {
    return loop_->PostAfter(delay, Guard(std::move(task)));
  }
  void Cancel(TimerId timer) { loop_->Cancel(timer); }

 private:
  TaskLoop* const loop_;
  const std::shared_ptr<bool> alive_;
};

}  // namespace benchfleet
