// The values of parameters: how each kind is written, and whether a value fits its description.
// Used where a job is planned and again where a run reads its parameters, so that both agree. Pure
// functions; every error is kInvalidArgument.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/model.h"

namespace benchfleet {

// "20mbit": bits a second; kbit, mbit and gbit are powers of a thousand.
absl::StatusOr<double> ParseBitRate(std::string_view text);
// "0.5%" as 0.005.
absl::StatusOr<double> ParsePercent(std::string_view text);
// A JSON array of strings; "" is an empty list.
absl::StatusOr<std::vector<std::string>> ParseTextList(std::string_view text);
// "a=b,c=d", or a JSON object of strings; "" is an empty map.
absl::StatusOr<StringMap> ParseTextMap(std::string_view text);

// "a size from 4KiB to 16GiB (64, 1KiB, 85MB)", "one of cold, warm".
std::string ExpectedValue(const ParameterDescription& parameter);

// Whether `value` is one that the parameter takes; a default is, unless the host lists what it
// offers. The message is what to
// say after the value, with the nearest right one: "expected one of cold, warm (did you mean
// 'warm'?)".
absl::Status CheckParameterValue(const ParameterDescription& parameter, const std::string& value);

// Whether the parameter is of any use beside the others: "is of use only with circuit=chain, and
// circuit is age".
absl::Status CheckParameterUse(const WorkloadDescription& workload,
                               const ParameterDescription& parameter, const StringMap& parameters);

}  // namespace benchfleet
