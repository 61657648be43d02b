#include "base/frame.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <utility>

#include "base/limits.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr size_t kMaxLengthBytes = 4;  // of the varint; the bound needs three
static_assert(limits::kMaxRunnerFrameBytes < (size_t{1} << (7 * kMaxLengthBytes)));

// The length in the first bytes of `bytes` and how many bytes it took; nothing: not all there yet.
struct Length {
  size_t value = 0;
  size_t header_bytes = 0;
};
absl::StatusOr<std::optional<Length>> ParseLength(std::string_view bytes) {
  size_t value = 0;
  for (size_t i = 0; i < bytes.size() && i < kMaxLengthBytes; ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    value |= static_cast<size_t>(byte & 0x7f) << (7 * i);
    if (byte >= 0x80) continue;
    if (value > limits::kMaxRunnerFrameBytes) break;
    return Length{value, i + 1};
  }
  if (bytes.size() < kMaxLengthBytes && value <= limits::kMaxRunnerFrameBytes) return std::nullopt;
  return absl::InvalidArgumentError(absl::StrFormat(
      "a frame begins with a length that is damaged or above %d", limits::kMaxRunnerFrameBytes));
}

absl::Status WriteAll(int fd, std::string_view bytes) {
  bool socket = true;
  while (!bytes.empty()) {
    const ssize_t written = socket ? send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL)
                                   : write(fd, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<size_t>(written));
    } else if (errno == ENOTSOCK && socket) {
      socket = false;
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return absl::UnavailableError("writing a frame: the other side is gone");
    } else if (errno != EINTR) {
      return ErrnoError(errno, "writing a frame");
    }
  }
  return absl::OkStatus();
}

// Reads until `size` bytes are there or the stream ends; the number read.
absl::StatusOr<size_t> ReadUpTo(int fd, char* to, size_t size) {
  size_t done = 0;
  while (done < size) {
    const ssize_t got = read(fd, to + done, size - done);
    if (got > 0) {
      done += static_cast<size_t>(got);
    } else if (got == 0) {
      break;
    } else if (errno != EINTR) {
      return ErrnoError(errno, "reading a frame");
    }
  }
  return done;
}

}  // namespace

absl::Status AppendFrame(std::string_view bytes, std::string* out) {
  if (bytes.size() > limits::kMaxRunnerFrameBytes) {
    return absl::ResourceExhaustedError(absl::StrFormat(
        "a frame of %d bytes; the bound is %d", bytes.size(), limits::kMaxRunnerFrameBytes));
  }
  size_t length = bytes.size();
  while (length >= 0x80) {
    out->push_back(static_cast<char>(length | 0x80));
    length >>= 7;
  }
  out->push_back(static_cast<char>(length));
  out->append(bytes);
  return absl::OkStatus();
}

void FrameDecoder::Append(std::string_view bytes) {
  if (at_ == buffer_.size()) {
    buffer_.clear();
    at_ = 0;
  } else if (at_ > buffer_.size() / 2) {
    buffer_.erase(0, at_);
    at_ = 0;
  }
  buffer_.append(bytes);
}

absl::StatusOr<std::optional<std::string>> FrameDecoder::Next() {
  if (!error_.ok()) return error_;
  const std::string_view rest = std::string_view(buffer_).substr(at_);
  const absl::StatusOr<std::optional<Length>> length = ParseLength(rest);
  if (!length.ok()) return error_ = length.status();
  if (!*length || rest.size() - (*length)->header_bytes < (*length)->value) return std::nullopt;
  std::string frame(rest.substr((*length)->header_bytes, (*length)->value));
  at_ += (*length)->header_bytes + (*length)->value;
  return frame;
}

absl::Status WriteFrame(int fd, std::string_view bytes) {
  std::string frame;
  frame.reserve(bytes.size() + kMaxLengthBytes);
  BF_RETURN_IF_ERROR(AppendFrame(bytes, &frame));
  return WriteAll(fd, frame);
}

absl::StatusOr<std::optional<std::string>> ReadFrame(int fd) {
  char header[kMaxLengthBytes];
  size_t header_bytes = 0;
  std::optional<Length> length;
  while (!length) {
    BF_ASSIGN_OR_RETURN(const size_t got, ReadUpTo(fd, header + header_bytes, 1));
    if (got == 0 && header_bytes == 0) return std::nullopt;
    if (got == 0) return absl::DataLossError("the stream ended within a frame's length");
    ++header_bytes;
    BF_ASSIGN_OR_RETURN(length, ParseLength(std::string_view(header, header_bytes)));
  }
  std::string frame(length->value, '\0');
  BF_ASSIGN_OR_RETURN(const size_t got, ReadUpTo(fd, frame.data(), frame.size()));
  if (got < frame.size()) return absl::DataLossError("the stream ended within a frame");
  return frame;
}

}  // namespace benchfleet
