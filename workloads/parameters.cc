#include "workloads/parameters.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "base/limits.h"
#include "base/status.h"
#include "base/text.h"
#include "proto/parameter_value.h"

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
  const absl::Status good = CheckParameterValue(parameter, value);
  return good.ok() ? good : Bad(parameter.name, absl::StrFormat("'%s', %s", value, Message(good)));
}

// Exact: "1KiB", "8160".
std::string SizeText(uint64_t bytes) {
  constexpr std::pair<uint64_t, const char*> kUnits[] = {
      {uint64_t{1} << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}};
  for (const auto& [factor, name] : kUnits) {
    if (bytes >= factor && bytes % factor == 0) {
      return absl::StrFormat("%d%s", bytes / factor, name);
    }
  }
  return absl::StrFormat("%d", bytes);
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
    if (value != given.end()) {
      BF_RETURN_IF_ERROR(CheckValue(declared, value->second));
      BF_RETURN_IF_ERROR(Annotate(CheckParameterUse(workload, declared, given),
                                  absl::StrFormat("parameter '%s'", declared.name)));
    }
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

absl::StatusOr<uint64_t> Parameters::Bytes(std::string_view name) const {
  const absl::StatusOr<uint64_t> bytes = ParseBytes(Text(name));
  if (!bytes.ok()) return Bad(name, Message(bytes.status()));
  return *bytes;
}

absl::StatusOr<int64_t> Parameters::Count(std::string_view name) const {
  const std::string& text = Text(name);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Bad(name, absl::StrFormat("'%s' is not a whole number", text));
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
  absl::StatusOr<std::vector<std::string>> list = ParseTextList(Text(name));
  if (!list.ok()) return Bad(name, Message(list.status()));
  return list;
}

absl::StatusOr<StringMap> Parameters::TextMap(std::string_view name) const {
  absl::StatusOr<StringMap> map = ParseTextMap(Text(name));
  if (!map.ok()) return Bad(name, Message(map.status()));
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

ParameterDescription OfKind(ParameterKind kind, ParameterDescription parameter) {
  parameter.kind = kind;
  return parameter;
}

ParameterDescription SizeParameter(std::string name, std::string description,
                                   std::string default_value, uint64_t min, uint64_t max) {
  ParameterDescription parameter =
      OptionalParameter(std::move(name), std::move(description), std::move(default_value));
  parameter.kind = ParameterKind::kSize;
  parameter.min = SizeText(min);
  parameter.max = SizeText(max);
  return parameter;
}

ParameterDescription CountParameter(std::string name, std::string description,
                                    std::string default_value, int64_t min, int64_t max) {
  ParameterDescription parameter =
      OptionalParameter(std::move(name), std::move(description), std::move(default_value));
  parameter.kind = ParameterKind::kCount;
  parameter.min = absl::StrFormat("%d", min);
  parameter.max = absl::StrFormat("%d", max);
  return parameter;
}

}  // namespace benchfleet
