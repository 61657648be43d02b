#include "agent/host/scan.h"

#include <algorithm>

namespace benchfleet {
namespace {

constexpr int kCpusMax = 65536;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\0'; }

}  // namespace

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  size_t begin = 0;
  while (begin < text.size()) {
    if (IsBlank(text[begin])) {
      ++begin;
      continue;
    }
    size_t end = begin;
    while (end < text.size() && !IsBlank(text[end])) ++end;
    words.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

void AppendTo(std::string& list, std::string_view separator, std::string_view item) {
  if (!list.empty()) list += separator;
  list += item;
}

std::optional<uint64_t> ParseHex(std::string_view text) {
  text = Trim(text);
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::vector<std::string_view> ValueWords(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const size_t newline = text.find('\n');
    std::string_view line = text.substr(0, newline);
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    if (!line.starts_with(key)) continue;
    line.remove_prefix(key.size());
    if (line.empty() || (line.front() != ':' && !IsBlank(line.front()))) continue;
    return Words(line.substr(1));
  }
  return {};
}

std::optional<uint64_t> ValueNumber(std::string_view text, std::string_view key) {
  const std::vector<std::string_view> words = ValueWords(text, key);
  if (words.empty()) return std::nullopt;
  return ParseNumber<uint64_t>(words.front());
}

std::vector<int> ParseCpuList(std::string_view text) {
  std::vector<int> cpus;
  for (const std::string_view part : Split(Trim(text), ',')) {
    const size_t dash = part.find('-');
    const std::optional<int> first = ParseNumber<int>(part.substr(0, dash));
    const std::optional<int> last =
        dash == std::string_view::npos ? first : ParseNumber<int>(part.substr(dash + 1));
    if (!first || !last || *first < 0 || *last >= kCpusMax) continue;
    for (int cpu = *first; cpu <= *last; ++cpu) cpus.push_back(cpu);
  }
  std::sort(cpus.begin(), cpus.end());
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  return cpus;
}

std::string FormatCpuList(const std::vector<int>& sorted_cpus) {
  std::string list;
  for (size_t begin = 0; begin < sorted_cpus.size();) {
    size_t end = begin;
    while (end + 1 < sorted_cpus.size() && sorted_cpus[end + 1] == sorted_cpus[end] + 1) ++end;
    if (!list.empty()) list += ',';
    list += std::to_string(sorted_cpus[begin]);
    if (end > begin) list += '-' + std::to_string(sorted_cpus[end]);
    begin = end + 1;
  }
  return list;
}

std::string MergeCpuValues(const std::vector<std::pair<int, std::string>>& values) {
  std::vector<std::pair<std::string, std::vector<int>>> groups;
  for (const auto& [cpu, value] : values) {
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&value = value](const auto& g) { return g.first == value; });
    if (group == groups.end()) group = groups.insert(groups.end(), {value, {}});
    group->second.push_back(cpu);
  }
  if (groups.empty()) return "";
  if (groups.size() == 1) return groups.front().first;
  for (auto& [value, cpus] : groups) std::sort(cpus.begin(), cpus.end());
  std::sort(groups.begin(), groups.end(),
            [](const auto& a, const auto& b) { return a.second.front() < b.second.front(); });
  std::string merged;
  for (const auto& [value, cpus] : groups) {
    AppendTo(merged, "; ", value + " (cpus " + FormatCpuList(cpus) + ")");
  }
  return merged;
}

}  // namespace benchfleet
