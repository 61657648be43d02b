#include "base/limits.h"
#include "proto/agent_port.pb.h"
#include "proto/convert.h"
#include "proto/convert_internal.h"

namespace benchfleet {
namespace convert {

void ToProto(const Hello& from, v1::Hello* to) {
  to->set_protocol_version(from.protocol_version);
  to->set_agent_version(from.agent_version);
  to->set_host(from.host);
  ToProtoMap(from.labels, to->mutable_labels());
  convert::ToProto(from.fingerprint, to->mutable_fingerprint());
  for (const WorkloadDescription& workload : from.workloads) {
    convert::ToProto(workload, to->add_workloads());
  }
  to->set_spool_id(from.spool_id);
}

absl::StatusOr<Hello> FromProto(const v1::Hello& from) {
  Hello to;
  to.protocol_version = from.protocol_version();
  to.agent_version = from.agent_version();
  to.host = from.host();
  to.labels = FromProtoMap<StringMap>(from.labels());
  to.spool_id = from.spool_id();
  // Whatever follows may look different in another version: the session refuses it by its number.
  if (to.protocol_version != kProtocolVersion) return to;
  if (to.labels.size() > limits::kMaxLabelsPerHost) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%d labels; the bound is %d", to.labels.size(), limits::kMaxLabelsPerHost));
  }
  BF_ASSIGN_OR_RETURN(to.fingerprint, convert::FromProto(from.fingerprint()));
  to.workloads.reserve(static_cast<size_t>(from.workloads_size()));
  if (static_cast<size_t>(from.workloads_size()) > limits::kMaxWorkloadsPerHost) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%d workloads; the bound is %d", from.workloads_size(), limits::kMaxWorkloadsPerHost));
  }
  for (const v1::WorkloadDescription& workload : from.workloads()) {
    BF_ASSIGN_OR_RETURN(WorkloadDescription description, convert::FromProto(workload));
    to.workloads.push_back(std::move(description));
  }
  return to;
}

void ToProto(const AgentState& from, v1::AgentState* to) {
  to->set_desired_version(from.desired_version);
  for (const RunStatus& run : from.runs) {
    v1::RunStatus* status = to->add_runs();
    status->set_run_id(run.run.value);
    status->set_phase(static_cast<v1::RunStatus::Phase>(run.phase));
    status->set_samples(run.samples);
    status->set_endpoint(run.endpoint);
    ToProtoMap(run.offered, status->mutable_offered());
  }
  to->set_spool_bytes(from.spool_bytes);
  to->set_spool_limit_bytes(from.spool_limit_bytes);
  to->set_not_accepting(from.not_accepting);
  to->set_draining(from.draining);
}

absl::StatusOr<AgentState> FromProto(const v1::AgentState& from) {
  AgentState to;
  to.desired_version = from.desired_version();
  // Twice the bound: runs that finish may overlap those that start.
  if (static_cast<size_t>(from.runs_size()) > 2 * limits::kMaxParallelRunsPerHost) {
    return absl::InvalidArgumentError(absl::StrFormat("%d runs at once", from.runs_size()));
  }
  for (const v1::RunStatus& run : from.runs()) {
    BF_ASSIGN_OR_RETURN(const RunPhase phase,
                        CheckedEnum<RunPhase>(run.phase(), v1::RunStatus::Phase_MAX, "phase"));
    to.runs.push_back({RunId{run.run_id()}, phase, run.samples(), run.endpoint(),
                       FromProtoMap<StringMap>(run.offered())});
  }
  to.spool_bytes = from.spool_bytes();
  to.spool_limit_bytes = from.spool_limit_bytes();
  to.not_accepting = from.not_accepting();
  to.draining = from.draining();
  return to;
}

void ToProto(const RecordBatch& from, v1::RecordBatch* to) {
  to->set_spool_id(from.spool_id);
  to->set_first_sequence(from.first_sequence);
  for (const Record& record : from.records) convert::ToProto(record, to->add_records());
}

absl::StatusOr<RecordBatch> FromProto(const v1::RecordBatch& from) {
  RecordBatch to{from.spool_id(), from.first_sequence(), {}};
  to.records.reserve(static_cast<size_t>(from.records_size()));
  for (const v1::Record& record : from.records()) {
    BF_ASSIGN_OR_RETURN(Record value, convert::FromProto(record));
    to.records.push_back(std::move(value));
  }
  return to;
}

}  // namespace convert

void ToProto(const AgentMessage& from, v1::AgentMessage* to) {
  if (const auto* hello = std::get_if<Hello>(&from)) {
    convert::ToProto(*hello, to->mutable_hello());
  } else if (const auto* state = std::get_if<AgentState>(&from)) {
    convert::ToProto(*state, to->mutable_state());
  } else {
    convert::ToProto(std::get<RecordBatch>(from), to->mutable_batch());
  }
}

absl::StatusOr<AgentMessage> FromProto(const v1::AgentMessage& from) {
  switch (from.what_case()) {
    case v1::AgentMessage::kHello:
      return convert::FromProto(from.hello());
    case v1::AgentMessage::kState:
      return convert::FromProto(from.state());
    case v1::AgentMessage::kBatch:
      return convert::FromProto(from.batch());
    case v1::AgentMessage::WHAT_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("an agent's message carries nothing that this version knows");
}

void ToProto(const CoordinatorMessage& from, v1::CoordinatorMessage* to) {
  if (const auto* welcome = std::get_if<Welcome>(&from)) {
    v1::Welcome* w = to->mutable_welcome();
    w->set_protocol_version(welcome->protocol_version);
    w->set_coordinator_id(welcome->coordinator_id);
    w->set_coordinator_version(welcome->coordinator_version);
    w->set_heartbeat_interval_ms(
        static_cast<uint32_t>(absl::ToInt64Milliseconds(welcome->heartbeat_interval)));
    w->set_acked_sequence(welcome->acked_sequence);
    w->set_host_salt(welcome->host_salt);
  } else if (const auto* refusal = std::get_if<Refusal>(&from)) {
    to->mutable_refusal()->set_reason(static_cast<v1::Refusal::Reason>(refusal->reason));
    to->mutable_refusal()->set_message(refusal->message);
  } else if (const auto* desired = std::get_if<Desired>(&from)) {
    to->mutable_desired()->set_version(desired->version);
    for (const RunAssignment& run : desired->runs) {
      v1::RunAssignment* assignment = to->mutable_desired()->add_runs();
      assignment->set_run_id(run.run.value);
      convert::ToProto(run.spec, assignment->mutable_spec());
      assignment->set_exclusive(run.exclusive);
      assignment->set_finish(run.finish);
    }
  } else {
    const Ack& ack = std::get<Ack>(from);
    to->mutable_ack()->set_spool_id(ack.spool_id);
    to->mutable_ack()->set_through_sequence(ack.through_sequence);
  }
}

absl::StatusOr<CoordinatorMessage> FromProto(const v1::CoordinatorMessage& from) {
  switch (from.what_case()) {
    case v1::CoordinatorMessage::kWelcome: {
      const v1::Welcome& w = from.welcome();
      return Welcome{w.protocol_version(),    w.coordinator_id(),
                     w.coordinator_version(), absl::Milliseconds(w.heartbeat_interval_ms()),
                     w.acked_sequence(),      w.host_salt()};
    }
    case v1::CoordinatorMessage::kRefusal: {
      // A reason that a newer coordinator invented is still a refusal; its message says the rest.
      const int reason = from.refusal().reason();
      const bool known = reason > 0 && reason <= v1::Refusal::Reason_MAX;
      return Refusal{known ? static_cast<RefusalReason>(reason) : RefusalReason::kUnspecified,
                     from.refusal().message()};
    }
    case v1::CoordinatorMessage::kDesired: {
      Desired desired{from.desired().version(), {}};
      for (const v1::RunAssignment& assignment : from.desired().runs()) {
        BF_ASSIGN_OR_RETURN(RunSpec spec, convert::FromProto(assignment.spec()));
        desired.runs.push_back({RunId{assignment.run_id()}, std::move(spec), assignment.exclusive(),
                                assignment.finish()});
      }
      return desired;
    }
    case v1::CoordinatorMessage::kAck:
      return Ack{from.ack().spool_id(), from.ack().through_sequence()};
    case v1::CoordinatorMessage::WHAT_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError(
      "a coordinator's message carries nothing that this version knows");
}

}  // namespace benchfleet
