#include "workloads/stop_request.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace benchfleet {
namespace {

// What the signal handler sees.
std::atomic<StopRequest*> signal_target = nullptr;

void OnSignal(int /*number*/) {
  const int saved = errno;
  if (StopRequest* const target = signal_target) target->Ask();
  errno = saved;
}

void Handle(void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
}

}  // namespace

StopRequest::StopRequest() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

StopRequest::~StopRequest() {
  if (fd_ >= 0) close(fd_);
}

void StopRequest::Ask() {
  asked_ = true;
  const uint64_t one = 1;
  // It can fail only where it is asked already.
  if (write(fd_, &one, sizeof one) < 0) return;
}

void StopRequest::Wait() const {
  pollfd wait{fd_, POLLIN, 0};
  while (!asked_) {
    if (poll(&wait, 1, -1) < 0 && errno != EINTR) return;
  }
}

StopWatch::StopWatch(int fd, StopRequest* stop) {
  signal_target = stop;
  Handle(OnSignal);
  if (fd >= 0) thread_ = std::thread([this, fd, stop] { Watch(fd, stop); });
}

StopWatch::~StopWatch() {
  over_.Ask();
  if (thread_.joinable()) thread_.join();
  Handle(SIG_DFL);
  signal_target = nullptr;
}

void StopWatch::Watch(int fd, StopRequest* stop) {
  pollfd waits[] = {{fd, POLLIN | POLLRDHUP, 0}, {over_.fd(), POLLIN, 0}};
  for (;;) {
    if (poll(waits, 2, -1) < 0 && errno == EINTR) continue;
    if (waits[1].revents != 0) return;
    // The agent sends one request and nothing after it: what can be read here is the end.
    return stop->Ask();
  }
}

}  // namespace benchfleet
