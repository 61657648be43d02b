// What every daemon needs of its surroundings: signals as events, and word to the service manager.
#pragma once

#include <functional>
#include <string_view>

#include "absl/status/status.h"

namespace benchfleet {

// SIGTERM and SIGINT, and SIGHUP for who takes it, become something to wait for. Construct in main
// before any thread is started, so that all threads have them blocked. SIGPIPE is ignored from then
// on.
class StopSignal {
 public:
  enum class Hangup { kEnds, kIsTaken };  // what SIGHUP does
  explicit StopSignal(Hangup hangup = Hangup::kEnds);
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  // Returns at the first SIGTERM or SIGINT, or after Trigger(). One thread; again for a second
  // signal. Calls `on_hangup` at each SIGHUP that is taken meanwhile.
  void Wait(const std::function<void()>& on_hangup = nullptr);
  // Makes Wait() return. Any thread.
  void Trigger();

 private:
  int signal_fd_ = -1;
  int event_fd_ = -1;
};

// Tells systemd a state, "READY=1" or "STOPPING=1", over $NOTIFY_SOCKET; does nothing without it.
// The protocol is one datagram (man 3 sd_notify); libsystemd for it would cost an idle agent a
// megabyte.
void NotifyServiceManager(std::string_view state);

// Raises the soft limit of open files to the hard one.
void RaiseOpenFilesLimit();

}  // namespace benchfleet
