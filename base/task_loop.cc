#include "base/task_loop.h"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace benchfleet {
namespace {

class RealClock : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
};

// Timers ordered by due time, then by id, so that equal times run in order of posting.
class TimerQueue {
 public:
  TimerId Add(absl::Time due, TaskLoop::Task task) {
    const TimerId id = ++last_id_;
    timers_.emplace(std::make_pair(due, id), std::move(task));
    due_by_id_.emplace(id, due);
    return id;
  }

  void Cancel(TimerId id) {
    const auto it = due_by_id_.find(id);
    if (it == due_by_id_.end()) return;
    timers_.erase({it->second, id});
    due_by_id_.erase(it);
  }

  bool empty() const { return timers_.empty(); }
  absl::Time next_due() const { return timers_.begin()->first.first; }

  TaskLoop::Task Pop() {
    const auto first = timers_.begin();
    TaskLoop::Task task = std::move(first->second);
    due_by_id_.erase(first->first.second);
    timers_.erase(first);
    return task;
  }

 private:
  TimerId last_id_ = 0;
  std::map<std::pair<absl::Time, TimerId>, TaskLoop::Task> timers_;
  std::map<TimerId, absl::Time> due_by_id_;
};

// A steady clock expressed as absl::Time, so that a step of the wall clock moves no timer.
absl::Time SteadyNow() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return absl::TimeFromTimespec(now);
}

}  // namespace

const Clock& SystemClock() {
  static const RealClock* const clock = new RealClock;
  return *clock;
}

struct ThreadLoop::State {
  std::string name;
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<Task> queue;  // guarded by mutex
  TimerQueue timers;       // guarded by mutex
  bool stopping = false;   // guarded by mutex
  std::thread thread;

  void Run() {
    pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
    std::unique_lock<std::mutex> lock(mutex);
    std::deque<Task> batch;
    for (;;) {
      while (!timers.empty() && !stopping && timers.next_due() <= SteadyNow()) {
        queue.push_back(timers.Pop());
      }
      if (!queue.empty()) {
        batch.swap(queue);
        lock.unlock();
        for (Task& task : batch) task();
        batch.clear();
        lock.lock();
        continue;
      }
      if (stopping) return;
      if (timers.empty()) {
        wake.wait(lock);
      } else {
        const absl::Duration wait = timers.next_due() - SteadyNow();
        wake.wait_for(lock, absl::ToChronoNanoseconds(std::max(wait, absl::ZeroDuration())));
      }
    }
  }
};

ThreadLoop::ThreadLoop(std::string name) : state_(std::make_unique<State>()) {
  state_->name = std::move(name);
}

ThreadLoop::~ThreadLoop() { Stop(); }

void ThreadLoop::Start() {
  state_->thread = std::thread([state = state_.get()] { state->Run(); });
}

void ThreadLoop::Stop() {
  {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    state_->stopping = true;
  }
  state_->wake.notify_all();
  if (state_->thread.joinable()) state_->thread.join();
}

absl::Time ThreadLoop::Now() const { return SystemClock().Now(); }

void ThreadLoop::Post(Task task) {
  {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    state_->queue.push_back(std::move(task));
  }
  state_->wake.notify_one();
}

TimerId ThreadLoop::PostAfter(absl::Duration delay, Task task) {
  TimerId id;
  {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    id = state_->timers.Add(SteadyNow() + delay, std::move(task));
  }
  state_->wake.notify_one();
  return id;
}

void ThreadLoop::Cancel(TimerId timer) {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  state_->timers.Cancel(timer);
}

bool ThreadLoop::IsCurrent() const { return std::this_thread::get_id() == state_->thread.get_id(); }

struct SimulatedLoop::State {
  absl::Time now;
  TimerQueue timers;
};

SimulatedLoop::SimulatedLoop(absl::Time start) : state_(std::make_unique<State>()) {
  state_->now = start;
}

SimulatedLoop::~SimulatedLoop() = default;

absl::Time SimulatedLoop::Now() const { return state_->now; }

void SimulatedLoop::Post(Task task) { state_->timers.Add(state_->now, std::move(task)); }

TimerId SimulatedLoop::PostAfter(absl::Duration delay, Task task) {
  return state_->timers.Add(state_->now + std::max(delay, absl::ZeroDuration()), std::move(task));
}

void SimulatedLoop::Cancel(TimerId timer) { state_->timers.Cancel(timer); }

bool SimulatedLoop::RunOne() {
  if (state_->timers.empty()) return false;
  state_->now = std::max(state_->now, state_->timers.next_due());
  const Task task = state_->timers.Pop();
  task();
  return true;
}

uint64_t SimulatedLoop::RunFor(absl::Duration duration) {
  const absl::Time end = state_->now + duration;
  uint64_t tasks = 0;
  while (!state_->timers.empty() && state_->timers.next_due() <= end) {
    RunOne();
    ++tasks;
  }
  state_->now = end;
  return tasks;
}

}  // namespace benchfleet
