#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <utility>

#include "absl/strings/str_format.h"

namespace benchfleet {
namespace {

// Optimal string alignment: insertions, deletions, substitutions, and swaps of neighbours.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> before_last;
  std::vector<size_t> last(b.size() + 1);
  std::iota(last.begin(), last.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    std::vector<size_t> row(b.size() + 1);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] =
          std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    before_last = std::exchange(last, std::move(row));
  }
  return last[b.size()];
}

std::string ThreeDigits(double value) {
  const double magnitude = std::fabs(value);
  if (magnitude >= 100 || magnitude == 0) return absl::StrFormat("%.0f", value);
  if (magnitude >= 10) return absl::StrFormat("%.1f", value);
  return absl::StrFormat("%.2f", value);
}

struct Scale {
  double factor;
  const char* suffix;
};

// `scales` from large to small; the last one takes the rest.
template <size_t N>
std::string FormatScaled(double value, const std::array<Scale, N>& scales) {
  if (!std::isfinite(value)) return "-";
  for (const Scale& scale : scales) {
    // 0.9995 so that 999.7 us reads "1.00 ms" and not "1000 us".
    if (std::fabs(value) >= scale.factor * 0.9995 || &scale == &scales.back()) {
      return ThreeDigits(value / scale.factor) + " " + scale.suffix;
    }
  }
  return "";
}

absl::StatusOr<std::pair<double, std::string_view>> NumberAndUnit(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !std::isfinite(number) || number < 0) {
    return absl::InvalidArgumentError(absl::StrFormat("'%s' does not begin with a number", text));
  }
  std::string_view unit = text.substr(static_cast<size_t>(end - text.data()));
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  return std::make_pair(number, unit);
}

}  // namespace

std::optional<std::string> NearestName(std::string_view word,
                                       const std::vector<std::string>& candidates) {
  std::optional<std::string> best;
  size_t best_distance = 0;
  for (const std::string& candidate : candidates) {
    const size_t distance = EditDistance(word, candidate);
    const size_t allowed = std::max<size_t>(1, std::max(word.size(), candidate.size()) / 3);
    if (distance <= allowed && (!best || distance < best_distance)) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string DidYouMean(std::string_view word, const std::vector<std::string>& candidates) {
  const std::optional<std::string> nearest = NearestName(word, candidates);
  return nearest ? absl::StrFormat(" (did you mean '%s'?)", *nearest) : "";
}

absl::StatusOr<absl::Duration> ParseDuration(std::string_view text) {
  static constexpr std::pair<std::string_view, double> kUnits[] = {
      {"ns", 1}, {"us", 1e3}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"min", 60e9}, {"h", 3600e9}};
  if (const auto one = NumberAndUnit(text); one.ok()) {
    for (const auto& [name, factor] : kUnits) {
      if (one->second == name) return absl::Nanoseconds(one->first * factor);
    }
  }
  absl::Duration duration;
  const bool bare_number =
      !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos;
  if (bare_number || !absl::ParseDuration(absl::string_view(text.data(), text.size()), &duration)) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "'%s' is not a duration (expected a number and a unit: 250us, 1500ms, 60s, 2m30s)", text));
  }
  if (duration == absl::InfiniteDuration()) {
    return absl::InvalidArgumentError("a duration must end: 'inf' is none");
  }
  if (duration < absl::ZeroDuration()) {
    return absl::InvalidArgumentError(absl::StrFormat("duration '%s' is negative", text));
  }
  return duration;
}

absl::StatusOr<uint64_t> ParseBytes(std::string_view text) {
  static constexpr std::pair<std::string_view, double> kUnits[] = {{"", 1},
                                                                   {"B", 1},
                                                                   {"kB", 1e3},
                                                                   {"KB", 1e3},
                                                                   {"MB", 1e6},
                                                                   {"GB", 1e9},
                                                                   {"KiB", 1024},
                                                                   {"MiB", 1048576.0},
                                                                   {"GiB", 1073741824.0},
                                                                   {"TiB", 1099511627776.0}};
  const auto parsed = NumberAndUnit(text);
  if (parsed.ok()) {
    for (const auto& [name, factor] : kUnits) {
      if (parsed->second == name && parsed->first * factor <= 0x1.0p62) {
        return static_cast<uint64_t>(std::llround(parsed->first * factor));
      }
    }
  }
  return absl::InvalidArgumentError(
      absl::StrFormat("'%s' is not a size (expected for example 64, 1KiB, 85MB, 2GiB)", text));
}

std::string FormatNanoseconds(double nanoseconds) {
  static constexpr std::array<Scale, 4> kScales = {
      {{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"}}};
  return FormatScaled(nanoseconds, kScales);
}

std::string FormatBytes(double bytes) {
  static constexpr std::array<Scale, 5> kScales = {{{1099511627776.0, "TiB"},
                                                    {1073741824.0, "GiB"},
                                                    {1048576.0, "MiB"},
                                                    {1024, "KiB"},
                                                    {1, "B"}}};
  return FormatScaled(bytes, kScales);
}

std::string FormatCount(double count) {
  static constexpr std::array<Scale, 4> kScales = {{{1e9, "G"}, {1e6, "M"}, {1e3, "k"}, {1, ""}}};
  std::string text = FormatScaled(count, kScales);
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

std::string FormatValue(double value, std::string_view unit) {
  if (unit == "ns") return FormatNanoseconds(value);
  if (unit == "B") return FormatBytes(value);
  if (unit == "B/s") return FormatBytes(value) + "/s";
  if (unit == "1/s") return FormatCount(value) + "/s";
  if (unit == "bit/s") {
    static constexpr std::array<Scale, 4> kScales = {
        {{1e9, "Gbit/s"}, {1e6, "Mbit/s"}, {1e3, "kbit/s"}, {1, "bit/s"}}};
    return FormatScaled(value, kScales);
  }
  if (!std::isfinite(value)) return "-";
  std::string text = std::fabs(value) >= 1e4 ? FormatCount(value) : absl::StrFormat("%.4g", value);
  return unit.empty() ? text : text + " " + std::string(unit);
}

bool IsUtf8(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead == 0) return false;
    const size_t length = lead < 0x80         ? 1
                          : (lead >> 5) == 6  ? 2
                          : (lead >> 4) == 14 ? 3
                          : (lead >> 3) == 30 ? 4
                                              : 0;
    if (length == 0 || i + length > text.size()) return false;
    uint32_t code = length == 1 ? lead : lead & (0xffu >> (length + 1));
    for (size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0) != 0x80) return false;
      code = (code << 6) | (next & 0x3fu);
    }
    static constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < kLeast[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
    i += length;
  }
  return true;
}

}  // namespace benchfleet
