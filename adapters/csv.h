// Tables as spreadsheets write them: RFC 4180, the separator a comma, a semicolon or a tab.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace benchfleet {

// Goes over a table row by row. Refers to the text.
class CsvReader {
 public:
  // The separator is the one of the three that the first line has most of.
  explicit CsvReader(std::string_view text);

  // The next row's fields; empty at the end. Empty lines are not rows. Errors: a quote that is not
  // closed (the line where it began), or something right after a closing one.
  absl::StatusOr<std::vector<std::string>> Next();

  size_t line() const { return row_line_; }  // where the last row began, from 1

 private:
  absl::Status TakeField(std::string* field, bool* last);

  std::string_view rest_;
  char separator_ = ',';
  size_t line_ = 1;
  size_t row_line_ = 0;
};

}  // namespace benchfleet
