#include "base/spawner_channel.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_format.h"
#include "base/status.h"

namespace benchfleet {
namespace {

namespace protocol = spawner_protocol;

absl::StatusOr<std::string> FindSpawner(const std::string& asked) {
  std::string path = asked;
  const char* const folder = std::getenv("BENCHFLEET_BIN_DIR");
  if (path.empty() && folder != nullptr) path = std::string(folder) + "/bench-spawner";
  if (path.empty()) {
    char self[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", self, sizeof self);
    if (length <= 0) return ErrnoError(errno, "reading /proc/self/exe");
    path.assign(self, static_cast<size_t>(length));
    path.replace(path.rfind('/') + 1, std::string::npos, "bench-spawner");
  }
  if (access(path.c_str(), X_OK) != 0) {
    return ErrnoError(errno, absl::StrFormat("looking for bench-spawner at %s (it lies beside the "
                                             "programs that use it, or in $BENCHFLEET_BIN_DIR)",
                                             path));
  }
  return path;
}

// Starts `program` with `socket` kept open under its own number. Thread-safe in a process of any
// size.
absl::StatusOr<pid_t> StartProcess(const std::string& program, int socket, absl::Duration grace) {
  std::string fd_text = absl::StrFormat("%d", socket);
  std::string grace_text = absl::StrFormat("%d", absl::ToInt64Milliseconds(grace));
  std::string name = "bench-spawner";
  char* const argv[] = {name.data(), fd_text.data(), grace_text.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, socket, socket);  // clears close-on-exec in the child
  pid_t pid = 0;
  const int error = posix_spawn(&pid, program.c_str(), &actions, nullptr, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return ErrnoError(error, absl::StrFormat("starting %s", program));
  return pid;
}

void WaitFor(int fd, short events) {
  pollfd poll_fd = {fd, events, 0};
  poll(&poll_fd, 1, -1);  // an interruption is as good as an event: the caller looks and comes back
}

absl::Status ReadHello(SpawnerChannel* channel, const std::string& program) {
  protocol::Reply hello = {};
  for (;;) {
    switch (channel->Receive(&hello)) {
      case SpawnerChannel::Received::kNothingYet:
        channel->WaitForReply();
        continue;
      case SpawnerChannel::Received::kEnd:
        return absl::InternalError(
            absl::StrFormat("%s ended without a greeting (is it Benchfleet's?)", program));
      case SpawnerChannel::Received::kReply:
        break;
    }
    if (hello.type != protocol::ReplyType::kHello || hello.version != protocol::kVersion) {
      return absl::FailedPreconditionError(
          absl::StrFormat("%s speaks version %d of the spawner protocol, expected %d", program,
                          hello.version, protocol::kVersion));
    }
    return absl::OkStatus();
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<SpawnerChannel>> SpawnerChannel::Start(
    const SpawnerOptions& options) {
  BF_ASSIGN_OR_RETURN(const std::string program, FindSpawner(options.program));
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return ErrnoError(errno, "making a socket for bench-spawner");
  }
  const absl::StatusOr<pid_t> pid = StartProcess(program, ends[1], options.grace);
  close(ends[1]);
  if (!pid.ok()) {
    close(ends[0]);
    return pid.status();
  }
  std::unique_ptr<SpawnerChannel> channel(new SpawnerChannel(ends[0], *pid));
  BF_RETURN_IF_ERROR(ReadHello(channel.get(), program));
  return channel;
}

SpawnerChannel::~SpawnerChannel() {
  close(socket_);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

absl::StatusOr<bool> SpawnerChannel::TrySend(const std::string& packet,
                                             const std::vector<int>& fds) {
  iovec bytes = {const_cast<char*>(packet.data()), packet.size()};
  msghdr message = {};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * protocol::kFdsMax)] = {};
  if (!fds.empty()) {
    const size_t size = fds.size() * sizeof(int);
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(size);
    cmsghdr* const attached = CMSG_FIRSTHDR(&message);
    attached->cmsg_level = SOL_SOCKET;
    attached->cmsg_type = SCM_RIGHTS;
    attached->cmsg_len = CMSG_LEN(size);
    std::memcpy(CMSG_DATA(attached), fds.data(), size);
  }
  for (;;) {
    if (sendmsg(socket_, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return true;
    if (errno == EINTR) continue;
    if (errno == EAGAIN) return false;
    if (errno == EPIPE || errno == ECONNRESET) {
      return absl::UnavailableError(absl::StrFormat("bench-spawner (pid %d) is gone", pid_));
    }
    return ErrnoError(errno, "sending a request to bench-spawner");
  }
}

void SpawnerChannel::WaitForReply() const { WaitFor(socket_, POLLIN); }
void SpawnerChannel::WaitForRoom() const { WaitFor(socket_, POLLOUT); }
void SpawnerChannel::WaitForEither() const { WaitFor(socket_, POLLIN | POLLOUT); }

SpawnerChannel::Received SpawnerChannel::Receive(protocol::Reply* reply) {
  for (;;) {
    const ssize_t size = recv(socket_, reply, sizeof *reply, MSG_DONTWAIT);
    if (size == static_cast<ssize_t>(sizeof *reply)) return Received::kReply;
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return Received::kNothingYet;
    return Received::kEnd;
  }
}

void SpawnerChannel::FinishSending() { shutdown(socket_, SHUT_WR); }

}  // namespace benchfleet
