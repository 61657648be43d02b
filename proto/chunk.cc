#include "proto/chunk.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "absl/strings/str_format.h"
#include "base/limits.h"
#include "base/status.h"

namespace benchfleet {
namespace {

static_assert(std::endian::native == std::endian::little, "kFloat64 is copied as it lies");

// Reads one varint; false when it is cut off or longer than 64 bits.
bool ReadVarint(const char*& at, const char* end, uint64_t* value) {
  uint64_t result = 0;
  for (int shift = 0; shift < 64 && at != end; shift += 7) {
    const auto byte = static_cast<unsigned char>(*at++);
    if (shift == 63 && byte > 1) return false;
    result |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      *value = result;
      return true;
    }
  }
  return false;
}

absl::Status ChunkError(const SampleChunk& chunk, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrFormat("samples of metric '%s' from index %d: %s",
                                                    chunk.metric, chunk.first_index, what));
}

absl::Status CheckHeader(const SampleChunk& chunk) {
  if (chunk.metric.empty()) return ChunkError(chunk, "no metric is named");
  if (chunk.count == 0) return ChunkError(chunk, "the chunk is empty");
  if (chunk.count > limits::kMaxSamplesPerChunk)
    return ChunkError(chunk, "more samples than a chunk may hold");
  if (chunk.operations == 0) return ChunkError(chunk, "a value covers no operation");
  if (chunk.first_index + chunk.count > limits::kMaxSamplesPerRun) {
    return ChunkError(chunk, "more samples than a run may have");
  }
  return absl::OkStatus();
}

// Calls `take` with each decoded int64; false when the payload is not exactly `count` values.
template <typename Take>
bool ForEachInteger(const SampleChunk& chunk, Take take) {
  const char* at = chunk.payload.data();
  const char* const end = at + chunk.payload.size();
  uint64_t value = 0;
  for (uint32_t i = 0; i < chunk.count; ++i) {
    uint64_t zigzag = 0;
    if (!ReadVarint(at, end, &zigzag)) return false;
    value += (zigzag >> 1) ^ (~(zigzag & 1) + 1);
    take(static_cast<int64_t>(value));
  }
  return at == end;
}

}  // namespace

std::string EncodeDeltaVarint(std::span<const int64_t> values) {
  std::string payload;
  payload.reserve(values.size() * 4);
  uint64_t previous = 0;
  for (const int64_t value : values) {
    const uint64_t delta = static_cast<uint64_t>(value) - previous;
    previous = static_cast<uint64_t>(value);
    uint64_t zigzag = (delta << 1) ^ (~(delta >> 63) + 1);
    while (zigzag >= 0x80) {
      payload.push_back(static_cast<char>(zigzag | 0x80));
      zigzag >>= 7;
    }
    payload.push_back(static_cast<char>(zigzag));
  }
  return payload;
}

std::string EncodeFloat64(std::span<const double> values) {
  std::string payload(values.size_bytes(), '\0');
  if (!values.empty()) std::memcpy(payload.data(), values.data(), values.size_bytes());
  return payload;
}

absl::StatusOr<std::vector<int64_t>> DecodeIntegers(const SampleChunk& chunk) {
  BF_RETURN_IF_ERROR(CheckHeader(chunk));
  if (chunk.encoding != Encoding::kDeltaVarint) return ChunkError(chunk, "not integers");
  std::vector<int64_t> values;
  values.reserve(chunk.count);
  if (!ForEachInteger(chunk, [&](int64_t value) { values.push_back(value); })) {
    return ChunkError(chunk, "the payload is damaged");
  }
  return values;
}

absl::Status DecodeChunk(const SampleChunk& chunk, std::vector<double>* values) {
  BF_RETURN_IF_ERROR(CheckHeader(chunk));
  const double scale = 1.0 / static_cast<double>(chunk.operations);
  const size_t before = values->size();
  if (chunk.encoding == Encoding::kDeltaVarint) {
    values->reserve(before + chunk.count);
    if (ForEachInteger(chunk,
                       [&](int64_t v) { values->push_back(static_cast<double>(v) * scale); })) {
      return absl::OkStatus();
    }
    values->resize(before);
    return ChunkError(chunk, "the payload is damaged");
  }
  if (chunk.encoding != Encoding::kFloat64) return ChunkError(chunk, "unknown encoding");
  if (chunk.payload.size() != chunk.count * sizeof(double)) {
    return ChunkError(chunk, "the payload is damaged");
  }
  values->resize(before + chunk.count);
  std::memcpy(values->data() + before, chunk.payload.data(), chunk.payload.size());
  for (size_t i = before; i < values->size(); ++i) {
    (*values)[i] *= scale;
    if (!std::isfinite((*values)[i])) {
      values->resize(before);
      return ChunkError(chunk, "a sample is not a finite number");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckChunk(const SampleChunk& chunk) {
  if (chunk.encoding == Encoding::kDeltaVarint) {
    BF_RETURN_IF_ERROR(CheckHeader(chunk));
    return ForEachInteger(chunk, [](int64_t) {}) ? absl::OkStatus()
                                                 : ChunkError(chunk, "the payload is damaged");
  }
  std::vector<double> values;
  return DecodeChunk(chunk, &values);
}

}  // namespace benchfleet
