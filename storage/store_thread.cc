#include <pthread.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "storage/store_queue.h"

namespace benchfleet {
namespace {

// Housekeeping takes some tens of milliseconds, so it waits for a pause between works.
constexpr std::chrono::milliseconds kRestAfter(100);

}  // namespace

struct StoreThread::State {
  struct Item {
    Work work;
    Done done;
    absl::Status status;  // the work's own
  };

  Store* store;
  TaskLoop* loop;
  StoreThreadMetrics metrics;
  std::thread thread;

  std::mutex mutex;
  std::condition_variable wake;
  std::condition_variable room;
  std::vector<Item> waiting;  // guarded by mutex
  bool stopping = false;      // guarded by mutex

  void Run();
  void Commit(std::vector<Item> items);
};

void StoreThread::State::Run() {
  pthread_setname_np(pthread_self(), "storage");
  std::unique_lock<std::mutex> lock(mutex);
  for (;;) {
    if (!waiting.empty()) {
      std::vector<Item> items = std::exchange(waiting, {});
      room.notify_all();
      lock.unlock();
      Commit(std::move(items));
      lock.lock();
      continue;
    }
    if (stopping) return;
    const auto called = [&] { return stopping || !waiting.empty(); };
    if (wake.wait_for(lock, kRestAfter, called)) continue;
    lock.unlock();
    store->Rest();
    lock.lock();
    wake.wait(lock, called);
  }
}

void StoreThread::State::Commit(std::vector<Item> items) {
  const absl::Time start = loop->Now();
  const absl::Status committed = store->InTransaction([&] {
    for (Item& item : items) {
      item.status = store->AllOrNothing([&] { return item.work(*store); });
      item.work = nullptr;  // what it holds is no longer needed
    }
  });
  if (metrics.on_commit) metrics.on_commit(items.size(), loop->Now() - start);
  loop->Post([items = std::move(items), committed] {
    for (const Item& item : items) item.done(item.status.ok() ? committed : item.status);
  });
}

StoreThread::StoreThread(Store* store, TaskLoop* loop, StoreThreadMetrics metrics)
    : state_(std::make_unique<State>()) {
  state_->store = store;
  state_->loop = loop;
  state_->metrics = std::move(metrics);
}

StoreThread::~StoreThread() { Stop(); }

void StoreThread::Start() {
  state_->thread = std::thread([state = state_.get()] { state->Run(); });
}

void StoreThread::Stop() {
  {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    state_->stopping = true;
  }
  state_->wake.notify_all();
  if (state_->thread.joinable()) state_->thread.join();
}

void StoreThread::Submit(Work work, Done done) {
  std::unique_lock<std::mutex> lock(state_->mutex);
  if (state_->stopping) {
    state_->loop->Post(
        [done = std::move(done)] { done(absl::UnavailableError("the store is closed")); });
    return;
  }
  state_->room.wait(lock, [&] { return state_->waiting.size() < limits::kMaxStorageQueue; });
  state_->waiting.push_back({std::move(work), std::move(done), absl::OkStatus()});
  lock.unlock();
  state_->wake.notify_one();
}

}  // namespace benchfleet
