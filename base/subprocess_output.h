// What is kept of a child's output: its end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace benchfleet {

// The last `capacity` bytes of a stream. Memory grows with the output up to the capacity, never
// beyond. A value; not thread-safe.
class OutputTail {
 public:
  explicit OutputTail(size_t capacity) : capacity_(capacity) {}

  void Append(std::string_view bytes);

  uint64_t total_bytes() const { return total_bytes_; }
  // Of the stream's beginning, no longer here.
  uint64_t dropped_bytes() const { return total_bytes_ - ring_.size(); }

  // The kept bytes, in order.
  std::string Bytes() const;
  // The same as well-formed UTF-8 without NUL: what is not becomes U+FFFD, byte by byte; a
  // character that the dropping cut is left out. At most three times as long as the bytes.
  std::string Text() const;

 private:
  size_t capacity_;
  std::string ring_;  // full: the oldest byte is at next_
  size_t next_ = 0;   // where the next byte goes once the ring is full
  uint64_t total_bytes_ = 0;
};

// `bytes` with every byte that is not part of well-formed UTF-8, and NUL, replaced by U+FFFD.
std::string ToUtf8(std::string_view bytes);

}  // namespace benchfleet
