// What every adapter does to a file before it reads it as its format.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace benchfleet {

// `text` without a byte order mark. Refused: nothing at all, UTF-16, bytes that are not UTF-8 (the
// line is named). The result refers to `text`.
absl::StatusOr<std::string_view> PlainText(std::string_view text);

// Takes the first line off `rest`: without its end, which may be \n or \r\n.
std::string_view TakeLine(std::string_view* rest);

// Split at spaces and tabs; empty pieces are not pieces.
std::vector<std::string_view> Words(std::string_view line);

std::string_view Trim(std::string_view text);

// A whole decimal number, "nan" and "inf" in any case included; nothing where anything else follows
// or it does not fit a double.
std::optional<double> ReadNumber(std::string_view text);

}  // namespace benchfleet
