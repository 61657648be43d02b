// A server on loopback that sends back what it gets, to see what a round trip costs by itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>

#include "absl/time/time.h"

namespace benchfleet {

// Serves one connection after another on a thread of its own, from the constructor to the
// destructor.
class LoopbackEcho {
 public:
  LoopbackEcho();
  ~LoopbackEcho();
  LoopbackEcho(const LoopbackEcho&) = delete;
  LoopbackEcho& operator=(const LoopbackEcho&) = delete;

  // "127.0.0.1:PORT".
  std::string endpoint() const;
  // Of single bytes over a new connection to `endpoint`, which leads here; the first trips do not
  // count. Zero where the connection fails.
  static absl::Duration MedianRoundTrip(const std::string& endpoint, size_t trips = 41);

 private:
  void Run() const;

  uint16_t port_ = 0;
  int listener_ = -1;
  std::thread thread_;
};

}  // namespace benchfleet
