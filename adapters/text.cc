#include "adapters/text.h"

#include <charconv>

#include "base/status.h"
#include "base/text.h"

namespace benchfleet {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

absl::StatusOr<std::string_view> PlainText(std::string_view text) {
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
    return absl::InvalidArgumentError("the text is UTF-16, expected UTF-8 (save it as UTF-8)");
  }
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (Trim(text).empty()) return absl::InvalidArgumentError("the file is empty");
  if (IsUtf8(text)) return text;
  std::string_view rest = text;
  for (size_t number = 1; !rest.empty(); ++number) {
    if (!IsUtf8(TakeLine(&rest))) {
      return absl::InvalidArgumentError(
          absl::StrFormat("line %d has bytes that are not UTF-8 text", number));
    }
  }
  return absl::InvalidArgumentError("the text is not UTF-8");
}

std::string_view TakeLine(std::string_view* rest) {
  const size_t end = rest->find('\n');
  std::string_view line = rest->substr(0, end);
  rest->remove_prefix(end == std::string_view::npos ? rest->size() : end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

std::vector<std::string_view> Words(std::string_view line) {
  std::vector<std::string_view> words;
  for (size_t begin = 0; begin < line.size();) {
    const size_t end = std::min(line.find_first_of(" \t", begin), line.size());
    if (end > begin) words.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<double> ReadNumber(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

}  // namespace benchfleet
