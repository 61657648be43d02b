// Bytes and JSON of single values, for the spool, the store and the runner's pipe.
#include <google/protobuf/util/json_util.h>

#include "base/limits.h"
#include "proto/convert.h"
#include "proto/convert_internal.h"

namespace benchfleet {
namespace {

template <typename Message, typename Value>
std::string SerializeAs(const Value& value) {
  Message message;
  convert::ToProto(value, &message);
  return message.SerializeAsString();
}

template <typename Message>
auto ParseAs(std::string_view bytes) -> decltype(convert::FromProto(std::declval<Message>())) {
  Message message;
  BF_RETURN_IF_ERROR(convert::Parse(bytes, &message));
  return convert::FromProto(message);
}

v1::WorkloadList ToList(const std::vector<WorkloadDescription>& workloads) {
  v1::WorkloadList list;
  for (const WorkloadDescription& workload : workloads) {
    convert::ToProto(workload, list.add_workloads());
  }
  return list;
}

absl::StatusOr<std::vector<WorkloadDescription>> FromList(const v1::WorkloadList& list) {
  using convert::FromProto;
  return convert::FromRepeated<WorkloadDescription>(list.workloads(), limits::kMaxWorkloadsPerHost,
                                                    "workloads of a host");
}

}  // namespace

std::string Serialize(const Record& record) { return SerializeAs<v1::Record>(record); }
absl::StatusOr<Record> ParseRecord(std::string_view bytes) { return ParseAs<v1::Record>(bytes); }
std::string Serialize(const RunSpec& spec) { return SerializeAs<v1::RunSpec>(spec); }
absl::StatusOr<RunSpec> ParseRunSpec(std::string_view bytes) { return ParseAs<v1::RunSpec>(bytes); }
std::string Serialize(const RunFinished& finished) {
  return SerializeAs<v1::RunFinished>(finished);
}
absl::StatusOr<RunFinished> ParseRunFinished(std::string_view bytes) {
  return ParseAs<v1::RunFinished>(bytes);
}
std::string Serialize(const HostFingerprint& fingerprint) {
  return SerializeAs<v1::Fingerprint>(fingerprint);
}
absl::StatusOr<HostFingerprint> ParseHostFingerprint(std::string_view bytes) {
  return ParseAs<v1::Fingerprint>(bytes);
}

std::string Serialize(const std::vector<WorkloadDescription>& workloads) {
  return ToList(workloads).SerializeAsString();
}
absl::StatusOr<std::vector<WorkloadDescription>> ParseWorkloads(std::string_view bytes) {
  v1::WorkloadList list;
  BF_RETURN_IF_ERROR(convert::Parse(bytes, &list));
  return FromList(list);
}

std::string Serialize(const std::vector<Metric>& metrics) {
  v1::RunStarted carrier;
  for (const Metric& metric : metrics) convert::ToProto(metric, carrier.add_metrics());
  return carrier.SerializeAsString();
}
absl::StatusOr<std::vector<Metric>> ParseMetrics(std::string_view bytes) {
  v1::RunStarted carrier;
  BF_RETURN_IF_ERROR(convert::Parse(bytes, &carrier));
  using convert::FromProto;
  return convert::FromRepeated<Metric>(carrier.metrics(), limits::kMaxMetricsPerRun, "metrics");
}

std::string Serialize(const RunnerRequest& request) {
  v1::RunnerRequest message;
  convert::ToProto(request.spec, message.mutable_spec());
  message.set_scratch_dir(request.scratch_dir);
  message.set_advertise(request.advertise);
  message.set_towards(request.towards);
  return message.SerializeAsString();
}

absl::StatusOr<RunnerRequest> ParseRunnerRequest(std::string_view bytes) {
  v1::RunnerRequest message;
  BF_RETURN_IF_ERROR(convert::Parse(bytes, &message));
  RunnerRequest request;
  BF_ASSIGN_OR_RETURN(request.spec, convert::FromProto(message.spec()));
  request.scratch_dir = message.scratch_dir();
  request.advertise = message.advertise();
  request.towards = message.towards();
  return request;
}

std::string Serialize(const RunnerEvent& event) {
  v1::RunnerEvent message;
  if (const auto* started = std::get_if<RunStarted>(&event)) {
    convert::ToProto(*started, message.mutable_started());
  } else if (const auto* chunk = std::get_if<SampleChunk>(&event)) {
    convert::ToProto(*chunk, message.mutable_chunk());
  } else if (const auto* ready = std::get_if<RunnerReady>(&event)) {
    message.mutable_ready()->set_endpoint(ready->endpoint);
    convert::ToProtoMap(ready->values, message.mutable_ready()->mutable_values());
  } else {
    const auto& finished = std::get<RunnerFinished>(event);
    v1::RunnerFinished* to = message.mutable_finished();
    to->set_outcome(static_cast<v1::Outcome>(finished.outcome));
    to->set_message(finished.message);
    convert::ToProtoMap(finished.facts, to->mutable_facts());
    convert::ToProtoMap(finished.sample_counts, to->mutable_sample_counts());
  }
  return message.SerializeAsString();
}

absl::StatusOr<RunnerEvent> ParseRunnerEvent(std::string_view bytes) {
  v1::RunnerEvent message;
  BF_RETURN_IF_ERROR(convert::Parse(bytes, &message));
  if (message.has_started()) return convert::FromProto(message.started());
  if (message.has_chunk()) return convert::FromProto(message.chunk());
  if (message.has_ready()) {
    return RunnerReady{message.ready().endpoint(),
                       convert::FromProtoMap<StringMap>(message.ready().values())};
  }
  if (message.has_finished()) {
    RunnerFinished finished;
    BF_ASSIGN_OR_RETURN(
        finished.outcome,
        convert::CheckedEnum<Outcome>(message.finished().outcome(), v1::Outcome_MAX, "outcome"));
    finished.message = message.finished().message();
    finished.facts = convert::FromProtoMap<StringMap>(message.finished().facts());
    finished.sample_counts =
        convert::FromProtoMap<std::map<std::string, uint64_t>>(message.finished().sample_counts());
    return finished;
  }
  return absl::InvalidArgumentError("a runner's event carries nothing that this version knows");
}

std::string ToJson(const std::vector<WorkloadDescription>& workloads,
                   const std::vector<std::string>& depends_on, const StringMap& plugins) {
  v1::WorkloadList list = ToList(workloads);
  for (const auto& [workload, path] : plugins) (*list.mutable_plugins())[workload] = path;
  list.mutable_depends_on()->Assign(depends_on.begin(), depends_on.end());
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(list, &json, options);
  return status.ok() ? json : "{}";
}

absl::StatusOr<std::vector<WorkloadDescription>> WorkloadsFromJson(
    std::string_view json, std::vector<std::string>* depends_on, StringMap* plugins) {
  v1::WorkloadList list;
  const auto status = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(json.data(), json.size()), &list);
  if (!status.ok()) {
    return absl::InvalidArgumentError("no list of workloads: " + std::string(status.message()));
  }
  if (depends_on != nullptr) {
    depends_on->assign(list.depends_on().begin(), list.depends_on().end());
  }
  if (plugins != nullptr) {
    *plugins = StringMap(list.plugins().begin(), list.plugins().end());
  }
  return FromList(list);
}

size_t ApproximateBytes(const Record& record) {
  if (const auto* chunk = std::get_if<SampleChunk>(&record.what)) {
    return chunk->payload.size() + chunk->metric.size() + 48;
  }
  v1::Record message;
  convert::ToProto(record, &message);
  return message.ByteSizeLong() + 8;
}

}  // namespace benchfleet
