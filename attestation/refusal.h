// How attestation says no: a FailedPrecondition whose message begins with a reason code, one for
// each check ("report_data: the report is about another nonce or key"). Codes are kept: people
// search for them, tests hold them. docs/proving.md lists them.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace benchfleet {

absl::Status Refused(std::string_view reason, std::string_view words);

// The code of a refusal as Refused made it; "" where there is none.
std::string ReasonOf(const absl::Status& refusal);

}  // namespace benchfleet
