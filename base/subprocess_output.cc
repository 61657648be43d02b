#include "base/subprocess_output.h"

#include <algorithm>

#include "base/text.h"

namespace benchfleet {
namespace {

// The length of the well-formed character that `text` begins with, or 0.
size_t CharacterLength(std::string_view text) {
  for (size_t length = 1; length <= std::min<size_t>(4, text.size()); ++length) {
    if (IsUtf8(text.substr(0, length))) return length;
  }
  return 0;
}

bool IsContinuation(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

}  // namespace

void OutputTail::Append(std::string_view bytes) {
  total_bytes_ += bytes.size();
  if (bytes.size() >= capacity_) {
    ring_.assign(bytes.substr(bytes.size() - capacity_));
    next_ = 0;
    return;
  }
  const size_t room = std::min(capacity_ - ring_.size(), bytes.size());
  ring_.append(bytes.substr(0, room));
  bytes.remove_prefix(room);
  while (!bytes.empty()) {
    const size_t part = std::min(capacity_ - next_, bytes.size());
    bytes.copy(ring_.data() + next_, part);
    next_ = (next_ + part) % capacity_;
    bytes.remove_prefix(part);
  }
}

std::string OutputTail::Bytes() const { return ring_.substr(next_) + ring_.substr(0, next_); }

std::string OutputTail::Text() const {
  const std::string bytes = Bytes();
  size_t cut = 0;
  if (dropped_bytes() > 0) {
    while (cut < std::min<size_t>(3, bytes.size()) && IsContinuation(bytes[cut])) ++cut;
  }
  return ToUtf8(std::string_view(bytes).substr(cut));
}

std::string ToUtf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const size_t length = CharacterLength(bytes);
    text += length == 0 ? std::string_view("\xef\xbf\xbd") : bytes.substr(0, length);
    bytes.remove_prefix(std::max<size_t>(1, length));
  }
  return text;
}

}  // namespace benchfleet
