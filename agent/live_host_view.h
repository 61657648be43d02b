// The host that we run on, as the session sees it.
#pragma once

#include <string>
#include <thread>

#include "agent/host_view.h"
#include "base/task_loop.h"

namespace benchfleet {

// Collects on a short-lived thread, since it takes milliseconds of blocking reads. Owned and used
// on the loop, which outlives it; the destructor waits for a collection that is going on.
class LiveHostView : public HostView {
 public:
  // `container_image`: see LiveHost() in agent/host/host_probe.h.
  LiveHostView(TaskLoop* loop, std::string container_image);
  ~LiveHostView() override;

  void Collect(const std::string& host_salt, std::function<void(HostFingerprint)> done) override;

 private:
  TaskLoop* const loop_;
  const std::string container_image_;
  std::thread thread_;
};

}  // namespace benchfleet
