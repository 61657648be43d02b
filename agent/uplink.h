// Delivers what is durable in the spool: in order, in batches, with a bounded number of them on
// their way, and again from the first unacked record when no ack comes.
//
//   Open(acked) -> Pump() sends batch after batch -> OnAck() trims and opens the window -> Close()
//
// Single-threaded, like its owner. Owns nothing.
#pragma once

#include <cstdint>
#include <deque>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/coordinator_link.h"
#include "agent/spool.h"

namespace benchfleet {

class Uplink {
 public:
  Uplink(Spool* spool, CoordinatorLink* link) : spool_(spool), link_(link) {}
  Uplink(const Uplink&) = delete;
  Uplink& operator=(const Uplink&) = delete;

  // A session began; the spool is trimmed through what the coordinator has.
  void Open();
  void Close() { open_ = false; }

  // Sends as much as the window allows. Error: the spool cannot be read.
  absl::Status Pump();
  // Trims. True when something was newly acked. Error: the spool cannot be written; an ack of what
  // was never sent.
  absl::StatusOr<bool> OnAck(const Ack& ack);
  // Once each heartbeat: when acks stay away for two of them (then four, eight, …), what is on its
  // way counts as lost and Pump() sends it again.
  void OnHeartbeat();

  // Not sent yet, in this session.
  uint64_t unsent_bytes() const {
    const uint64_t held = spool_->bytes();
    return held > bytes_in_flight_ ? held - bytes_in_flight_ : 0;
  }
  // Everything in the spool is delivered.
  bool delivered() const { return spool_->trimmed_sequence() == spool_->last_sequence(); }

  uint64_t batches_sent() const { return batches_sent_; }
  uint64_t records_acked() const { return records_acked_; }

 private:
  struct Batch {
    uint64_t last_sequence = 0;
    uint64_t bytes = 0;
  };

  void Rewind();
  void ForgetAcked();

  Spool* const spool_;
  CoordinatorLink* const link_;
  bool open_ = false;
  uint64_t next_sequence_ = 1;  // to be sent
  std::deque<Batch> in_flight_;
  uint64_t bytes_in_flight_ = 0;
  uint32_t silent_heartbeats_ = 0;
  uint32_t patience_ = 0;
  uint64_t batches_sent_ = 0;
  uint64_t records_acked_ = 0;
};

}  // namespace benchfleet
