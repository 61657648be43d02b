#include "attestation/refusal.h"

#include "base/status.h"

namespace benchfleet {

absl::Status Refused(std::string_view reason, std::string_view words) {
  return absl::FailedPreconditionError(absl::StrFormat("%s: %s", reason, words));
}

std::string ReasonOf(const absl::Status& refusal) {
  if (refusal.code() != absl::StatusCode::kFailedPrecondition) return "";
  const std::string message = Message(refusal);
  return message.substr(0, message.find(':'));
}

}  // namespace benchfleet
