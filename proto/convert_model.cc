#include "base/limits.h"
#include "proto/convert.h"
#include "proto/convert_internal.h"

namespace benchfleet {
namespace convert {

void ToProtoDuration(absl::Duration from, google::protobuf::Duration* to) {
  to->set_seconds(absl::IDivDuration(from, absl::Seconds(1), &from));
  to->set_nanos(static_cast<int32_t>(from / absl::Nanoseconds(1)));
}

absl::StatusOr<absl::Duration> FromProtoDuration(const google::protobuf::Duration& from,
                                                 const char* name) {
  if (from.seconds() < 0 || from.seconds() > 315'576'000'000 || from.nanos() < 0 ||
      from.nanos() > 999'999'999) {
    return absl::InvalidArgumentError(absl::StrFormat("%s is not a duration", name));
  }
  return absl::Seconds(from.seconds()) + absl::Nanoseconds(from.nanos());
}

void ToProto(const Metric& from, v1::Metric* to) {
  to->set_name(from.name);
  to->set_unit(from.unit);
  to->set_direction(static_cast<v1::Direction>(from.direction));
  to->set_derived_from(from.derived_from);
  to->set_numerator(from.numerator);
}

absl::StatusOr<Metric> FromProto(const v1::Metric& from) {
  Metric to;
  to.name = from.name();
  to.unit = from.unit();
  BF_ASSIGN_OR_RETURN(to.direction,
                      CheckedEnum<Direction>(from.direction(), v1::Direction_MAX, "direction"));
  to.derived_from = from.derived_from();
  to.numerator = from.numerator();
  if (to.name.empty() || to.name.size() > limits::kMaxNameBytes) {
    return absl::InvalidArgumentError("a metric has no name, or one that is too long");
  }
  return to;
}

void ToProto(const SampleChunk& from, v1::SampleChunk* to) {
  to->set_metric(from.metric);
  to->set_first_index(from.first_index);
  to->set_count(from.count);
  to->set_encoding(static_cast<v1::Encoding>(from.encoding));
  to->set_payload(from.payload);
  to->set_operations(from.operations);
  to->set_warmup(from.warmup);
}

absl::StatusOr<SampleChunk> FromProto(const v1::SampleChunk& from) {
  SampleChunk to;
  to.metric = from.metric();
  to.first_index = from.first_index();
  to.count = from.count();
  BF_ASSIGN_OR_RETURN(to.encoding,
                      CheckedEnum<Encoding>(from.encoding(), v1::Encoding_MAX, "encoding"));
  to.payload = from.payload();
  to.operations = from.operations();
  to.warmup = from.warmup();
  return to;
}

void ToProto(const Measurement& from, v1::Measurement* to) {
  to->set_warmup(from.warmup);
  to->set_min_samples(from.min_samples);
  to->set_max_samples(from.max_samples);
  ToProtoDuration(from.max_time, to->mutable_max_time());
  to->set_until_relative_ci(from.until_relative_ci);
}

absl::StatusOr<Measurement> FromProto(const v1::Measurement& from) {
  Measurement to;
  to.warmup = from.warmup();
  to.min_samples = from.min_samples();
  to.max_samples = from.max_samples();
  BF_ASSIGN_OR_RETURN(to.max_time, FromProtoDuration(from.max_time(), "max_time"));
  to.until_relative_ci = from.until_relative_ci();
  return to;
}

void ToProto(const RunSpec& from, v1::RunSpec* to) {
  to->set_workload(from.workload);
  ToProtoMap(from.parameters, to->mutable_parameters());
  ToProto(from.measurement, to->mutable_measurement());
  ToProtoDuration(from.timeout, to->mutable_timeout());
  to->set_seed(from.seed);
  to->set_role(from.role);
  for (const RunPeer& peer : from.peers) {
    v1::RunPeer* p = to->add_peers();
    p->set_role(peer.role);
    p->set_host(peer.host);
    p->set_endpoint(peer.endpoint);
    ToProtoMap(peer.values, p->mutable_values());
  }
}

absl::StatusOr<RunSpec> FromProto(const v1::RunSpec& from) {
  RunSpec to;
  to.workload = from.workload();
  to.parameters = FromProtoMap<StringMap>(from.parameters());
  BF_ASSIGN_OR_RETURN(to.measurement, FromProto(from.measurement()));
  BF_ASSIGN_OR_RETURN(to.timeout, FromProtoDuration(from.timeout(), "timeout"));
  to.seed = from.seed();
  to.role = from.role();
  for (const v1::RunPeer& peer : from.peers()) {
    to.peers.push_back(
        {peer.role(), peer.host(), peer.endpoint(), FromProtoMap<StringMap>(peer.values())});
  }
  return to;
}

void ToProto(const ResourceUsage& from, v1::ResourceUsage* to) {
  to->set_wall_ns(from.wall_ns);
  to->set_user_ns(from.user_ns);
  to->set_system_ns(from.system_ns);
  to->set_max_rss_bytes(from.max_rss_bytes);
  to->set_minor_faults(from.minor_faults);
  to->set_major_faults(from.major_faults);
  to->set_voluntary_switches(from.voluntary_switches);
  to->set_involuntary_switches(from.involuntary_switches);
  ToProtoMap(from.cgroup, to->mutable_cgroup());
}

ResourceUsage FromProto(const v1::ResourceUsage& from) {
  ResourceUsage to;
  to.wall_ns = from.wall_ns();
  to.user_ns = from.user_ns();
  to.system_ns = from.system_ns();
  to.max_rss_bytes = from.max_rss_bytes();
  to.minor_faults = from.minor_faults();
  to.major_faults = from.major_faults();
  to.voluntary_switches = from.voluntary_switches();
  to.involuntary_switches = from.involuntary_switches();
  to.cgroup = FromProtoMap<std::map<std::string, double>>(from.cgroup());
  return to;
}

void ToProto(const ConditionValues& from, v1::Conditions* to) {
  ToProtoMap(from.values, to->mutable_values());
  to->set_boot_id(from.boot_id);
  to->set_quiet(from.quiet);
  to->set_quiet_reason(from.quiet_reason);
}

ConditionValues FromProto(const v1::Conditions& from) {
  return {FromProtoMap<std::map<std::string, double>>(from.values()), from.boot_id(), from.quiet(),
          from.quiet_reason()};
}

void ToProto(const HostFingerprint& from, v1::Fingerprint* to) {
  to->set_identity_digest(from.identity_digest);
  to->set_state_digest(from.state_digest);
  to->set_host_digest(from.host_digest);
  to->set_identity_json(from.identity_json);
  to->set_state_json(from.state_json);
  ToProtoMap(from.fields, to->mutable_fields());
}

absl::StatusOr<HostFingerprint> FromProto(const v1::Fingerprint& from) {
  if (from.ByteSizeLong() > limits::kMaxFingerprintBytes) {
    return absl::InvalidArgumentError(absl::StrFormat("a fingerprint of %d bytes; the bound is %d",
                                                      from.ByteSizeLong(),
                                                      limits::kMaxFingerprintBytes));
  }
  return HostFingerprint{from.identity_digest(), from.state_digest(),
                         from.host_digest(),     from.identity_json(),
                         from.state_json(),      FromProtoMap<StringMap>(from.fields())};
}

namespace {

void ToProto(const ParameterDescription& from, v1::ParameterDescription* to) {
  to->set_name(from.name);
  to->set_description(from.description);
  to->set_default_value(from.default_value);
  for (const std::string& allowed : from.allowed) to->add_allowed(allowed);
  to->set_required(from.required);
  to->set_kind(static_cast<v1::ParameterKind>(from.kind));
  to->set_min(from.min);
  to->set_max(from.max);
  for (const ParameterDescription& field : from.fields) ToProto(field, to->add_fields());
  to->set_not_above(from.not_above);
  to->set_only_where(from.only_where);
  for (const std::string& value : from.values) to->add_values(value);
}

// Without its fields. A kind of a later version is text: its workload checks the values.
ParameterDescription DescribedParameter(const v1::ParameterDescription& from) {
  const bool known = from.kind() >= v1::PARAMETER_KIND_TEXT && from.kind() <= v1::ParameterKind_MAX;
  return {from.name(),
          from.description(),
          from.default_value(),
          {from.allowed().begin(), from.allowed().end()},
          from.required(),
          known ? static_cast<ParameterKind>(from.kind()) : ParameterKind::kText,
          from.min(),
          from.max(),
          {},
          from.not_above(),
          from.only_where(),
          {from.values().begin(), from.values().end()}};
}

}  // namespace

void ToProto(const WorkloadDescription& from, v1::WorkloadDescription* to) {
  to->set_name(from.name);
  to->set_description(from.description);
  for (const ParameterDescription& parameter : from.parameters) {
    ToProto(parameter, to->add_parameters());
  }
  for (const Metric& metric : from.metrics) ToProto(metric, to->add_metrics());
  to->set_version(from.version);
  to->set_unavailable(from.unavailable);
  for (const RoleDescription& role : from.roles) {
    v1::RoleDescription* r = to->add_roles();
    r->set_name(role.name);
    r->set_description(role.description);
    r->set_min(role.min);
    r->set_max(role.max);
    r->set_only_where(role.only_where);
    for (const std::string& value : role.values) r->add_values(value);
  }
}

absl::StatusOr<WorkloadDescription> FromProto(const v1::WorkloadDescription& from) {
  WorkloadDescription to;
  to.name = from.name();
  to.description = from.description();
  for (const v1::ParameterDescription& parameter : from.parameters()) {
    to.parameters.push_back(DescribedParameter(parameter));
    for (const v1::ParameterDescription& field : parameter.fields()) {
      to.parameters.back().fields.push_back(DescribedParameter(field));
    }
  }
  BF_ASSIGN_OR_RETURN(to.metrics, FromRepeated<Metric>(from.metrics(), limits::kMaxMetricsPerRun,
                                                       "metrics of a workload"));
  to.version = from.version();
  to.unavailable = from.unavailable();
  for (const v1::RoleDescription& role : from.roles()) {
    to.roles.push_back({role.name(),
                        role.description(),
                        role.min(),
                        role.max(),
                        role.only_where(),
                        {role.values().begin(), role.values().end()}});
  }
  return to;
}

void ToProto(const std::vector<TaskMember>& from,
             google::protobuf::RepeatedPtrField<v1::TaskMember>* to) {
  for (const TaskMember& member : from) {
    v1::TaskMember* m = to->Add();
    m->set_role(member.role);
    m->set_host(member.host);
  }
}

std::vector<TaskMember> FromProto(const google::protobuf::RepeatedPtrField<v1::TaskMember>& from) {
  std::vector<TaskMember> to;
  for (const v1::TaskMember& member : from) to.push_back({member.role(), member.host()});
  return to;
}

void ToProto(const RunStarted& from, v1::RunStarted* to) {
  to->set_started_at_ns(ToUnixNs(from.started_at));
  for (const Metric& metric : from.metrics) ToProto(metric, to->add_metrics());
  to->set_clock_pair_ns(from.clock_pair_ns);
  ToProtoMap(from.facts, to->mutable_facts());
}

absl::StatusOr<RunStarted> FromProto(const v1::RunStarted& from) {
  RunStarted to;
  to.started_at = FromUnixNs(from.started_at_ns());
  BF_ASSIGN_OR_RETURN(to.metrics, FromRepeated<Metric>(from.metrics(), limits::kMaxMetricsPerRun,
                                                       "metrics of a run"));
  to.clock_pair_ns = from.clock_pair_ns();
  to.facts = FromProtoMap<StringMap>(from.facts());
  return to;
}

void ToProto(const RunFinished& from, v1::RunFinished* to) {
  to->set_outcome(static_cast<v1::Outcome>(from.outcome));
  to->set_message(from.message);
  to->set_started_at_ns(ToUnixNs(from.started_at));
  to->set_finished_at_ns(ToUnixNs(from.finished_at));
  ToProto(from.usage, to->mutable_usage());
  ToProto(from.before, to->mutable_before());
  ToProto(from.after, to->mutable_after());
  to->set_identity_digest(from.identity_digest);
  to->set_state_digest(from.state_digest);
  ToProtoMap(from.facts, to->mutable_facts());
  ToProtoMap(from.sample_counts, to->mutable_sample_counts());
  to->set_stdout_tail(from.stdout_tail);
  to->set_stderr_tail(from.stderr_tail);
}

absl::StatusOr<RunFinished> FromProto(const v1::RunFinished& from) {
  RunFinished to;
  BF_ASSIGN_OR_RETURN(to.outcome, CheckedEnum<Outcome>(from.outcome(), v1::Outcome_MAX, "outcome"));
  to.message = from.message();
  to.started_at = FromUnixNs(from.started_at_ns());
  to.finished_at = FromUnixNs(from.finished_at_ns());
  to.usage = FromProto(from.usage());
  to.before = FromProto(from.before());
  to.after = FromProto(from.after());
  to.identity_digest = from.identity_digest();
  to.state_digest = from.state_digest();
  to.facts = FromProtoMap<StringMap>(from.facts());
  to.sample_counts = FromProtoMap<std::map<std::string, uint64_t>>(from.sample_counts());
  to.stdout_tail = from.stdout_tail();
  to.stderr_tail = from.stderr_tail();
  return to;
}

void ToProto(const Record& from, v1::Record* to) {
  to->set_run_id(from.run.value);
  if (const auto* started = std::get_if<RunStarted>(&from.what)) {
    ToProto(*started, to->mutable_started());
  } else if (const auto* chunk = std::get_if<SampleChunk>(&from.what)) {
    ToProto(*chunk, to->mutable_chunk());
  } else if (const auto* finished = std::get_if<RunFinished>(&from.what)) {
    ToProto(*finished, to->mutable_finished());
  } else {
    ToProto(std::get<HostFingerprint>(from.what), to->mutable_fingerprint());
  }
}

absl::StatusOr<Record> FromProto(const v1::Record& from) {
  Record to{RunId{from.run_id()}, {}};
  switch (from.what_case()) {
    case v1::Record::kStarted: {
      BF_ASSIGN_OR_RETURN(to.what, FromProto(from.started()));
      return to;
    }
    case v1::Record::kChunk: {
      BF_ASSIGN_OR_RETURN(to.what, FromProto(from.chunk()));
      return to;
    }
    case v1::Record::kFinished: {
      BF_ASSIGN_OR_RETURN(to.what, FromProto(from.finished()));
      return to;
    }
    case v1::Record::kFingerprint: {
      BF_ASSIGN_OR_RETURN(to.what, FromProto(from.fingerprint()));
      return to;
    }
    case v1::Record::WHAT_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("a spool record carries nothing that this version knows");
}

}  // namespace convert

}  // namespace benchfleet
