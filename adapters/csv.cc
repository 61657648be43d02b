#include "adapters/csv.h"

#include <algorithm>

#include "adapters/text.h"
#include "base/status.h"

namespace benchfleet {

CsvReader::CsvReader(std::string_view text) : rest_(text) {
  const std::string_view first = text.substr(0, text.find('\n'));
  long most = 0;
  for (const char candidate : {',', ';', '\t'}) {
    const long count = std::count(first.begin(), first.end(), candidate);
    if (count > most) separator_ = candidate;
    most = std::max(most, count);
  }
}

absl::StatusOr<std::vector<std::string>> CsvReader::Next() {
  while (!rest_.empty() && (rest_.front() == '\n' || rest_.front() == '\r')) {
    if (rest_.front() == '\n') ++line_;
    rest_.remove_prefix(1);
  }
  std::vector<std::string> fields;
  row_line_ = line_;
  if (rest_.empty()) return fields;
  for (bool last = false; !last;) {
    BF_RETURN_IF_ERROR(TakeField(&fields.emplace_back(), &last));
  }
  return fields;
}

absl::Status CsvReader::TakeField(std::string* field, bool* last) {
  if (!rest_.empty() && rest_.front() == '"') {
    const size_t began = line_;
    size_t i = 1;
    while (i < rest_.size()) {
      if (rest_[i] == '"' && i + 1 < rest_.size() && rest_[i + 1] == '"')
        ++i;
      else if (rest_[i] == '"')
        break;
      if (rest_[i] == '\n') ++line_;
      field->push_back(rest_[i++]);
    }
    if (i == rest_.size()) {
      return absl::InvalidArgumentError(
          absl::StrFormat("line %d: a quote is not closed (is the file cut off?)", began));
    }
    rest_.remove_prefix(i + 1);
  } else {
    const char ends[] = {separator_, '\n', '\0'};
    const size_t end = std::min(rest_.find_first_of(ends), rest_.size());
    *field = std::string(Trim(rest_.substr(0, end)));
    rest_.remove_prefix(end);
  }
  if (!rest_.empty() && rest_.front() == '\r') rest_.remove_prefix(1);
  *last = rest_.empty() || rest_.front() == '\n';
  if (!*last && rest_.front() != separator_) {
    return absl::InvalidArgumentError(
        absl::StrFormat("line %d: something follows a closing quote", line_));
  }
  if (!rest_.empty() && rest_.front() == '\n') ++line_;
  if (!rest_.empty()) rest_.remove_prefix(1);
  return absl::OkStatus();
}

}  // namespace benchfleet
