// The runner's side of serve.h, and which roles a run may have. Private to workloads/.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "workloads/event_sink.h"
#include "workloads/sample_buffer.h"
#include "workloads/serve.h"
#include "workloads/sockets.h"

namespace benchfleet {

// InvalidArgument: a role that the workload has not, none where it needs one, a client without a
// server.
absl::Status CheckRole(const WorkloadDescription& workload, const RunSpec& spec);

// The ServeContext of one run. `buffer` has the server's metrics declared.
class Serving final : public ServeContext {
 public:
  Serving(ServingAddress address, const StopRequest& stop, EventSink& sink, SampleBuffer& buffer)
      : address_(std::move(address)), stop_(stop), sink_(sink), buffer_(buffer) {}

  const std::string& address() const override { return address_.bind; }
  absl::Status Ready(const Offer& offer) override;
  const StopRequest& stop() const override { return stop_; }
  absl::Status Add(std::string_view metric, double value) override;

  // Not OK: nobody listens to this run any more.
  absl::Status sink_status() const;

 private:
  const ServingAddress address_;
  const StopRequest& stop_;
  bool ready_ = false;

  mutable std::mutex mutex_;
  EventSink& sink_ ABSL_GUARDED_BY(mutex_);
  SampleBuffer& buffer_ ABSL_GUARDED_BY(mutex_);
  absl::Status sink_status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace benchfleet
