#include "workloads/parameters.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/limits.h"
#include "base/status.h"
#include "base/text.h"

namespace benchfleet {
namespace {

absl::Status Bad(std::string_view name, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrFormat("parameter '%s': %s", name, what));
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

absl::Status CheckValue(const ParameterDescription& parameter, const std::string& value) {
  if (value.size() > limits::kMaxParameterBytes) {
    return Bad(parameter.name, absl::StrFormat("%d bytes; the bound is %d", value.size(),
                                               limits::kMaxParameterBytes));
  }
  const auto& allowed = parameter.allowed;
  if (allowed.empty() || std::find(allowed.begin(), allowed.end(), value) != allowed.end()) {
    return absl::OkStatus();
  }
  return Bad(parameter.name, absl::StrFormat("'%s' is not one of %s%s", value, Joined(allowed),
                                             DidYouMean(value, allowed)));
}

absl::StatusOr<nlohmann::json> ParseJson(std::string_view name, const std::string& text) {
  nlohmann::json json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return Bad(name, "not JSON");
  return json;
}

}  // namespace

absl::StatusOr<Parameters> Parameters::Check(const WorkloadDescription& workload,
                                             const StringMap& given) {
  Parameters parameters;
  std::vector<std::string> names;
  for (const ParameterDescription& declared : workload.parameters) {
    names.push_back(declared.name);
    const auto value = given.find(declared.name);
    if (value == given.end() && declared.required) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "%s needs the parameter '%s' (%s)", workload.name, declared.name, declared.description));
    }
    if (value != given.end()) BF_RETURN_IF_ERROR(CheckValue(declared, value->second));
    parameters.values_[declared.name] =
        value == given.end() ? declared.default_value : value->second;
  }
  for (const auto& [name, value] : given) {
    if (parameters.values_.count(name) != 0) continue;
    const std::string known =
        names.empty() ? "it has none" : absl::StrFormat("it has: %s", Joined(names));
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s has no parameter '%s'%s; %s", workload.name, name, DidYouMean(name, names), known));
  }
  return parameters;
}

const std::string& Parameters::Text(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) std::abort();  // a workload reads what it did not declare
  return found->second;
}

absl::StatusOr<uint64_t> Parameters::Bytes(std::string_view name, uint64_t min,
                                           uint64_t max) const {
  const absl::StatusOr<uint64_t> bytes = ParseBytes(Text(name));
  if (!bytes.ok()) return Bad(name, Message(bytes.status()));
  if (*bytes < min || *bytes > max) {
    return Bad(name, absl::StrFormat("'%s' is not between %s and %s", Text(name),
                                     FormatBytes(static_cast<double>(min)),
                                     FormatBytes(static_cast<double>(max))));
  }
  return *bytes;
}

absl::StatusOr<int64_t> Parameters::Integer(std::string_view name, int64_t min, int64_t max) const {
  const std::string& text = Text(name);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < min || value > max) {
    return Bad(name,
               absl::StrFormat("'%s' is not a whole number between %d and %d", text, min, max));
  }
  return value;
}

absl::StatusOr<absl::Duration> Parameters::Duration(std::string_view name) const {
  const absl::StatusOr<absl::Duration> duration = ParseDuration(Text(name));
  if (!duration.ok()) return Bad(name, Message(duration.status()));
  return *duration;
}

absl::StatusOr<bool> Parameters::Boolean(std::string_view name) const {
  const std::string& text = Text(name);
  if (text != "true" && text != "false") {
    return Bad(name, absl::StrFormat("'%s' is neither true nor false", text));
  }
  return text == "true";
}

absl::StatusOr<std::vector<std::string>> Parameters::TextList(std::string_view name) const {
  std::vector<std::string> list;
  if (Text(name).empty()) return list;
  BF_ASSIGN_OR_RETURN(const nlohmann::json json, ParseJson(name, Text(name)));
  const auto is_text = [](const nlohmann::json& item) { return item.is_string(); };
  if (!json.is_array() || !std::all_of(json.begin(), json.end(), is_text)) {
    return Bad(name, "expected a JSON array of strings, for example [\"ls\", \"-l\"]");
  }
  for (const nlohmann::json& item : json) list.push_back(item.get<std::string>());
  return list;
}

absl::StatusOr<StringMap> Parameters::TextMap(std::string_view name) const {
  StringMap map;
  if (Text(name).empty()) return map;
  BF_ASSIGN_OR_RETURN(const nlohmann::json json, ParseJson(name, Text(name)));
  const auto is_text = [](const nlohmann::json& item) { return item.is_string(); };
  if (!json.is_object() || !std::all_of(json.begin(), json.end(), is_text)) {
    return Bad(name, "expected a JSON object of strings, for example {\"LANG\": \"C\"}");
  }
  for (const auto& [key, value] : json.items()) map[key] = value.get<std::string>();
  return map;
}

ParameterDescription OptionalParameter(std::string name, std::string description,
                                       std::string default_value,
                                       std::vector<std::string> allowed) {
  return {std::move(name), std::move(description), std::move(default_value), std::move(allowed),
          false};
}

ParameterDescription RequiredParameter(std::string name, std::string description) {
  return {std::move(name), std::move(description), "", {}, true};
}

}  // namespace benchfleet
