// The two clocks that Benchfleet reads, injected so that tests and the simulator own time.
// Nothing outside base/clock and the measuring loop calls the system's clocks.
#pragma once

#include <cstdint>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace benchfleet {

// Thread-safe. Implemented by SystemClock() here and by SimulatedLoop (base/task_loop.h).
class Clock {
 public:
  virtual ~Clock() = default;
  // Wall clock, for people and for comparing with other hosts' logs. May step.
  virtual absl::Time Now() const = 0;
};

// The process's real clock; lives for ever.
const Clock& SystemClock();

}  // namespace benchfleet
