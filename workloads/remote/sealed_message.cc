#include "workloads/remote/sealed_message.h"

#include <algorithm>

#include "base/limits.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr uint64_t kPiece = limits::kSealedPieceBytes;

std::string BoundInfo(std::string_view info, uint64_t message_bytes) {
  return std::string(info) + "\n" + std::to_string(message_bytes);
}

}  // namespace

uint64_t SealedBytes(uint64_t message_bytes) {
  const uint64_t pieces = std::max<uint64_t>(1, (message_bytes + kPiece - 1) / kPiece);
  return message_bytes + pieces * kHpkeTagBytes;
}

absl::StatusOr<MessageSealer> MessageSealer::Start(HpkeAead aead, std::string_view public_key,
                                                   std::string_view info,
                                                   std::string_view message) {
  BF_ASSIGN_OR_RETURN(HpkeSender sender,
                      HpkeSender::SetUpBase(aead, public_key, BoundInfo(info, message.size())));
  return MessageSealer(std::move(sender), message);
}

absl::Status MessageSealer::Next(std::string* piece) {
  const std::string_view plaintext = left_.substr(0, kPiece);
  piece->resize(plaintext.size() + kHpkeTagBytes);
  BF_RETURN_IF_ERROR(sender_.Seal("", plaintext, piece->data()));
  left_.remove_prefix(plaintext.size());
  done_ = left_.empty();
  return absl::OkStatus();
}

absl::StatusOr<MessageOpener> MessageOpener::Start(HpkeAead aead, const HpkeKeyPair& key,
                                                   std::string_view encapsulated,
                                                   std::string_view info, uint64_t message_bytes) {
  BF_ASSIGN_OR_RETURN(
      HpkeRecipient recipient,
      HpkeRecipient::SetUpBase(aead, key, encapsulated, BoundInfo(info, message_bytes)));
  return MessageOpener(std::move(recipient), message_bytes);
}

absl::Status MessageOpener::Add(std::string_view piece) {
  if (complete_) return absl::DataLossError("a piece after the last one");
  const uint64_t expected = std::min<uint64_t>(kPiece, message_.size() - opened_) + kHpkeTagBytes;
  if (piece.size() != expected) {
    return absl::DataLossError(absl::StrFormat("piece %d has %d bytes, expected %d",
                                               recipient_.sequence(), piece.size(), expected));
  }
  const absl::Status opened = recipient_.Open("", piece, message_.data() + opened_);
  if (!opened.ok()) {
    return Annotate(opened, absl::StrFormat("piece %d", recipient_.sequence()));
  }
  opened_ += expected - kHpkeTagBytes;
  complete_ = opened_ == message_.size();
  return absl::OkStatus();
}

}  // namespace benchfleet
