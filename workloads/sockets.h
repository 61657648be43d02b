// Plain TCP between the hosts of a task, and the addresses under which they find each other.
// Private to workloads/.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace benchfleet {

// Owns a descriptor.
class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(other.Release()) {}
  Socket& operator=(Socket&& other) noexcept;
  ~Socket();

  int fd() const { return fd_; }
  int Release();

 private:
  int fd_ = -1;
};

struct Listening {
  Socket socket;
  uint16_t port = 0;
};

// Listens on a numeric address, on a port of the kernel's choice.
absl::StatusOr<Listening> ListenOn(const std::string& address);
// The next connection that waits, without Nagle's delay.
absl::StatusOr<Socket> AcceptFrom(int fd);
// Connects to "10.0.0.7:41234" or "[fd00::7]:41234", without Nagle's delay. Errors name the
// endpoint; DeadlineExceeded after `timeout`.
absl::StatusOr<Socket> ConnectTo(const std::string& endpoint, absl::Duration timeout);

// Blocking, whole. Unavailable: the other side has closed, or a time set on the socket has passed.
absl::Status SendAll(int fd, std::string_view bytes);
absl::Status ReceiveAll(int fd, char* buffer, size_t size);

// "10.0.0.7:41234", "[fd00::7]:41234".
std::string JoinEndpoint(const std::string& address, uint16_t port);
struct Endpoint {
  std::string host;
  std::string port;
};
// InvalidArgument: not of the form HOST:PORT.
absl::StatusOr<Endpoint> SplitEndpoint(std::string_view endpoint);

// Where a server of this host binds, and what its peers are told.
struct ServingAddress {
  std::string bind;        // numeric
  std::string advertised;  // `advertise` where that is given
};
// Without `advertise`: the address that this host has towards `towards` (HOST:PORT; nothing is
// sent there), and loopback where that is "" or no network address. With it: that address where it
// is one of this host's, else all of them (it is another machine's that forwards).
absl::StatusOr<ServingAddress> FindServingAddress(const std::string& advertise,
                                                  const std::string& towards);

}  // namespace benchfleet
