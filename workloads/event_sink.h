// Where a run's events go.
#pragma once

#include "absl/status/status.h"
#include "proto/model.h"

namespace benchfleet {

// Implemented by FrameSink (the agent's socket), by the table of `bench-runner --run` and by tests.
// May block: it is called between measured batches only. An error ends the run at once, without
// further events: nobody listens any more.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual absl::Status Send(const RunnerEvent& event) = 0;
};

// Writes frames (base/frame.h) to `fd`, which stays the caller's.
class FrameSink final : public EventSink {
 public:
  explicit FrameSink(int fd) : fd_(fd) {}
  absl::Status Send(const RunnerEvent& event) override;

 private:
  int fd_;
};

}  // namespace benchfleet
