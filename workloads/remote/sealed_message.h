// A long secret message as sealed pieces, for streaming: HPKE (workloads/remote/hpke.h) over pieces
// of limits::kSealedPieceBytes, the last one shorter; an empty message is one empty piece.
//
//   what binds        info ‖ "\n" ‖ the message's size in decimal
//   piece i           Seal("", message[i * kSealedPieceBytes ...]), sequence number i
//
// So a piece that was changed, repeated, left out or moved does not open, neither does one that was
// sealed for another info, and a message that was cut is never complete.
//
// Copies of the message: sealing reads it where it lies and writes each piece where the wire takes
// it from; opening writes each piece to its place in the message. There are no others.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "workloads/remote/hpke.h"

namespace benchfleet {

// Bytes of a sealed message of `message_bytes`, all pieces together.
uint64_t SealedBytes(uint64_t message_bytes);

// Life cycle: Start; Next until done. `message` belongs to the caller and outlives it.
class MessageSealer {
 public:
  static absl::StatusOr<MessageSealer> Start(HpkeAead aead, std::string_view public_key,
                                             std::string_view info, std::string_view message);

  const std::string& encapsulated() const { return sender_.encapsulated(); }
  bool done() const { return done_; }
  // Writes the next piece over `piece`; one string for all pieces costs one allocation.
  absl::Status Next(std::string* piece);

 private:
  MessageSealer(HpkeSender sender, std::string_view message)
      : sender_(std::move(sender)), left_(message) {}

  HpkeSender sender_;
  std::string_view left_;
  bool done_ = false;
};

// Life cycle: Start, which allocates the whole message; Add for every piece; Take when complete.
// After an error only the destructor is of use. What was opened is wiped unless taken.
class MessageOpener {
 public:
  // `message_bytes` is what the sender says, bounded by the caller.
  static absl::StatusOr<MessageOpener> Start(HpkeAead aead, const HpkeKeyPair& key,
                                             std::string_view encapsulated, std::string_view info,
                                             uint64_t message_bytes);
  MessageOpener(MessageOpener&& other) noexcept = default;
  MessageOpener& operator=(MessageOpener&& other) noexcept = default;
  ~MessageOpener() { Wipe(message_); }

  // Errors, DataLoss: it does not open, has not the size that its place asks for, or comes after
  // the last.
  absl::Status Add(std::string_view piece);
  bool complete() const { return complete_; }
  uint64_t opened_bytes() const { return opened_; }
  std::string Take() { return std::move(message_); }

 private:
  MessageOpener(HpkeRecipient recipient, uint64_t message_bytes)
      : recipient_(std::move(recipient)), message_(message_bytes, '\0') {}

  HpkeRecipient recipient_;
  std::string message_;
  uint64_t opened_ = 0;
  bool complete_ = false;
};

}  // namespace benchfleet
