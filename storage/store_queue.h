// How the core reaches the store without waiting for it: work goes in, the answer comes back on the
// loop after the commit. Group commit: whatever waits is one transaction.
#pragma once

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "base/task_loop.h"
#include "storage/store.h"

namespace benchfleet {

// Implemented by StoreThread below and by the simulator's SimulatedStoreQueue (tests/simulation).
class StoreQueue {
 public:
  virtual ~StoreQueue() = default;
  using Work = std::function<absl::Status(Store&)>;  // on the storage thread, within a transaction
  using Done = std::function<void(absl::Status)>;    // on the loop, after the commit
  // Works run in the order of submission; one that returns an error leaves no trace. `done` gets
  // the work's own error, or the commit's. Any thread.
  virtual void Submit(Work work, Done done) = 0;
};

struct StoreThreadMetrics {
  std::function<void(size_t works, absl::Duration took)> on_commit;  // storage thread
};

// The storage thread. Start, then Submit, then Stop, which finishes what was submitted and joins;
// what is submitted after Stop is not run, and its `done` gets kUnavailable. Submit waits while
// limits::kMaxStorageQueue works wait: the bounds of jobs, agents and ingest keep the queue far
// below it.
class StoreThread : public StoreQueue {
 public:
  // `store` and `loop` outlive this object.
  StoreThread(Store* store, TaskLoop* loop, StoreThreadMetrics metrics = {});
  ~StoreThread() override;
  void Start();
  void Stop();
  void Submit(Work work, Done done) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace benchfleet
