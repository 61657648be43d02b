// One direction of a connection through an emulated network: when does what was sent arrive?
//
// The model, above TCP, segment by segment (1448 bytes, an Ethernet frame's worth):
//
//   rate     a token bucket of one segment, in other words a serial line: a segment leaves when
//            those before it have left, and takes its bytes / rate
//   delay    from leaving to arriving
//   jitter   drawn evenly from -jitter to +jitter for every segment and added to delay; order is
//            kept, as TCP keeps it, so a late segment holds up those behind it
//   loss     with this probability a segment is lost. TCP hides that from a program, which sees a
//            pause: the sender hears of the hole after one round trip and sends the segment again,
//            so it arrives 2 * delay (at least 1 ms) later, and may be lost again; everything
//            behind it waits, and then comes at once
//
// A loss costs time and no rate: the line goes on sending behind the hole, as long as the sender
// has more that may be under way (it does not wait for an answer, and the ring is not full).
//
// What is not modelled: the sender's congestion window, queues that overflow, retransmission by
// timeout at the end of a burst (a real sender may wait longer there).
//
// Bytes lie in a ring of limits::kMaxRelayBufferBytes; when it is full the sender has to wait,
// which is how a rate is felt. Pure: times are given, in nanoseconds of any one clock, never
// backwards. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <span>
#include <string_view>

#include "workloads/remote/network_profile.h"

namespace benchfleet {

class RelayLine {
 public:
  static constexpr size_t kSegmentBytes = 1448;
  static constexpr int64_t kNever = INT64_MAX;

  // Nothing leaves before `opens_ns`.
  RelayLine(const NetworkProfile& profile, uint64_t seed, int64_t opens_ns);

  // Where the next bytes may be written; empty when full, perhaps not all of the room.
  std::span<char> Room();
  // The first `bytes` of Room() were written, and sent at `now_ns`.
  void Sent(size_t bytes, int64_t now_ns);

  // The next bytes that have arrived by `now_ns`; empty where there are none.
  std::string_view Arrived(int64_t now_ns) const;
  void Take(size_t bytes);
  // When the next segment arrives; kNever where nothing is under way.
  int64_t next_arrival_ns() const;
  bool empty() const { return under_way_.empty(); }

 private:
  struct Segment {
    size_t bytes;
    int64_t arrives_ns;
  };

  int64_t Arrival(size_t bytes, int64_t now_ns);

  const int64_t delay_ns_;
  const int64_t jitter_ns_;
  const double ns_per_byte_;
  const double loss_;
  std::mt19937_64 random_;
  const std::unique_ptr<char[]> ring_;  // pages that are never needed are never touched
  size_t begin_ = 0;                    // of what is under way, in ring_
  size_t used_ = 0;
  std::deque<Segment> under_way_;
  int64_t line_free_ns_;
  int64_t last_arrival_ns_;
};

}  // namespace benchfleet
