#include "agent/pipe_pump.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/status.h"

namespace benchfleet {
namespace {

constexpr PipeId kStop = 0;
constexpr size_t kPieceBytes = 64u << 10;

}  // namespace

absl::StatusOr<std::unique_ptr<PipePump>> PipePump::Start(TaskLoop* loop) {
  const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) return ErrnoError(errno, "making an epoll instance");
  const int stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (stop_fd < 0) {
    const absl::Status status = ErrnoError(errno, "making an event descriptor");
    close(epoll_fd);
    return status;
  }
  std::unique_ptr<PipePump> pump(new PipePump(loop, epoll_fd, stop_fd));
  pump->thread_ = std::thread([pump = pump.get()] { pump->Run(); });
  return pump;
}

PipePump::PipePump(TaskLoop* loop, int epoll_fd, int stop_fd)
    : epoll_fd_(epoll_fd), stop_fd_(stop_fd), scope_(loop) {
  Arm(kStop, stop_fd_, EPOLL_CTL_ADD);
}

PipePump::~PipePump() {
  const uint64_t one = 1;
  if (write(stop_fd_, &one, sizeof one) == sizeof one) thread_.join();
  for (const auto& [id, pipe] : pipes_) close(pipe.fd);
  close(stop_fd_);
  close(epoll_fd_);
}

PipeId PipePump::Add(int fd, OnBytes on_bytes) {
  const PipeId id = ++last_id_;
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  pipes_[id] = {fd, std::move(on_bytes)};
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_fds_[id] = fd;
  }
  Arm(id, fd, EPOLL_CTL_ADD);
  return id;
}

void PipePump::Remove(PipeId id) {
  const auto found = pipes_.find(id);
  if (found == pipes_.end()) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_fds_.erase(id);
  }
  close(found->second.fd);  // which takes it out of the epoll set too
  pipes_.erase(found);
}

// One event, then silence until armed again.
void PipePump::Arm(PipeId id, int fd, int operation) {
  epoll_event event = {};
  event.events = EPOLLIN | EPOLLONESHOT;
  event.data.u32 = id;
  epoll_ctl(epoll_fd_, operation, fd, &event);
}

void PipePump::Run() {
  pthread_setname_np(pthread_self(), "bf-pipes");
  for (;;) {
    std::array<epoll_event, 16> events;
    const int count = epoll_wait(epoll_fd_, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const PipeId id = events[static_cast<size_t>(i)].data.u32;
      if (id == kStop) return;
      ReadOne(id);
    }
  }
}

void PipePump::ReadOne(PipeId id) {
  std::string piece(kPieceBytes, '\0');
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = open_fds_.find(id);
    if (found == open_fds_.end()) return;
    const ssize_t bytes = read(found->second, piece.data(), piece.size());
    if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) {
      Arm(id, found->second, EPOLL_CTL_MOD);
      return;
    }
    piece.resize(bytes > 0 ? static_cast<size_t>(bytes) : 0);  // an error is an end
    piece.shrink_to_fit();
  }
  scope_.Post([this, id, piece = std::move(piece)] { Deliver(id, piece); });
}

void PipePump::Deliver(PipeId id, const std::string& piece) {
  const auto found = pipes_.find(id);
  if (found == pipes_.end()) return;
  const OnBytes on_bytes = found->second.on_bytes;  // may remove the pipe, or all of its run
  if (piece.empty()) Remove(id);
  on_bytes(piece);
  const auto still = pipes_.find(id);
  if (still != pipes_.end()) Arm(id, still->second.fd, EPOLL_CTL_MOD);
}

}  // namespace benchfleet
