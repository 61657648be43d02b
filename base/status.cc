#include "base/status.h"

#include <cstring>

namespace benchfleet {

absl::Status Annotate(const absl::Status& status, std::string_view context) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrFormat("%s: %s", context, Message(status)));
}

std::string Message(const absl::Status& status) {
  return std::string(status.message().data(), status.message().size());
}

absl::Status ErrnoError(int error_number, std::string_view context) {
  return absl::ErrnoToStatus(error_number, absl::string_view(context.data(), context.size()));
}

}  // namespace benchfleet
