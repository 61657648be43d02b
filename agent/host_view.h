// The agent session's view of the host that it runs on.
#pragma once

#include <functional>
#include <string>

#include "proto/model.h"

namespace benchfleet {

// Implemented by LiveHostView (live_host_view.h) and by fakes.
class HostView {
 public:
  virtual ~HostView() = default;
  // Collects the fingerprint anew, without holding up the loop, and calls `done` in a task of the
  // loop. One at a time. Not after destruction.
  virtual void Collect(const std::string& host_salt, std::function<void(HostFingerprint)> done) = 0;
};

}  // namespace benchfleet
