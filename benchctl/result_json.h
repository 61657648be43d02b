// Reading JSON that somebody else wrote: values with their place in the document, so that an error
// can name it. Private to result_file*.cc.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/status.h"
#include "benchctl/table.h"
#include "proto/model.h"

namespace benchfleet {

using Json = nlohmann::ordered_json;

// A value and where it stands. Refers to the document, which outlives it.
class JsonNode {
 public:
  JsonNode(const Json& json, std::string path) : json_(&json), path_(std::move(path)) {}

  const Json& json() const { return *json_; }
  const std::string& path() const { return path_; }
  bool Has(const char* key) const {
    return json_->is_object() && json_->contains(key) && !(*json_)[key].is_null();
  }
  JsonNode At(const char* key) const { return {(*json_)[key], path_ + "/" + key}; }
  JsonNode At(size_t index) const { return {(*json_)[index], path_ + "/" + std::to_string(index)}; }
  size_t size() const { return json_->size(); }

  absl::Status Refuse(const std::string& expected) const {
    const std::string found = json_->is_array() ? "an array"
                              : json_->is_object()
                                  ? "an object"
                                  : json_->dump(-1, ' ', false, Json::error_handler_t::replace);
    return absl::InvalidArgumentError(absl::StrFormat("%s is %s, expected %s",
                                                      path_.empty() ? "/" : path_,
                                                      Shorten(Printable(found), 60), expected));
  }

  absl::Status CheckObject() const {
    return json_->is_object() ? absl::OkStatus() : Refuse("an object");
  }
  absl::Status CheckArray() const {
    return json_->is_array() ? absl::OkStatus() : Refuse("an array");
  }

  // A key that has to be there.
  absl::StatusOr<JsonNode> Need(const char* key) const {
    BF_RETURN_IF_ERROR(CheckObject());
    if (Has(key)) return At(key);
    return absl::InvalidArgumentError(
        absl::StrFormat("%s has no '%s'", path_.empty() ? "the document" : path_, key));
  }

  absl::Status Read(std::string* to) const {
    if (!json_->is_string()) return Refuse("text");
    *to = json_->get<std::string>();
    return absl::OkStatus();
  }
  absl::Status Read(bool* to) const {
    if (!json_->is_boolean()) return Refuse("true or false");
    *to = json_->get<bool>();
    return absl::OkStatus();
  }
  absl::Status Read(double* to) const {
    if (!json_->is_number()) return Refuse("a number");
    *to = json_->get<double>();
    return absl::OkStatus();
  }
  absl::Status Read(int64_t* to) const {
    const bool fits = json_->is_number_unsigned()
                          ? json_->get<uint64_t>() <= uint64_t{std::numeric_limits<int64_t>::max()}
                          : json_->is_number_integer();
    if (!fits) return Refuse("a whole number");
    *to = json_->get<int64_t>();
    return absl::OkStatus();
  }
  absl::Status Read(uint64_t* to) const {
    if (!json_->is_number_unsigned()) return Refuse("a whole number that is not negative");
    *to = json_->get<uint64_t>();
    return absl::OkStatus();
  }
  absl::Status Read(uint32_t* to) const {
    uint64_t wide = 0;
    BF_RETURN_IF_ERROR(Read(&wide));
    if (wide > std::numeric_limits<uint32_t>::max()) return Refuse("a number below 2^32");
    *to = static_cast<uint32_t>(wide);
    return absl::OkStatus();
  }
  // RFC 3339, with UTC where it names no zone.
  absl::Status Read(absl::Time* to) const {
    std::string text;
    BF_RETURN_IF_ERROR(Read(&text));
    std::string error;
    if (absl::ParseTime(absl::RFC3339_full, text, to, &error) ||
        absl::ParseTime("%Y-%m-%dT%H:%M:%E*S", text, to, &error) ||
        absl::ParseTime("%Y-%m-%d %H:%M:%E*S", text, to, &error)) {
      return absl::OkStatus();
    }
    return Refuse("a time as 2026-11-21T06:53:54Z");
  }
  template <typename Value>
  absl::Status Read(std::map<std::string, Value>* to) const {
    BF_RETURN_IF_ERROR(CheckObject());
    for (const auto& [key, value] : json_->items()) {
      BF_RETURN_IF_ERROR(JsonNode(value, path_ + "/" + key).Read(&(*to)[key]));
    }
    return absl::OkStatus();
  }

  // The value under `key` where there is one; `*to` stays as it is where there is none.
  template <typename Value>
  absl::Status Get(const char* key, Value* to) const {
    return Has(key) ? At(key).Read(to) : absl::OkStatus();
  }
  template <typename Value>
  absl::Status GetNeeded(const char* key, Value* to) const {
    BF_ASSIGN_OR_RETURN(const JsonNode node, Need(key));
    return node.Read(to);
  }

 private:
  const Json* json_;
  std::string path_;
};

// "2026-11-21T06:53:54.123456789Z", null for InfinitePast: exact to the nanosecond.
inline Json ExactTime(absl::Time time) {
  if (time == absl::InfinitePast()) return nullptr;
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

}  // namespace benchfleet
