#include "base/service.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

namespace benchfleet {

StopSignal::StopSignal(Hangup hangup) {
  signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  if (hangup == Hangup::kIsTaken) sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal_fd_ = signalfd(-1, &signals, SFD_CLOEXEC);
  event_fd_ = eventfd(0, EFD_CLOEXEC);
}

StopSignal::~StopSignal() {
  close(signal_fd_);
  close(event_fd_);
}

void StopSignal::Wait(const std::function<void()>& on_hangup) {
  for (;;) {
    pollfd fds[] = {{signal_fd_, POLLIN, 0}, {event_fd_, POLLIN, 0}};
    while (poll(fds, 2, -1) < 0) {
    }
    signalfd_siginfo info{};
    uint64_t count = 0;
    // Taken, so that a second Wait() waits for a second signal.
    if ((fds[0].revents & POLLIN) != 0 && read(signal_fd_, &info, sizeof info) < 0) return;
    if ((fds[1].revents & POLLIN) != 0 && read(event_fd_, &count, sizeof count) < 0) return;
    if (count != 0 || info.ssi_signo != SIGHUP) return;
    if (on_hangup != nullptr) on_hangup();
  }
}

void StopSignal::Trigger() {
  const uint64_t one = 1;
  if (write(event_fd_, &one, sizeof one) < 0) return;  // full: Wait() returns anyway
}

void NotifyServiceManager(std::string_view state) {
  const char* const path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  if (path == nullptr || path[0] == '\0' || std::strlen(path) >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, path);
  if (path[0] == '@') address.sun_path[0] = '\0';  // the abstract namespace
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(path));
  // The manager may be gone: nobody is there to be told, then.
  [[maybe_unused]] const ssize_t sent = sendto(fd, state.data(), state.size(), MSG_NOSIGNAL,
                                               reinterpret_cast<sockaddr*>(&address), length);
  close(fd);
}

void RaiseOpenFilesLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace benchfleet
