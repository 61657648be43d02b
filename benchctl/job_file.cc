#include "benchctl/job_file.h"

#include <google/protobuf/util/json_util.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <utility>

#include "base/limits.h"
#include "base/status.h"
#include "base/yaml_tree.h"
#include "benchctl/job_check.h"
#include "benchctl/yaml_message.h"
#include "proto/convert.h"
#include "proto/model.pb.h"

namespace benchfleet {
namespace {

// The place of a field, or of the nearest thing around it that the file gives.
YamlPosition PlaceOf(std::string path, const YamlPlaces& places) {
  while (!path.empty()) {
    if (const auto found = places.find(path); found != places.end()) return found->second;
    const size_t cut = path.find_last_of(".[");
    path.resize(cut == std::string::npos ? 0 : cut);
  }
  return {};
}

// What the plain JobSpec cannot tell from a default: zeros that the file gives.
absl::Status CheckZeros(const v1::JobSpec& message, const YamlContext& context) {
  const auto refuse = [&](const std::string& path) {
    return YamlError(context.file, PlaceOf(path, context.places),
                     path + " is 0, expected at least 1");
  };
  const v1::Repetitions& repetitions = message.repetitions();
  if (context.places.count("repetitions.runs") > 0 && repetitions.runs() == 0) {
    return refuse("repetitions.runs");
  }
  if (context.places.count("repetitions.min_samples") > 0 && repetitions.min_samples() == 0) {
    return refuse("repetitions.min_samples");
  }
  if (context.places.count("repetitions.max_samples") > 0 && repetitions.max_samples() == 0) {
    return refuse("repetitions.max_samples");
  }
  for (int i = 0; i < message.hosts_size(); ++i) {
    const std::string path = absl::StrFormat("hosts[%d].count", i);
    if (context.places.count(path) > 0 && message.hosts(i).count() == 0) return refuse(path);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadAll(std::FILE* file, const std::string& name) {
  std::string text;
  char block[16384];
  size_t size = 0;
  while ((size = std::fread(block, 1, sizeof block, file)) > 0) {
    text.append(block, size);
    if (text.size() > limits::kMaxJobFileBytes) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s:1:1: the file has more than %d bytes, expected a job file", name,
                          limits::kMaxJobFileBytes));
    }
  }
  if (std::ferror(file) != 0) return ErrnoError(errno, "reading " + name);
  return text;
}

}  // namespace

absl::StatusOr<JobSpec> ParseJobFile(std::string_view text, const std::string& file,
                                     const Variables& variables) {
  BF_ASSIGN_OR_RETURN(const JobFile parsed, JobFile::Parse(text, file, variables));
  return parsed.spec();
}

absl::StatusOr<JobFile> JobFile::Parse(std::string_view text, const std::string& file,
                                       const Variables& variables) {
  BF_ASSIGN_OR_RETURN(const std::shared_ptr<const YamlNode> root, ParseYaml(text, file));
  if (root == nullptr || root->kind == YamlNode::Kind::kNull) {
    return YamlError(file, {}, "the file is empty, expected a job with at least workloads");
  }
  YamlContext context{file, variables, {}};
  v1::JobSpec message;
  BF_RETURN_IF_ERROR(FillMessage(*root, "", &context, &message));
  if (message.workloads().empty()) {
    return YamlError(file, root->at, "the job has no workloads, expected workloads: [{name: ...}]");
  }
  if (context.places.count("name") == 0) {
    message.set_name(file == "-" ? "job" : std::filesystem::path(file).stem().string());
  }
  if (message.hosts().empty()) message.add_hosts();  // every host
  BF_RETURN_IF_ERROR(CheckZeros(message, context));
  JobFile job;
  BF_ASSIGN_OR_RETURN(job.spec_, FromProto(message));
  const JobFault fault =
      FindFault(job.spec_, [&](const std::string& path) { return context.places.count(path) > 0; });
  if (!fault.path.empty()) {
    return YamlError(file, PlaceOf(fault.path, context.places), fault.message);
  }
  job.file_ = file;
  job.places_ = std::move(context.places);
  return job;
}

std::pair<std::string, std::string> SplitPlace(const std::string& message) {
  const size_t colon = message.find(": ");
  const std::string path = message.substr(0, colon);
  const std::string root = path.substr(0, path.find_first_of("[."));
  const bool is_path = colon != std::string::npos && path.find(' ') == std::string::npos &&
                       (root == "workloads" || root == "hosts" || root == "repetitions");
  if (!is_path) return {"", message};
  return {path, message.substr(colon + 2)};
}

absl::Status JobFile::AtItsPlace(const absl::Status& refused) const {
  const auto [path, words] = SplitPlace(Message(refused));
  if (path.empty()) return Annotate(refused, file_);
  return YamlError(file_, PlaceOf(path, places_), words);
}

absl::StatusOr<JobFile> JobFile::Read(const std::string& path, const Variables& variables) {
  if (path == "-") {
    BF_ASSIGN_OR_RETURN(const std::string text, ReadAll(stdin, "stdin"));
    return Parse(text, path, variables);
  }
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("'%s' is a directory, expected a job file", path));
  }
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             std::fclose);
  if (!file) return ErrnoError(errno, absl::StrFormat("opening the job file '%s'", path));
  BF_ASSIGN_OR_RETURN(const std::string text, ReadAll(file.get(), path));
  return Parse(text, path, variables);
}

std::string JobSpecToJson(const JobSpec& spec) {
  v1::JobSpec message;
  ToProto(spec, &message);
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  return status.ok() ? json : "{}";
}

absl::StatusOr<JobSpec> JobSpecFromJson(const std::string& json) {
  v1::JobSpec message;
  const auto status = google::protobuf::util::JsonStringToMessage(json, &message);
  if (!status.ok()) return absl::InvalidArgumentError(status.message().ToString());
  return FromProto(message);
}

}  // namespace benchfleet
