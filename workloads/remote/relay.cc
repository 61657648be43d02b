#include "workloads/remote/relay.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <map>
#include <thread>
#include <utility>

#include "base/limits.h"
#include "base/status.h"
#include "workloads/remote/loopback_echo.h"
#include "workloads/remote/relay_line.h"

namespace benchfleet {
namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;
// Where a delay is short the last of each wait is spent awake.
constexpr absl::Duration kShortDelay = absl::Milliseconds(5);
constexpr int64_t kWatchfulNs = 80'000;

int64_t NowNs() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * kNsPerSecond + now.tv_nsec;
}

// A descriptor and its end.
class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) close(fd_);
  }
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

void SendAtOnce(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

struct Address {
  sockaddr_storage bytes = {};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&bytes); }
};

absl::StatusOr<Address> ParseAddress(const std::string& target) {
  const size_t colon = target.rfind(':');
  std::string host = target.substr(0, colon);
  if (host.starts_with("[") && host.ends_with("]")) host = host.substr(1, host.size() - 2);
  addrinfo hints = {};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (colon == std::string::npos ||
      getaddrinfo(host.c_str(), target.c_str() + colon + 1, &hints, &found) != 0) {
    return absl::InvalidArgumentError(
        absl::StrFormat("'%s' is no numeric address and port", target));
  }
  Address address;
  std::copy_n(reinterpret_cast<const char*>(found->ai_addr), found->ai_addrlen,
              reinterpret_cast<char*>(&address.bytes));
  address.size = found->ai_addrlen;
  freeaddrinfo(found);
  return address;
}

// One relayed connection. Side 0 is the client's socket, side 1 the target's; line k takes what
// side k sends to the other side.
class Connection {
 public:
  Connection(Fd client, Fd target, const NetworkProfile& profile, uint64_t seed, int64_t now_ns)
      : sides_{std::move(client), std::move(target)},
        lines_{{{profile, 2 * seed, now_ns + 2 * absl::ToInt64Nanoseconds(profile.delay)},
                {profile, 2 * seed + 1, now_ns + 3 * absl::ToInt64Nanoseconds(profile.delay)}}} {}

  int fd(size_t side) const { return sides_[side].get(); }

  // Moves what can be moved. False when the connection is at its end, or broken.
  bool Pump(int64_t now_ns) {
    for (size_t from : {0u, 1u}) {
      if (!Read(from, now_ns) || !Write(from, now_ns)) return false;
    }
    return !lines_[0].finished || !lines_[1].finished;
  }

  // What to wait for at `side`, for epoll.
  uint32_t Interest(size_t side) {
    uint32_t events = 0;
    if (!lines_[side].at_end && !lines_[side].line.Room().empty()) events |= EPOLLIN;
    if (lines_[1 - side].blocked) events |= EPOLLOUT;
    return events;
  }

  // When there will be something to do without any event.
  int64_t NextNs() const {
    int64_t next = RelayLine::kNever;
    for (const Direction& direction : lines_) {
      if (!direction.blocked) next = std::min(next, direction.line.next_arrival_ns());
    }
    return next;
  }

  std::array<uint32_t, 2> registered = {0, 0};  // with epoll; 0: not at all

 private:
  struct Direction {
    Direction(const NetworkProfile& profile, uint64_t seed, int64_t opens_ns)
        : line(profile, seed, opens_ns) {}
    RelayLine line;
    bool at_end = false;    // the sender has no more
    bool blocked = false;   // the receiver takes no more for now
    bool finished = false;  // and the receiver knows
  };

  bool Read(size_t from, int64_t now_ns) {
    Direction& direction = lines_[from];
    const std::span<char> room = direction.line.Room();
    if (direction.at_end || room.empty()) return true;
    const ssize_t got = recv(fd(from), room.data(), room.size(), MSG_DONTWAIT);
    if (got > 0) direction.line.Sent(static_cast<size_t>(got), now_ns);
    if (got == 0) direction.at_end = true;
    return got >= 0 || errno == EAGAIN || errno == EINTR || errno == ENOTCONN;
  }

  bool Write(size_t from, int64_t now_ns) {
    Direction& direction = lines_[from];
    const int to = fd(1 - from);
    direction.blocked = false;
    for (std::string_view bytes; !(bytes = direction.line.Arrived(now_ns)).empty();) {
      const ssize_t sent = send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent > 0) {
        direction.line.Take(static_cast<size_t>(sent));
        continue;
      }
      if (errno != EAGAIN && errno != EINTR && errno != ENOTCONN) return false;
      direction.blocked = true;
      break;
    }
    if (direction.at_end && direction.line.empty() && !direction.finished) {
      direction.finished = true;
      shutdown(to, SHUT_WR);
    }
    return true;
  }

  std::array<Fd, 2> sides_;
  std::array<Direction, 2> lines_;
};

}  // namespace

class Relay::Loop {
 public:
  Loop(NetworkProfile profile, uint64_t seed)
      : profile_(std::move(profile)),
        seed_(seed),
        watchful_ns_(profile_.delay < kShortDelay ? kWatchfulNs : 0) {}
  ~Loop() {
    if (!thread_.joinable()) return;
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(stop_.get(), &one, sizeof one);
    thread_.join();
  }

  absl::StatusOr<std::string> Start(const std::string& target) {
    BF_ASSIGN_OR_RETURN(target_, ParseAddress(target));
    epoll_ = Fd(epoll_create1(EPOLL_CLOEXEC));
    stop_ = Fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    timer_ = Fd(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    listener_ = Fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in here = {};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    auto* const address = reinterpret_cast<sockaddr*>(&here);
    if (epoll_.get() < 0 || stop_.get() < 0 || timer_.get() < 0 || listener_.get() < 0 ||
        bind(listener_.get(), address, size) != 0 || listen(listener_.get(), SOMAXCONN) != 0 ||
        getsockname(listener_.get(), address, &size) != 0) {
      return ErrnoError(errno, "starting a relay");
    }
    for (const Fd* fd : {&stop_, &timer_, &listener_}) Watch(EPOLL_CTL_ADD, fd->get(), EPOLLIN);
    thread_ = std::thread([this] { Run(); });
    return absl::StrFormat("127.0.0.1:%d", ntohs(here.sin_port));
  }

 private:
  void Watch(int operation, int fd, uint32_t events) const {
    epoll_event event = {};
    event.events = events;
    event.data.fd = fd;
    epoll_ctl(epoll_.get(), operation, fd, &event);
  }

  void Run() {
    while (true) {
      SetTimer();
      std::array<epoll_event, 64> events;
      const int count = epoll_wait(epoll_.get(), events.data(), events.size(), -1);
      for (int i = 0; i < count; ++i) {
        const int fd = events[static_cast<size_t>(i)].data.fd;
        if (fd == stop_.get()) return;
        if (fd == listener_.get()) AcceptAll();
      }
      PumpAll();
    }
  }

  // Few connections: all are looked at, whatever woke us.
  void PumpAll() {
    const int64_t now = NowNs();
    for (auto it = connections_.begin(); it != connections_.end();) {
      Connection& connection = *it->second;
      if (!connection.Pump(now)) {
        it = connections_.erase(it);  // closing takes it out of epoll
        continue;
      }
      for (size_t side : {0u, 1u}) Register(connection, side);
      ++it;
    }
  }

  // A side that nothing is wanted of is not watched: its end would wake us again and again.
  void Register(Connection& connection, size_t side) const {
    const uint32_t wanted = connection.Interest(side);
    uint32_t& registered = connection.registered[side];
    if (wanted == registered) return;
    const int operation = registered == 0 ? EPOLL_CTL_ADD
                          : wanted == 0   ? EPOLL_CTL_DEL
                                          : EPOLL_CTL_MOD;
    Watch(operation, connection.fd(side), wanted);
    registered = wanted;
  }

  void AcceptAll() {
    while (true) {
      Fd client(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (client.get() < 0) return;
      if (connections_.size() >= limits::kMaxRelayConnections) continue;
      Fd target(socket(target_.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      if (target.get() < 0 ||
          (connect(target.get(), target_.get(), target_.size) != 0 && errno != EINPROGRESS)) {
        continue;
      }
      SendAtOnce(client.get());
      SendAtOnce(target.get());
      const uint64_t number = accepted_++;
      connections_[number] = std::make_unique<Connection>(std::move(client), std::move(target),
                                                          profile_, seed_ + number, NowNs());
    }
  }

  void SetTimer() const {
    int64_t next = RelayLine::kNever;
    for (const auto& [number, connection] : connections_) {
      next = std::min(next, connection->NextNs());
    }
    itimerspec when = {};  // all zero: off
    if (next != RelayLine::kNever) {
      next = std::max<int64_t>(next - watchful_ns_, 1);
      when.it_value.tv_sec = next / kNsPerSecond;
      when.it_value.tv_nsec = next % kNsPerSecond;
    }
    timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
  }

  const NetworkProfile profile_;
  const uint64_t seed_;
  // So long before something arrives the timer fires, again and again: waking up takes too long.
  const int64_t watchful_ns_;
  Address target_;
  Fd epoll_;
  Fd stop_;
  Fd timer_;
  Fd listener_;
  uint64_t accepted_ = 0;
  std::map<uint64_t, std::unique_ptr<Connection>> connections_;  // the thread's
  std::thread thread_;
};

Relay::Relay() = default;
Relay::~Relay() = default;

absl::StatusOr<std::unique_ptr<Relay>> Relay::Start(const NetworkProfile& profile,
                                                    const std::string& target, uint64_t seed) {
  NetworkProfile shortened = profile;
  if (profile.delay > absl::ZeroDuration()) {
    shortened.delay = std::max(profile.delay - OwnDelay(), absl::ZeroDuration());
  }
  return StartUncorrected(shortened, target, seed);
}

absl::StatusOr<std::unique_ptr<Relay>> Relay::StartUncorrected(const NetworkProfile& profile,
                                                               const std::string& target,
                                                               uint64_t seed) {
  std::unique_ptr<Relay> relay(new Relay());
  relay->loop_ = std::make_unique<Loop>(profile, seed);
  BF_ASSIGN_OR_RETURN(relay->endpoint_, relay->loop_->Start(target));
  return relay;
}

absl::Duration Relay::OwnDelay() {
  static const absl::Duration own_delay = [] {
    constexpr absl::Duration kMost = absl::Microseconds(200);
    NetworkProfile short_way;
    short_way.delay = kMost;
    LoopbackEcho echo;
    const absl::StatusOr<std::unique_ptr<Relay>> relay =
        StartUncorrected(short_way, echo.endpoint(), 0);
    if (!relay.ok()) return absl::ZeroDuration();
    const absl::Duration direct = echo.MedianRoundTrip(echo.endpoint());
    const absl::Duration relayed = echo.MedianRoundTrip((*relay)->endpoint());
    return std::clamp((relayed - direct) / 2 - short_way.delay, absl::ZeroDuration(), kMost);
  }();
  return own_delay;
}

}  // namespace benchfleet
