// JSON that another tool wrote: parsed within bounds, values with their place in the document so
// that an error can name it. Pure; private to adapters/*.cc, for nlohmann's header is a heavy one.
//
// Beyond the standard, bare NaN, Infinity and -Infinity are read as null, since several tools write
// them; "NaN" and its kin as texts are no numbers either.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace benchfleet::foreign {

using Json = nlohmann::json;

// At most limits::kMaxForeignJsonValues numbers and as many others, kMaxForeignJsonDepth deep
// (CheckJson): a document that would take more memory than that is refused before any of it is
// kept. Errors name the line.
absl::StatusOr<Json> ParseJson(std::string_view text);

// A value and its place. Refers to the document, which outlives it.
class Node {
 public:
  explicit Node(const Json& json, std::string path = "") : json_(&json), path_(std::move(path)) {}

  const Json& json() const { return *json_; }
  const std::string& path() const { return path_; }
  size_t size() const { return json_->size(); }
  // There, and not null.
  bool Has(const char* key) const;
  // There, and null: as which a NaN is read.
  bool HoldsNull(const char* key) const { return json_->contains(key) && !Has(key); }
  Node At(const char* key) const;  // Has(key)
  Node At(size_t index) const { return Node((*json_)[index], path_ + "/" + std::to_string(index)); }

  absl::Status Refuse(std::string_view expected) const;
  absl::Status CheckObject() const;
  absl::Status CheckArray() const;
  absl::StatusOr<Node> Need(const char* key) const;
  absl::StatusOr<std::string> NeedText(const char* key) const;

  // What stands under `key`; `*to` stays as it is where nothing or null does. Error: another type.
  absl::Status Get(const char* key, std::string* to) const;
  absl::Status Get(const char* key, bool* to) const;
  absl::Status Get(const char* key, double* to) const;  // NaN stays as "not given"
  absl::Status Get(const char* key, std::optional<double>* to) const;
  absl::Status Get(const char* key, uint64_t* to) const;

  // This value as one number; nothing for null and "NaN". Error: another type.
  absl::StatusOr<std::optional<double>> Number() const;
  // This array's numbers; null and "NaN" become NaN. Error: something else in it.
  absl::StatusOr<std::vector<double>> Numbers() const;
  // A number, text or truth as text; "" for null. Error: a list or an object.
  absl::StatusOr<std::string> AsText() const;

 private:
  const Json* json_;
  std::string path_;
};

// Calls read(element) for each of an array's elements.
template <typename Read>
absl::Status ForEach(const Node& array, Read read) {
  if (absl::Status status = array.CheckArray(); !status.ok()) return status;
  for (size_t i = 0; i < array.size(); ++i) {
    if (absl::Status status = read(array.At(i)); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace benchfleet::foreign
