#include "storage/json_text.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_format.h"

namespace benchfleet {

std::string ToJsonText(const StringMap& map) {
  return nlohmann::json(map).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

absl::StatusOr<StringMap> FromJsonText(std::string_view text) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object())
    return absl::DataLossError(absl::StrFormat("'%s' is no JSON object", text));
  StringMap map;
  for (const auto& [name, value] : json.items()) {
    if (!value.is_string()) return absl::DataLossError(absl::StrFormat("'%s' is no text", name));
    map[name] = value.get<std::string>();
  }
  return map;
}

}  // namespace benchfleet
