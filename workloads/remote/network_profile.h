// What a network between two hosts does to what is sent over it, as the parameter `network` says.
//
//   none      nothing is put in between; the hosts' own network
//   lan       delay 250us, jitter 50us, rate 1gbit: a building, two switches
//   wan       delay 20ms, jitter 2ms, rate 100mbit, loss 0.01%: a country, fibre at home
//   mobile    delay 35ms, jitter 8ms, rate 20mbit, loss 0.5%: 4G in a town
//   delay=40ms,jitter=5ms,rate=20mbit,loss=0.5%
//             any of the four, in any order; what is not given is zero, and rate without bound. In
//             a job file it may be written as a map: {delay: 40ms, jitter: 5ms, rate: 20mbit, loss:
//             0.5%}
//
//   profile=wan,rate=50mbit,apply=tc
//             `profile` begins with a named one, and the others change it. `apply` says by whom it
//             is done: `relay` (the default), a relay in the client's runner, or `tc`, the kernels
//             of both hosts, for all that leaves through the device between them
//
// `delay` is of one way: a round trip takes twice as long. It comes on top of what the network
// between the hosts takes. workloads/remote/relay_line.h says what the four do to a segment.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "proto/model.h"

namespace benchfleet {

// A value.
struct NetworkProfile {
  std::string name;            // as it was given
  absl::Duration delay;        // one way
  absl::Duration jitter;       // at most so much more or less, drawn evenly
  double bits_per_second = 0;  // of each direction; 0: no bound
  double loss = 0;             // share of segments, below 1
  bool by_tc = false;          // else by a relay

  // It changes nothing, so that nothing is needed to apply it.
  bool none() const {
    return delay == absl::ZeroDuration() && jitter == absl::ZeroDuration() &&
           bits_per_second == 0 && loss == 0;
  }
  // "delay 40ms, jitter 5ms, rate 20mbit, loss 0.5%", with ", by tc" where that is so; or "none".
  std::string Describe() const;
};

// The grammar above, as the parameter `network` of workloads.
ParameterDescription NetworkParameter();

// Error, InvalidArgument: names what was wrong, what was expected, and the nearest name.
absl::StatusOr<NetworkProfile> ParseNetworkProfile(std::string_view text);

}  // namespace benchfleet
