// Somebody wants this process to come to its end, in good order.
#pragma once

#include <atomic>
#include <thread>

namespace benchfleet {

// Asked once and for ever. Any thread; Ask() also from a signal handler.
class StopRequest {
 public:
  StopRequest();
  ~StopRequest();
  StopRequest(const StopRequest&) = delete;
  StopRequest& operator=(const StopRequest&) = delete;

  void Ask();
  bool asked() const { return asked_; }
  // Readable (POLLIN) once it is asked, for a server that waits in poll(); not to be read.
  int fd() const { return fd_; }
  // Returns once it is asked.
  void Wait() const;

 private:
  int fd_;
  std::atomic<bool> asked_ = false;
};

// Lets the end of the agent's side of `fd` (the runner's socket) ask for a stop, and SIGTERM and
// SIGINT as well. At most one at a time in a process. `stop` and `fd` outlive it.
//
// The agent ends its side when a server's clients are done; it sends SIGTERM where the run is to
// end for another reason, which the agent then knows.
class StopWatch {
 public:
  // fd -1: signals only.
  StopWatch(int fd, StopRequest* stop);
  ~StopWatch();
  StopWatch(const StopWatch&) = delete;
  StopWatch& operator=(const StopWatch&) = delete;

 private:
  void Watch(int fd, StopRequest* stop);

  StopRequest over_;  // of this watch itself
  std::thread thread_;
};

}  // namespace benchfleet
