#include "workloads/sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "base/status.h"

namespace benchfleet {
namespace {

constexpr char kLoopback[] = "127.0.0.1";
constexpr int kBacklog = 128;

struct AddressListDeleter {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, AddressListDeleter>;

absl::StatusOr<AddressList> Resolve(const std::string& host, const std::string& port, int type,
                                    int flags) {
  addrinfo hints = {};
  hints.ai_socktype = type;
  hints.ai_flags = flags;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &list);
  if (error == 0) return AddressList(list);
  return absl::UnavailableError(
      absl::StrFormat("%s: %s", JoinEndpoint(host, 0), gai_strerror(error)));
}

// The numeric address of a socket's own end.
absl::StatusOr<std::string> OwnAddress(int fd) {
  sockaddr_storage storage = {};
  socklen_t size = sizeof storage;
  auto* const address = reinterpret_cast<sockaddr*>(&storage);
  char text[NI_MAXHOST] = "";
  if (getsockname(fd, address, &size) != 0 ||
      getnameinfo(address, size, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0) {
    return ErrnoError(errno, "asking for a socket's address");
  }
  return std::string(text);
}

// The address of this host from which packets to `towards` leave. A connected UDP socket knows;
// nothing is sent.
absl::StatusOr<std::string> AddressTowards(const std::string& towards) {
  const absl::StatusOr<Endpoint> endpoint = SplitEndpoint(towards);
  if (!endpoint.ok()) return std::string(kLoopback);  // a socket in the file system, say
  BF_ASSIGN_OR_RETURN(const AddressList list,
                      Resolve(endpoint->host, endpoint->port, SOCK_DGRAM, 0));
  int error = 0;
  for (const addrinfo* one = list.get(); one != nullptr; one = one->ai_next) {
    const Socket socket(::socket(one->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (connect(socket.fd(), one->ai_addr, one->ai_addrlen) == 0) return OwnAddress(socket.fd());
    error = errno;
  }
  return ErrnoError(error, absl::StrFormat("finding this host's address towards %s", towards));
}

bool WaitFor(int fd, short what, absl::Duration timeout) {
  pollfd wait{fd, what, 0};
  int ready = 0;
  do {
    ready = poll(&wait, 1, static_cast<int>(absl::ToInt64Milliseconds(timeout)));
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

// 0, or errno.
int ConnectWithin(int fd, const addrinfo& to, absl::Duration timeout) {
  if (connect(fd, to.ai_addr, to.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (!WaitFor(fd, POLLOUT, timeout)) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

}  // namespace

Socket& Socket::operator=(Socket&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) close(fd_);
    fd_ = other.Release();
  }
  return *this;
}

Socket::~Socket() {
  if (fd_ >= 0) close(fd_);
}

int Socket::Release() { return std::exchange(fd_, -1); }

absl::StatusOr<Listening> ListenOn(const std::string& address) {
  BF_ASSIGN_OR_RETURN(const AddressList list,
                      Resolve(address, "0", SOCK_STREAM, AI_NUMERICHOST | AI_PASSIVE));
  Listening listening;
  listening.socket = Socket(::socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int fd = listening.socket.fd();
  sockaddr_storage storage = {};
  socklen_t size = sizeof storage;
  if (fd < 0 || bind(fd, list->ai_addr, list->ai_addrlen) != 0 || listen(fd, kBacklog) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    return ErrnoError(errno, "listening on " + address);
  }
  listening.port =
      ntohs(storage.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(storage).sin6_port
                                          : reinterpret_cast<const sockaddr_in&>(storage).sin_port);
  return listening;
}

absl::StatusOr<Socket> AcceptFrom(int fd) {
  Socket socket(accept4(fd, nullptr, nullptr, SOCK_CLOEXEC));
  const int on = 1;
  if (socket.fd() < 0 || setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
    return ErrnoError(errno, "taking a connection");
  }
  return socket;
}

absl::StatusOr<Socket> ConnectTo(const std::string& endpoint, absl::Duration timeout) {
  BF_ASSIGN_OR_RETURN(const Endpoint parts, SplitEndpoint(endpoint));
  BF_ASSIGN_OR_RETURN(const AddressList list, Resolve(parts.host, parts.port, SOCK_STREAM, 0));
  int error = 0;
  for (const addrinfo* one = list.get(); one != nullptr; one = one->ai_next) {
    Socket socket(::socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    error = socket.fd() < 0 ? errno : ConnectWithin(socket.fd(), *one, timeout);
    if (error != 0) continue;
    const int on = 1;
    const int flags = fcntl(socket.fd(), F_GETFL);
    if (fcntl(socket.fd(), F_SETFL, flags & ~O_NONBLOCK) != 0 ||
        setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
      return ErrnoError(errno, "a connection to " + endpoint);
    }
    return socket;
  }
  return ErrnoError(error, "connecting to " + endpoint);
}

absl::Status SendAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno != EINTR) {
      return absl::UnavailableError("sending: " + Message(ErrnoError(errno, "socket")));
    }
  }
  return absl::OkStatus();
}

absl::Status ReceiveAll(int fd, char* buffer, size_t size) {
  while (size > 0) {
    const ssize_t got = recv(fd, buffer, size, 0);
    if (got > 0) {
      buffer += got;
      size -= static_cast<size_t>(got);
    } else if (got == 0) {
      return absl::UnavailableError("the other side closed the connection");
    } else if (errno != EINTR) {
      return absl::UnavailableError("receiving: " + Message(ErrnoError(errno, "socket")));
    }
  }
  return absl::OkStatus();
}

std::string JoinEndpoint(const std::string& address, uint16_t port) {
  const bool v6 = address.find(':') != std::string::npos;
  return absl::StrFormat(v6 ? "[%s]:%d" : "%s:%d", address, port);
}

absl::StatusOr<Endpoint> SplitEndpoint(std::string_view endpoint) {
  const size_t colon = endpoint.rfind(':');
  const absl::Status bad =
      absl::InvalidArgumentError(absl::StrFormat("'%s' is not of the form HOST:PORT", endpoint));
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == endpoint.size()) return bad;
  std::string host(endpoint.substr(0, colon));
  std::string port(endpoint.substr(colon + 1));
  if (port.find_first_not_of("0123456789") != std::string::npos) return bad;
  if (host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string::npos) {
    return bad;
  }
  return Endpoint{std::move(host), std::move(port)};
}

absl::StatusOr<ServingAddress> FindServingAddress(const std::string& advertise,
                                                  const std::string& towards) {
  if (advertise.empty()) {
    BF_ASSIGN_OR_RETURN(std::string own, AddressTowards(towards));
    return ServingAddress{own, own};
  }
  absl::StatusOr<AddressList> found = Resolve(advertise, "0", SOCK_DGRAM, 0);
  if (!found.ok()) return Annotate(found.status(), "--advertise");
  const AddressList& list = *found;
  const Socket socket(::socket(list->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (bind(socket.fd(), list->ai_addr, list->ai_addrlen) == 0) {
    BF_ASSIGN_OR_RETURN(std::string own, OwnAddress(socket.fd()));
    return ServingAddress{std::move(own), advertise};
  }
  return ServingAddress{list->ai_family == AF_INET6 ? "::" : "0.0.0.0", advertise};
}

}  // namespace benchfleet
