#include "base/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"

namespace benchfleet {
namespace {

// A descriptor that closes itself.
class OwnedFd {
 public:
  OwnedFd() = default;
  explicit OwnedFd(int fd) : fd_(fd) {}
  ~OwnedFd() { Reset(); }
  OwnedFd(OwnedFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  OwnedFd& operator=(OwnedFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  int get() const { return fd_; }
  void Reset() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

struct Pipe {
  OwnedFd read_end;  // does not block
  OwnedFd write_end;
};

absl::StatusOr<Pipe> MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return ErrnoError(errno, "making a pipe for a command");
  Pipe made{OwnedFd(ends[0]), OwnedFd(ends[1])};
  if (fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) return ErrnoError(errno, "setting up a pipe");
  return made;
}

// A file in memory rather than a pipe: nothing to pump, and no SIGPIPE when nobody reads.
absl::StatusOr<OwnedFd> MakeInput(const std::string& bytes) {
  OwnedFd file(memfd_create("stdin", MFD_CLOEXEC));
  if (file.get() < 0) return ErrnoError(errno, "making a memory file for a command's input");
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t written = write(file.get(), bytes.data() + done, bytes.size() - done);
    if (written < 0 && errno != EINTR) return ErrnoError(errno, "writing a command's input");
    if (written > 0) done += static_cast<size_t>(written);
  }
  if (lseek(file.get(), 0, SEEK_SET) != 0) return ErrnoError(errno, "rewinding a command's input");
  return file;
}

// Takes what is there, at least as much as a pipe can hold (fs.pipe-max-size), though not for ever
// from one that is written to as fast; closes the pipe at its end.
void Drain(OwnedFd* pipe, OutputTail* tail) {
  char bytes[16384];
  for (int turn = 0; turn < 64 && pipe->get() >= 0; ++turn) {
    const ssize_t got = read(pipe->get(), bytes, sizeof bytes);
    if (got > 0) {
      tail->Append(std::string_view(bytes, static_cast<size_t>(got)));
      if (static_cast<size_t>(got) < sizeof bytes) return;
    } else if (got == 0 || errno != EINTR) {
      if (got == 0 || errno != EAGAIN) pipe->Reset();
      return;
    }
  }
}

// TERM when the time is up, KILL after the grace, giving up after two more.
class Deadline {
 public:
  Deadline(Spawner* spawner, uint64_t id, const CommandOptions& options)
      : spawner_(spawner), id_(id), grace_(ToChrono(options.kill_grace)) {
    next_ = std::chrono::steady_clock::now() + ToChrono(options.timeout);
  }

  bool timed_out() const { return stage_ > 0; }

  int MillisecondsLeft() const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_ - Now());
    return static_cast<int>(std::clamp<int64_t>(left.count(), 0, 3'600'000));
  }

  // The time is up now.
  void Hurry() {
    if (stage_ == 0) next_ = Now();
  }

  // Does what is due. False when nothing is left to try.
  bool Check() {
    if (Now() < next_) return true;
    if (++stage_ == 3) return false;
    (void)spawner_->Signal(id_,
                           stage_ == 1 ? SIGTERM : SIGKILL);  // a lost spawner shows in its report
    next_ = Now() + stage_ * grace_;
    return true;
  }

 private:
  using TimePoint = std::chrono::steady_clock::time_point;
  static TimePoint Now() { return std::chrono::steady_clock::now(); }
  static std::chrono::milliseconds ToChrono(absl::Duration duration) {
    return absl::ToChronoMilliseconds(std::min(duration, absl::Hours(24 * 365)));
  }

  Spawner* const spawner_;
  const uint64_t id_;
  const std::chrono::milliseconds grace_;
  TimePoint next_;
  int stage_ = 0;
};

absl::StatusOr<CommandResult> Attend(Spawner& spawner, uint64_t id, const CommandOptions& options,
                                     OwnedFd output, OwnedFd errors) {
  CommandResult result{ExitReport(), false, OutputTail(options.output_bytes_max),
                       OutputTail(options.output_bytes_max)};
  Deadline deadline(&spawner, id, options);
  for (;;) {
    std::optional<ExitReport> report = spawner.TryWait(id);
    // After the report, what was written is in the pipes. Their end may never come: a descendant
    // that left the process group can still hold them.
    Drain(&output, &result.output);
    Drain(&errors, &result.errors);
    if (report.has_value()) {
      result.exit = *std::move(report);
      result.timed_out = deadline.timed_out();
      return result;
    }
    if (!deadline.Check()) {
      return absl::DeadlineExceededError(absl::StrFormat("child %d does not die when killed", id));
    }
    pollfd polled[] = {{spawner.fd(), POLLIN, 0},
                       {output.get(), POLLIN, 0},
                       {errors.get(), POLLIN, 0},
                       {deadline.timed_out() ? -1 : options.stop_fd, POLLIN, 0}};
    poll(polled, 4, deadline.MillisecondsLeft());
    if ((polled[3].revents & POLLIN) != 0) deadline.Hurry();
  }
}

}  // namespace

std::string CommandResult::Describe() const {
  std::string text = exit.Describe();
  if (timed_out) text += " after its time was up";
  std::string last_line = errors.Text();
  while (!last_line.empty() && last_line.back() == '\n') last_line.pop_back();
  last_line.erase(0, last_line.rfind('\n') + 1);
  return last_line.empty() ? text : text + ": " + last_line;
}

absl::StatusOr<CommandResult> RunCommand(Spawner& spawner, SpawnRequest request,
                                         const CommandOptions& options) {
  BF_ASSIGN_OR_RETURN(const OwnedFd input, MakeInput(options.stdin_bytes));
  BF_ASSIGN_OR_RETURN(Pipe output, MakePipe());
  BF_ASSIGN_OR_RETURN(Pipe errors, MakePipe());
  request.stdin_fd = input.get();
  request.stdout_fd = output.write_end.get();
  request.stderr_fd = errors.write_end.get();
  BF_ASSIGN_OR_RETURN(const uint64_t id, spawner.Spawn(request));
  output.write_end.Reset();
  errors.write_end.Reset();
  return Attend(spawner, id, options, std::move(output.read_end), std::move(errors.read_end));
}

absl::StatusOr<CommandResult> RunCommand(Spawner& spawner, std::vector<std::string> argv,
                                         const CommandOptions& options) {
  SpawnRequest request;
  request.argv = std::move(argv);
  return RunCommand(spawner, std::move(request), options);
}

}  // namespace benchfleet
