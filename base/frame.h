// Length-delimited frames on a stream of bytes: what bench-runner and the agent speak over their
// socket pair. A frame is a base-128 varint length (protobuf's delimited format) and that many
// bytes. The bound is limits::kMaxRunnerFrameBytes, in both directions: a longer frame is an error
// before any of it is kept.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace benchfleet {

// Appends one frame to `out`. Error: `bytes` is longer than the bound.
absl::Status AppendFrame(std::string_view bytes, std::string* out);

// Takes a stream apart that arrives in pieces of any size; never blocks, touches no descriptor.
// After an error the stream is lost: every later Next() returns the same error.
class FrameDecoder {
 public:
  void Append(std::string_view bytes);

  // The next whole frame, or nothing until more bytes come. Error: a length that is no varint or
  // is above the bound.
  absl::StatusOr<std::optional<std::string>> Next();

  // True between two frames: an end of file here is a clean one.
  bool AtBoundary() const { return at_ == buffer_.size(); }

 private:
  std::string buffer_;
  size_t at_ = 0;  // of the first byte that is not yet handed out
  absl::Status error_;
};

// Blocking; for one thread a direction. Retries interrupted calls; a peer that is gone is an
// Unavailable error and never SIGPIPE on a socket.
absl::Status WriteFrame(int fd, std::string_view bytes);

// Reads exactly one frame and not a byte more. Nothing: end of file before its first byte.
// Errors: DataLoss when the stream ends within the frame, InvalidArgument for a bad length.
absl::StatusOr<std::optional<std::string>> ReadFrame(int fd);

}  // namespace benchfleet
