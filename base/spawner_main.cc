// bench-spawner: starts children for a bigger process, so that starting is fast and a child's
// maximum resident size is its own (the kernel never reports less than that of the process it was
// started from).
//
//   bench-spawner SOCKET_FD GRACE_MS      started by base/spawner_channel alone
//
// One thread: waits for requests on the socket (spawner_protocol.h) and for SIGCHLD, starts
// children (spawner_child.h) and reports how they ended (spawner_runs.h). At the end of file on the
// socket, even when the owner was killed, all runs get TERM, after the grace KILL, and this process
// ends.
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "base/spawner_child.h"
#include "base/spawner_protocol.h"
#include "base/spawner_runs.h"

namespace benchfleet::spawner_protocol {
namespace {

constexpr int64_t kMillisecondNs = 1'000'000;
constexpr int64_t kForEver = -1;
// Between looks at processes whose death sends no SIGCHLD; doubles from the first to the second.
constexpr int64_t kLookNsMin = kMillisecondNs;
constexpr int64_t kLookNsMax = 1000 * kMillisecondNs;
// At the end, for killed runs to die.
constexpr int64_t kLastKillNs = 3000 * kMillisecondNs;
constexpr size_t kOutboxMax = 2 * kRunsMax;

RunTable g_runs;
Reply g_outbox[kOutboxMax];  // a ring, in use only while the owner does not read
size_t g_outbox_first = 0;
size_t g_outbox_count = 0;
alignas(RequestHeader) char g_packet[kRequestBytesMax];
ChildPlan g_plan;
int g_socket = -1;
int g_null = -1;
sigset_t g_wait_mask;  // all signals but SIGCHLD

void OnChildSignal(int) {}  // ends the wait, no more

[[noreturn]] void Die(const char* what) {
  const char* const parts[] = {"bench-spawner: ", what, ": ", strerror(errno), "\n"};
  for (const char* part : parts) {
    if (write(2, part, strlen(part)) < 0) break;
  }
  _exit(1);
}

// ---- Replies ----

void FlushOutbox() {
  while (g_outbox_count > 0) {
    const Reply& reply = g_outbox[g_outbox_first];
    if (send(g_socket, &reply, sizeof reply, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno == EAGAIN) {
      return;
    }
    // Sent, or the owner is gone and nobody wants it.
    g_outbox_first = (g_outbox_first + 1) % kOutboxMax;
    --g_outbox_count;
  }
}

// Never overflows: requests are read only while fewer than kRunsMax replies wait, and each of the
// at most kRunsMax runs adds one.
void SendReply(const Reply& reply) {
  g_outbox[(g_outbox_first + g_outbox_count) % kOutboxMax] = reply;
  ++g_outbox_count;
  FlushOutbox();
}

// ---- Requests ----

Reply FailedReply(uint64_t id, Step step, int error_number) {
  Reply reply = {};
  reply.type = ReplyType::kFailed;
  reply.id = id;
  reply.step = step;
  reply.error_number = error_number;
  return reply;
}

Reply HandleSpawn(size_t size, const int* fds, size_t fd_count) {
  const uint64_t id = reinterpret_cast<const RequestHeader*>(g_packet)->id;
  if (!ParseSpawn(g_packet, size, fds, fd_count, g_null, &g_plan)) {
    return FailedReply(id, Step::kRequest, EBADMSG);
  }
  if (g_runs.full()) return FailedReply(id, Step::kRequest, EAGAIN);
  const StartResult started = StartChild(g_plan);
  if (started.pid == 0) return FailedReply(id, started.step, started.error_number);
  return g_runs.Add(id, started);
}

// Answers the packet of `size` bytes that came with `fds`, and closes them.
void HandlePacket(size_t size, int flags, const int* fds, size_t fd_count) {
  const auto& header = *reinterpret_cast<const RequestHeader*>(g_packet);
  const bool cut = (flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
  Reply reply = {};
  if (size >= sizeof header && cut) {
    reply = FailedReply(header.id, Step::kRequest, EMSGSIZE);
  } else if (size >= sizeof header && header.type == RequestType::kSpawn) {
    reply = HandleSpawn(size, fds, fd_count);
  } else if (size >= sizeof header && header.type == RequestType::kSignal) {
    g_runs.Signal(header.id, header.signal);
  }
  // Before the answer: whoever hears it finds no descriptor of his held open here.
  for (size_t i = 0; i < fd_count; ++i) close(fds[i]);
  if (reply.type != ReplyType{}) SendReply(reply);
}

// Reads one request. False at the end of file.
bool HandleRequest() {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kFdsMax)];
  iovec bytes = {g_packet, sizeof g_packet};
  msghdr message = {};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t result = recvmsg(g_socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (result < 0) return errno == EAGAIN;
  const auto size = static_cast<size_t>(result);
  int fds[kFdsMax];
  size_t fd_count = 0;
  const cmsghdr* const attached = CMSG_FIRSTHDR(&message);
  if (attached != nullptr && attached->cmsg_type == SCM_RIGHTS) {
    fd_count = (attached->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(fds, CMSG_DATA(attached), fd_count * sizeof(int));
  }
  HandlePacket(size, message.msg_flags, fds, fd_count);
  return size > 0;
}

// ---- Life ----

// Waits until the socket is ready, a child died or `timeout_ns` has passed. True when there is
// something to read, which is asked for only if `read_requests`.
bool WaitForEvent(bool read_requests, int64_t timeout_ns) {
  pollfd poll_fd = {-1, 0, 0};
  if (read_requests && g_outbox_count < kRunsMax) poll_fd.events |= POLLIN;
  if (g_outbox_count > 0) poll_fd.events |= POLLOUT;
  if (poll_fd.events != 0) poll_fd.fd = g_socket;
  const timespec timeout = {timeout_ns / 1'000'000'000, timeout_ns % 1'000'000'000};
  if (ppoll(&poll_fd, 1, timeout_ns < 0 ? nullptr : &timeout, &g_wait_mask) <= 0) return false;
  if (g_outbox_count > 0) FlushOutbox();
  return read_requests && (poll_fd.revents & (POLLIN | POLLHUP | POLLERR)) != 0;
}

// What must be done about dead children. Returns when to look again.
int64_t CareForChildren(int64_t look_ns) {
  if (!g_runs.CareForChildren(MonotonicNs(), SendReply)) return kForEver;
  return look_ns == kForEver ? kLookNsMin : std::min(2 * look_ns, kLookNsMax);
}

// Until the owner is gone.
void Serve() {
  int64_t look_ns = kForEver;
  for (;;) {
    const bool readable = WaitForEvent(true, look_ns);
    look_ns = CareForChildren(look_ns);
    if (readable && !HandleRequest()) return;
  }
}

void EndAll(int64_t grace_ns) {
  const int64_t begin_ns = MonotonicNs();
  g_runs.SignalAll(SIGTERM);
  g_runs.SignalAll(SIGCONT);  // a stopped process would not hear TERM
  int64_t passed_ns = 0;
  bool killed = false;
  do {
    if (passed_ns >= grace_ns && !killed) {
      g_runs.SignalAll(SIGKILL);
      killed = true;
    }
    const bool waiting = g_runs.CareForChildren(MonotonicNs(), SendReply);
    if (g_runs.size() == 0 && !HaveChildren()) break;
    const int64_t next_ns = killed ? kLookNsMax : grace_ns - passed_ns;
    WaitForEvent(false, waiting ? 5 * kMillisecondNs : std::max(next_ns, kMillisecondNs));
    passed_ns = MonotonicNs() - begin_ns;
  } while (passed_ns < grace_ns + kLastKillNs);
  FlushOutbox();
}

// Closes all that the owner's other threads may have let through; what children get is
// close-on-exec until it is installed for them.
void CloseStrangers() {
  for (int fd = 3; fd < std::max(g_socket, g_null); ++fd) {
    if (fd != g_socket && fd != g_null) close(fd);
  }
  const int rest = std::max(g_socket, g_null) + 1;
  if (close_range(static_cast<unsigned>(rest), ~0u, 0) == 0) return;
  const long end = sysconf(_SC_OPEN_MAX);  // a kernel before 5.9
  for (int fd = rest; fd < end; ++fd) close(fd);
}

// Leaves nothing of the owner's state that a child could inherit: signals, terminal, descriptors.
void Detach() {
  // By system call, since the C library keeps two signals from us that an owner may have ignored.
  static const char kStandardAction[64] =
      {};  // zeros: SIG_DFL, no flags, in the kernel's own layout
  for (int signal = 1; signal < NSIG; ++signal) {
    syscall(SYS_rt_sigaction, signal, kStandardAction, nullptr, NSIG / 8);
  }
  struct sigaction on_child = {};
  on_child.sa_handler = OnChildSignal;
  on_child.sa_flags = SA_NOCLDSTOP;
  sigaction(SIGCHLD, &on_child, nullptr);
  sigfillset(&g_wait_mask);
  sigprocmask(SIG_SETMASK, &g_wait_mask, nullptr);
  sigdelset(&g_wait_mask, SIGCHLD);
  setsid();  // Ctrl-C in the owner's terminal is the owner's affair
  g_null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (g_null < 0) Die("opening /dev/null");
  if (dup2(g_null, 0) < 0 || dup2(g_null, 1) < 0) Die("replacing the standard streams");
  if (fcntl(g_socket, F_SETFD, FD_CLOEXEC) != 0) Die("taking the socket");
  CloseStrangers();
}

int Main(int argc, char** argv) {
  if (argc != 3 || (g_socket = atoi(argv[1])) < 3) {
    errno = EINVAL;
    Die("usage: bench-spawner SOCKET_FD GRACE_MS (started by Benchfleet's own programs)");
  }
  Detach();
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) Die("becoming a subreaper");
  Reply hello = {};
  hello.type = ReplyType::kHello;
  hello.version = kVersion;
  hello.pid = getpid();
  SendReply(hello);
  Serve();
  EndAll(atoll(argv[2]) * kMillisecondNs);
  return 0;
}

}  // namespace
}  // namespace benchfleet::spawner_protocol

int main(int argc, char** argv) { return benchfleet::spawner_protocol::Main(argc, argv); }
