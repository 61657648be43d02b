// Job files: YAML whose keys are the fields of the message benchfleet.v1.JobSpec
// (proto/model.proto).
//
//   durations     '60s', '1500ms', '2m30s'
//   parameters    one value, or a list of them to sweep over; a value may be a map, which stands
//   for
//                 the text "k=v,k=v" with the keys sorted
//   ${NAME}       in any value: the variable NAME; ${NAME:-text} gives 'text' where it is not set;
//                 $$ is a dollar
//
// Everything that can be known without the coordinator is checked here. An error is one line,
// "FILE:LINE:COLUMN: what, expected what", with the nearest name for a slip; nothing is
// half-accepted. Pure but for the variables.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "base/yaml_tree.h"
#include "proto/model.h"

namespace benchfleet {

// The value of a variable, nothing where it is not set.
using Variables = std::function<std::optional<std::string>(const std::string& name)>;

// `file` is for messages, and its stem is the job's name where the file gives none.
absl::StatusOr<JobSpec> ParseJobFile(std::string_view text, const std::string& file,
                                     const Variables& variables);

// A job with the places of what its file gives.
class JobFile {
 public:
  // Reads and parses. Refuses files above limits::kMaxJobFileBytes unread; "-" is stdin.
  static absl::StatusOr<JobFile> Read(const std::string& path, const Variables& variables);
  static absl::StatusOr<JobFile> Parse(std::string_view text, const std::string& file,
                                       const Variables& variables);

  const JobSpec& spec() const { return spec_; }
  // A coordinator's word about the job: a path that it begins with, "workloads[0].name: ...",
  // becomes "FILE:LINE:COLUMN: ...".
  absl::Status AtItsPlace(const absl::Status& refused) const;

 private:
  std::string file_;
  JobSpec spec_;
  std::map<std::string, YamlPosition> places_;
};

// The path that a coordinator's message begins with, and what it says; "" where it has none.
std::pair<std::string, std::string> SplitPlace(const std::string& message);

// The same message by protobuf's JSON mapping, for files of results.
std::string JobSpecToJson(const JobSpec& spec);
absl::StatusOr<JobSpec> JobSpecFromJson(const std::string& json);

}  // namespace benchfleet
