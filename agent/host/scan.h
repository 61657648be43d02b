// Taking kernel text apart: lines, words, numbers and CPU lists. Views point into the caller's
// text.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace benchfleet {

// Without white space and NULs at either end.
std::string_view Trim(std::string_view text);

// The parts between separators; empty parts are kept for Split and dropped for Words.
std::vector<std::string_view> Split(std::string_view text, char separator);
std::vector<std::string_view> Words(std::string_view text);
// Views into a temporary would dangle.
template <std::same_as<std::string> Temporary>
std::vector<std::string_view> Split(Temporary&& text, char separator) = delete;
template <std::same_as<std::string> Temporary>
std::vector<std::string_view> Words(Temporary&& text) = delete;

// Puts `item` at the end of `list`, behind a separator unless it is the first.
void AppendTo(std::string& list, std::string_view separator, std::string_view item);

// The whole of `text` (trimmed) as a number; nothing when there is anything else in it.
template <typename Number>
std::optional<Number> ParseNumber(std::string_view text) {
  text = Trim(text);
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Hexadecimal, with or without 0x.
std::optional<uint64_t> ParseHex(std::string_view text);

// "key value unit" and "key: value unit" lines, as in /proc/meminfo, cpu.stat and
// /proc/self/status: the words after the line whose first word, a colon aside, is `key`.
std::vector<std::string_view> ValueWords(std::string_view text, std::string_view key);
template <std::same_as<std::string> Temporary>
std::vector<std::string_view> ValueWords(Temporary&& text, std::string_view key) = delete;
// The first of those words as a number.
std::optional<uint64_t> ValueNumber(std::string_view text, std::string_view key);

// "0-3,8" and back. At most 65,536 CPUs; a malformed part is left out.
std::vector<int> ParseCpuList(std::string_view text);
std::string FormatCpuList(const std::vector<int>& sorted_cpus);

// What each CPU says of itself, as one value: the value alone where all agree, otherwise
// "0x1 (cpus 0-3); 0x2 (cpus 4-7)", in the order of the first CPU. Empty when nobody says anything.
std::string MergeCpuValues(const std::vector<std::pair<int, std::string>>& values);

}  // namespace benchfleet
