// A TCP relay in this process that makes the way to one target behave like a network profile: what
// a client sends to endpoint() reaches the target later, at the profile's pace, and the other way
// round. Needs no privileges and changes nothing outside of its own connections.
//
// A connection is accepted at once, but its bytes move only after the round trip that TCP's
// handshake would have taken. Each direction holds at most limits::kMaxRelayBufferBytes; then the
// sender is made to wait. An end of stream travels as bytes do; a broken connection breaks at once.
// The relay's own work takes processor time of this host: about 2 us a segment. That it must be
// woken up to take bytes in, and again to give them on, takes longer: tens of microseconds, which
// would be much of a short delay. So where the delay is below 5 ms the last 80 us of each wait are
// spent awake; and what remains is measured once in a process (OwnDelay) and taken off every delay,
// down to nothing, so that a round trip through the relay is the profile's longer than one without.
//
// Life cycle: Start; connections come and go; the destructor closes them all and joins the relay's
// one thread. All methods from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "workloads/remote/network_profile.h"

namespace benchfleet {

class Relay {
 public:
  // `target` is numeric: "10.0.0.7:41234", "[fd00::7]:41234". The k-th connection draws its jitter
  // and losses from `seed` + k. Connections above limits::kMaxRelayConnections are closed at once.
  static absl::StatusOr<std::unique_ptr<Relay>> Start(const NetworkProfile& profile,
                                                      const std::string& target, uint64_t seed);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // What relaying adds to one way besides the profile's delay: half of what the median round trip
  // of an echo on loopback takes longer through a relay. Measured by the first call, in about
  // 50 ms; at most 200 us, since a longer one was somebody else's work.
  static absl::Duration OwnDelay();

  // "127.0.0.1:PORT".
  const std::string& endpoint() const { return endpoint_; }

 private:
  class Loop;
  Relay();
  static absl::StatusOr<std::unique_ptr<Relay>> StartUncorrected(const NetworkProfile& profile,
                                                                 const std::string& target,
                                                                 uint64_t seed);

  std::string endpoint_;
  std::unique_ptr<Loop> loop_;
};

}  // namespace benchfleet
