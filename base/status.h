// Error handling shared by all rooms: absl::Status everywhere, two macros, context added on the
// way up.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"

namespace benchfleet {

// The same code, with "context: " before the message. OK stays OK.
absl::Status Annotate(const absl::Status& status, std::string_view context);

// The message as a std::string (absl's own string_view is not std's on Debian 12).
std::string Message(const absl::Status& status);

// A Status from errno: "opening /x: No such file or directory". The code follows errno.
absl::Status ErrnoError(int error_number, std::string_view context);

}  // namespace benchfleet

#define BF_CONCAT_INNER(a, b) a##b
#define BF_CONCAT(a, b) BF_CONCAT_INNER(a, b)

// Returns early when `expression` (a Status) is not OK.
#define BF_RETURN_IF_ERROR(expression)                            \
  do {                                                            \
    if (absl::Status bf_status = (expression); !bf_status.ok()) { \
      return bf_status;                                           \
    }                                                             \
  } while (false)

// BF_ASSIGN_OR_RETURN(auto x, Function()): returns the error early, else defines x.
#define BF_ASSIGN_OR_RETURN(declaration, expression) \
  BF_ASSIGN_OR_RETURN_IMPL(BF_CONCAT(bf_statusor_, __LINE__), declaration, expression)
#define BF_ASSIGN_OR_RETURN_IMPL(temporary, declaration, expression) \
  auto temporary = (expression);                                     \
  if (!(temporary).ok()) return std::move(temporary).status();       \
  declaration = std::move(temporary).value() /* NOLINT(bugprone-macro-parentheses) */
