// String maps as JSON objects: the canonical text of parameters and labels in the store. Pure
// functions.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "proto/model.h"

namespace benchfleet {

// {"circuit":"age","size":"10"}: names sorted, no spaces, so equal maps have equal text. Bytes that
// are no UTF-8 become U+FFFD.
std::string ToJsonText(const StringMap& map);
absl::StatusOr<StringMap> FromJsonText(std::string_view text);

}  // namespace benchfleet
