#include "workloads/remote/loopback_echo.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "absl/strings/str_format.h"

namespace benchfleet {
namespace {

constexpr size_t kTripsLeftOut = 3;  // the first has the handshake in it

sockaddr_in OnLoopback(uint16_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

void WithoutDelay(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

LoopbackEcho::LoopbackEcho() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = OnLoopback(0);
  socklen_t size = sizeof address;
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener_, 4) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return;  // nobody will reach it
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Run(); });
}

LoopbackEcho::~LoopbackEcho() {
  shutdown(listener_, SHUT_RDWR);
  if (thread_.joinable()) thread_.join();
  if (listener_ >= 0) close(listener_);
}

std::string LoopbackEcho::endpoint() const { return absl::StrFormat("127.0.0.1:%d", port_); }

void LoopbackEcho::Run() const {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    WithoutDelay(fd);
    char bytes[65536];
    ssize_t got = 0;
    while ((got = recv(fd, bytes, sizeof bytes, 0)) > 0) {
      if (send(fd, bytes, static_cast<size_t>(got), MSG_NOSIGNAL) != got) break;
    }
    close(fd);
  }
}

absl::Duration LoopbackEcho::MedianRoundTrip(const std::string& endpoint, size_t trips) {
  const auto port = static_cast<uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1)));
  const sockaddr_in address = OnLoopback(port);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::vector<absl::Duration> took;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    WithoutDelay(fd);
    char byte = 'x';
    for (size_t i = 0; i < trips + kTripsLeftOut; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1 || recv(fd, &byte, 1, 0) != 1) break;
      const auto whole = std::chrono::steady_clock::now() - begin;
      if (i >= kTripsLeftOut) took.push_back(absl::FromChrono(whole));
    }
  }
  if (fd >= 0) close(fd);
  if (took.empty()) return absl::ZeroDuration();
  const auto middle = took.begin() + static_cast<std::ptrdiff_t>(took.size() / 2);
  std::nth_element(took.begin(), middle, took.end());
  return *middle;
}

}  // namespace benchfleet
