// Small text helpers shared by every program that speaks to people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace benchfleet {

// The candidate nearest to `word` by edit distance, if it is near enough to be a likely slip
// (distance at most a third of the longer word, at least 1).
std::optional<std::string> NearestName(std::string_view word,
                                       const std::vector<std::string>& candidates);

// " (did you mean 'x'?)" or "".
std::string DidYouMean(std::string_view word, const std::vector<std::string>& candidates);

// "60s", "1500ms", "2m30s", "250us", "10ns"; a bare number is refused, since it has no unit.
absl::StatusOr<absl::Duration> ParseDuration(std::string_view text);

// "64", "64B", "1KiB", "10kB", "85MiB", "85MB", "2GiB": bytes.
absl::StatusOr<uint64_t> ParseBytes(std::string_view text);

// Three significant digits with a fitting unit: "1.23 ms", "812 ns", "4.20 s".
std::string FormatNanoseconds(double nanoseconds);
// "1.5 KiB", "12.0 MiB".
std::string FormatBytes(double bytes);
// "12.3 k", "4.56 M": three significant digits with an SI prefix.
std::string FormatCount(double count);
// A value of the named unit as people read it: ns, B, B/s, 1/s, bit/s; others as a number and the
// unit.
std::string FormatValue(double value, std::string_view unit);

// True when `text` is well-formed UTF-8 without NUL.
bool IsUtf8(std::string_view text);

}  // namespace benchfleet
