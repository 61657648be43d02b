#include "workloads/prover_servant.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <utility>

#include "base/limits.h"
#include "base/status.h"
#include "workloads/prover_files.h"
#include "workloads/prover_tools.h"
#include "workloads/stop_request.h"

namespace benchfleet {
namespace {

constexpr int kGraceMs = 2000;  // between the end of its output and its own end

}  // namespace

Servant::Servant(Spawner& spawner, std::string name)
    : spawner_(spawner), name_(std::move(name)), error_tail_(limits::kMaxOutputTailBytes) {}

Servant::~Servant() {
  if (channel_ >= 0) close(channel_);
  if (errors_ >= 0) close(errors_);
  if (id_ != 0 && spawner_.Pid(id_) != 0) spawner_.Signal(id_, SIGTERM).IgnoreError();
}

absl::StatusOr<std::unique_ptr<Servant>> Servant::Start(Spawner& spawner, SpawnRequest request,
                                                        std::string name) {
  std::unique_ptr<Servant> servant(new Servant(spawner, std::move(name)));
  int channel[2];
  int errors[2];
  // A socket, since writing to a closed pipe would end this process.
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) != 0) {
    return ErrnoError(errno, "making a socket for " + servant->name_);
  }
  servant->channel_ = channel[0];
  if (pipe2(errors, O_CLOEXEC) != 0) {
    close(channel[1]);
    return ErrnoError(errno, "making a pipe for " + servant->name_);
  }
  servant->errors_ = errors[0];
  fcntl(errors[0], F_SETFL, O_NONBLOCK);
  request.stdin_fd = channel[1];
  request.stdout_fd = channel[1];
  request.stderr_fd = errors[1];
  const absl::StatusOr<uint64_t> id = spawner.Spawn(request);
  close(channel[1]);
  close(errors[1]);
  BF_RETURN_IF_ERROR(id.status());
  servant->id_ = *id;
  servant->pid_ = spawner.Pid(*id);
  if (servant->pid_ == 0) return servant->Ended();
  return servant;
}

absl::Status Servant::Ask(std::string_view bytes) {
  if (!answer_.empty()) return Error("it said something that it was not asked");
  while (!bytes.empty()) BF_RETURN_IF_ERROR(Pump(bytes));
  return absl::OkStatus();
}

absl::StatusOr<std::string> Servant::ReadBytes(size_t size) {
  if (size > kServantAnswerBytesMax) {
    return Error(absl::StrFormat("it announces an answer of %d bytes; the bound is %d", size,
                                 kServantAnswerBytesMax));
  }
  std::string_view nothing;
  while (answer_.size() < size) BF_RETURN_IF_ERROR(Pump(nothing));
  std::string bytes = answer_.substr(0, size);
  answer_.erase(0, size);
  return bytes;
}

absl::StatusOr<std::string> Servant::ReadLine() {
  std::string_view nothing;
  size_t end = 0;
  while ((end = answer_.find('\n', end)) == std::string::npos) {
    end = answer_.size();
    BF_RETURN_IF_ERROR(Pump(nothing));
  }
  std::string line = answer_.substr(0, end);
  answer_.erase(0, end + 1);
  return line;
}

absl::Status Servant::Pump(std::string_view& unsent) {
  const auto writable = static_cast<short>(unsent.empty() ? 0 : POLLOUT);
  pollfd polled[] = {{channel_, static_cast<short>(POLLIN | writable), 0},
                     {errors_, POLLIN, 0},
                     {stop_ == nullptr ? -1 : stop_->fd(), POLLIN, 0}};
  if (poll(polled, 3, -1) < 0 && errno != EINTR) return ErrnoError(errno, "waiting for " + name_);
  if (polled[2].revents != 0) return absl::CancelledError(name_ + " was given up");
  if (polled[1].revents != 0) ReadErrors();
  if ((polled[0].revents & POLLOUT) != 0) {
    const ssize_t sent = send(channel_, unsent.data(), unsent.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) unsent.remove_prefix(static_cast<size_t>(sent));
    if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) return Ended();
  }
  return (polled[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0 ? ReadSome() : absl::OkStatus();
}

absl::Status Servant::ReadSome() {
  char bytes[65536];
  const ssize_t got = recv(channel_, bytes, sizeof bytes, MSG_DONTWAIT);
  if (got == 0 || (got < 0 && errno == ECONNRESET)) return Ended();
  if (got < 0) return absl::OkStatus();  // nothing there yet
  if (answer_.size() + static_cast<size_t>(got) > kServantAnswerBytesMax) {
    return Error(absl::StrFormat("it answers with more than %d bytes", kServantAnswerBytesMax));
  }
  answer_.append(bytes, static_cast<size_t>(got));
  return absl::OkStatus();
}

void Servant::ReadErrors() {
  char bytes[16384];
  const ssize_t got = read(errors_, bytes, sizeof bytes);
  if (got > 0) error_tail_.Append(std::string_view(bytes, static_cast<size_t>(got)));
  if (got != 0) return;
  close(errors_);
  errors_ = -1;  // poll() passes over it
}

absl::Status Servant::Ended() {
  pollfd polled = {spawner_.fd(), POLLIN, 0};
  std::optional<ExitReport> report = spawner_.TryWait(id_);
  while (!report && poll(&polled, 1, kGraceMs) > 0) report = spawner_.TryWait(id_);
  for (uint64_t before = ~uint64_t{0}; errors_ >= 0 && before != error_tail_.total_bytes();) {
    before = error_tail_.total_bytes();
    ReadErrors();
  }
  if (report) return ProgramError(*report, error_tail_, name_);
  return Error("it closed its output");
}

absl::Status Servant::Error(std::string_view what) const {
  const std::string last = LastLines(error_tail_);
  return absl::InternalError(
      absl::StrFormat("%s: %s%s%s", name_, what, last.empty() ? "" : ": ", last));
}

absl::StatusOr<absl::Duration> Servant::CpuTime() const {
  clockid_t clock;
  timespec time;
  const int failed = clock_getcpuclockid(pid_, &clock);
  if (failed != 0) return ErrnoError(failed, "the processor time of " + name_);
  if (clock_gettime(clock, &time) != 0) return ErrnoError(errno, "the processor time of " + name_);
  return absl::DurationFromTimespec(time);
}

void Servant::ResetRssPeak() const {
  const std::string path = absl::StrFormat("/proc/%d/clear_refs", pid_);
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  constexpr char kResetPeak[] = "5";
  [[maybe_unused]] const ssize_t written = write(fd, kResetPeak, 1);
  close(fd);
}

absl::StatusOr<int64_t> Servant::RssPeakBytes() const {
  const std::string path = absl::StrFormat("/proc/%d/status", pid_);
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return ErrnoError(errno, path);
  char text[8192];
  const ssize_t got = read(fd, text, sizeof text);
  close(fd);
  const std::string_view status(text, got > 0 ? static_cast<size_t>(got) : 0);
  constexpr std::string_view kPeak = "VmHWM:";
  const size_t at = status.find(kPeak);
  if (at == std::string_view::npos) return Error("the kernel does not tell its resident size");
  return std::strtoll(status.data() + at + kPeak.size(), nullptr, 10) * 1024;
}

}  // namespace benchfleet
