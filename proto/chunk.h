// Packing of samples: the one place that knows the encodings of SampleChunk. Pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/model.h"

namespace benchfleet {

// Delta, zigzag, base-128 varint: the first value, then each difference to the one before (modulo
// 2^64); 2.8 bytes a value for timings of a millisecond with 2 % noise.
std::string EncodeDeltaVarint(std::span<const int64_t> values);
std::string EncodeFloat64(std::span<const double> values);

// Checks bounds, encoding, finiteness, and that the payload holds `count` values and nothing more.
// Appends the values per operation (value / operations) to `values`. On error nothing is appended.
absl::Status DecodeChunk(const SampleChunk& chunk, std::vector<double>* values);

// The same without division, for integer chunks: what was measured. Error: another encoding.
absl::StatusOr<std::vector<int64_t>> DecodeIntegers(const SampleChunk& chunk);

// The same checks without keeping the values.
absl::Status CheckChunk(const SampleChunk& chunk);

}  // namespace benchfleet
