// Fills a protobuf message from YAML, by the message's own description: a field added to
// proto/model.proto can be written in a job file without a change here. Pure functions.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "base/yaml_tree.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace benchfleet {

// Where each field that the file gives stands: "repetitions.runs", "workloads[0].parameters.size".
// An element of a list has its index, the value of a map its key.
using YamlPlaces = std::map<std::string, YamlPosition>;

struct YamlContext {
  std::string file;
  std::function<std::optional<std::string>(const std::string&)> variables;
  YamlPlaces places;  // filled
};

// `node` must be a map. Special types: google.protobuf.Duration is text with a unit;
// benchfleet.v1.ParameterValues is a value or a list of values without repetition.
absl::Status FillMessage(const YamlNode& node, const std::string& path, YamlContext* context,
                         google::protobuf::Message* message);

}  // namespace benchfleet
