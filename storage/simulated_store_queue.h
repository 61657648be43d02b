// A store queue on a simulated loop, for tests: commits a moment after the first submission,
// several works at once; what was submitted and not yet committed when the queue is destroyed is
// forgotten, as by a crash.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/loop_scope.h"
#include "base/task_loop.h"
#include "storage/store_queue.h"

namespace benchfleet {

class SimulatedStoreQueue : public StoreQueue {
 public:
  // All outlive the queue.
  SimulatedStoreQueue(Store* store, SimulatedLoop* loop, Random* random)
      : store_(store), random_(random), scope_(loop) {}

  void Submit(Work work, Done done) override {
    waiting_.emplace_back(std::move(work), std::move(done));
    if (scheduled_) return;
    scheduled_ = true;
    scope_.PostAfter(absl::Microseconds(200 + random_->Below(5000)), [this] { Commit(); });
  }

 private:
  void Commit() {
    scheduled_ = false;
    auto batch = std::exchange(waiting_, {});
    std::vector<absl::Status> results(batch.size());
    const absl::Status committed = store_->InTransaction([&] {
      for (size_t i = 0; i < batch.size(); ++i) {
        results[i] = store_->AllOrNothing([&] { return batch[i].first(*store_); });
      }
    });
    for (size_t i = 0; i < batch.size(); ++i) {
      scope_.Post(
          [done = std::move(batch[i].second), status = committed.ok() ? results[i] : committed] {
            if (done) done(status);
          });
    }
  }

  Store* const store_;
  Random* const random_;
  std::vector<std::pair<Work, Done>> waiting_;
  bool scheduled_ = false;
  LoopScope scope_;
};

}  // namespace benchfleet
