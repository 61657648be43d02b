#include "base/limits.h"
#include "proto/control_port.pb.h"
#include "proto/convert.h"
#include "proto/convert_internal.h"

namespace benchfleet {

void ToProto(const JobSpec& from, v1::JobSpec* to) {
  to->set_name(from.name);
  to->set_revision(from.revision);
  for (const WorkloadSelection& workload : from.workloads) {
    v1::WorkloadSelection* w = to->add_workloads();
    w->set_name(workload.name);
    for (const auto& [name, values] : workload.parameters) {
      v1::ParameterValues& to_values = (*w->mutable_parameters())[name];
      for (const std::string& value : values) to_values.add_values(value);
    }
    for (const std::string& word : workload.command) w->add_command(word);
  }
  for (const HostSelection& host : from.hosts) {
    v1::HostSelection* h = to->add_hosts();
    h->set_match(host.match);
    h->set_count(host.count);
    h->set_role(host.role);
    h->set_per_task(host.per_task);
    h->set_connected(host.connected);
  }
  v1::Repetitions* repetitions = to->mutable_repetitions();
  repetitions->set_runs(from.runs);
  repetitions->set_warmup(from.measurement.warmup);
  repetitions->set_min_samples(from.measurement.min_samples);
  repetitions->set_max_samples(from.measurement.max_samples);
  convert::ToProtoDuration(from.measurement.max_time, repetitions->mutable_max_time());
  if (from.measurement.until_relative_ci > 0) {
    repetitions->mutable_until()->set_relative_ci(from.measurement.until_relative_ci);
  }
  to->mutable_order()->set_interleave(from.interleave);
  to->mutable_order()->set_seed(from.seed);
  for (const Budget& budget : from.budgets) {
    v1::Budget* b = to->add_budgets();
    b->set_metric(budget.metric);
    b->set_statistic(budget.statistic);
    b->set_max(budget.max);
    b->set_min(budget.min);
  }
  to->set_priority(from.priority);
  to->set_exclusive(from.exclusive);
  convert::ToProtoDuration(from.timeout, to->mutable_timeout());
  to->set_retries(from.retries);
  convert::ToProtoMap(from.labels, to->mutable_labels());
}

// Fields that are not set take the defaults of struct JobSpec.
absl::StatusOr<JobSpec> FromProto(const v1::JobSpec& from) {
  JobSpec to;
  to.name = from.name();
  to.revision = from.revision();
  for (const v1::WorkloadSelection& w : from.workloads()) {
    WorkloadSelection workload;
    workload.name = w.name();
    for (const auto& [name, values] : w.parameters()) {
      workload.parameters[name] = {values.values().begin(), values.values().end()};
    }
    workload.command = {w.command().begin(), w.command().end()};
    to.workloads.push_back(std::move(workload));
  }
  for (const v1::HostSelection& host : from.hosts())
    to.hosts.push_back(
        {host.match(), host.count(), host.role(), host.per_task(), host.connected()});
  const v1::Repetitions& repetitions = from.repetitions();
  if (repetitions.runs() != 0) to.runs = repetitions.runs();
  to.measurement.warmup = repetitions.warmup();
  if (repetitions.min_samples() != 0) to.measurement.min_samples = repetitions.min_samples();
  to.measurement.max_samples = repetitions.max_samples();
  if (repetitions.has_max_time()) {
    BF_ASSIGN_OR_RETURN(to.measurement.max_time,
                        convert::FromProtoDuration(repetitions.max_time(), "repetitions.max_time"));
  }
  to.measurement.until_relative_ci = repetitions.until().relative_ci();
  if (from.order().has_interleave()) to.interleave = from.order().interleave();
  to.seed = from.order().seed();
  for (const v1::Budget& b : from.budgets()) {
    to.budgets.push_back({b.metric(), b.statistic(), b.max(), b.min()});
  }
  to.priority = from.priority();
  if (from.has_exclusive()) to.exclusive = from.exclusive();
  if (from.has_timeout()) {
    BF_ASSIGN_OR_RETURN(to.timeout, convert::FromProtoDuration(from.timeout(), "timeout"));
  }
  if (from.has_retries()) to.retries = from.retries();
  to.labels = convert::FromProtoMap<StringMap>(from.labels());
  return to;
}

std::string Serialize(const JobSpec& spec) {
  v1::JobSpec message;
  ToProto(spec, &message);
  return message.SerializeAsString();
}

absl::StatusOr<JobSpec> ParseJobSpec(std::string_view bytes) {
  v1::JobSpec message;
  BF_RETURN_IF_ERROR(convert::Parse(bytes, &message));
  return FromProto(message);
}

void ToProto(const JobStatus& from, v1::JobStatus* to) {
  to->set_job_id(from.job.value);
  to->set_name(from.name);
  to->set_revision(from.revision);
  to->set_state(static_cast<v1::State>(from.state));
  to->set_message(from.message);
  to->set_created_at_ns(convert::ToUnixNs(from.created_at));
  to->set_started_at_ns(convert::ToUnixNs(from.started_at));
  to->set_finished_at_ns(convert::ToUnixNs(from.finished_at));
  to->set_tasks(from.tasks);
  to->set_tasks_done(from.tasks_done);
  to->set_tasks_failed(from.tasks_failed);
  to->set_runs(from.runs);
  to->set_runs_done(from.runs_done);
  to->set_samples(from.samples);
  for (const HostProgress& host : from.hosts) {
    v1::HostProgress* h = to->add_hosts();
    h->set_host(host.host);
    h->set_connected(host.connected);
    h->set_runs(host.runs);
    h->set_runs_done(host.runs_done);
    h->set_runs_failed(host.runs_failed);
    h->set_samples(host.samples);
    h->set_now(host.now);
  }
  to->set_submitted_by(from.submitted_by);
  to->set_priority(from.priority);
}

absl::StatusOr<JobStatus> FromProto(const v1::JobStatus& from) {
  JobStatus to;
  to.job = JobId{from.job_id()};
  to.name = from.name();
  to.revision = from.revision();
  BF_ASSIGN_OR_RETURN(to.state, convert::CheckedEnum<State>(from.state(), v1::State_MAX, "state"));
  to.message = from.message();
  to.created_at = convert::FromUnixNs(from.created_at_ns());
  to.started_at = convert::FromUnixNs(from.started_at_ns());
  to.finished_at = convert::FromUnixNs(from.finished_at_ns());
  to.tasks = from.tasks();
  to.tasks_done = from.tasks_done();
  to.tasks_failed = from.tasks_failed();
  to.runs = from.runs();
  to.runs_done = from.runs_done();
  to.samples = from.samples();
  for (const v1::HostProgress& h : from.hosts()) {
    to.hosts.push_back(
        {h.host(), h.connected(), h.runs(), h.runs_done(), h.runs_failed(), h.samples(), h.now()});
  }
  to.submitted_by = from.submitted_by();
  to.priority = from.priority();
  return to;
}

void ToProto(const HostStatus& from, v1::HostStatus* to) {
  to->set_name(from.name);
  convert::ToProtoMap(from.labels, to->mutable_labels());
  to->set_connected(from.connected);
  to->set_first_seen_ns(convert::ToUnixNs(from.first_seen));
  to->set_last_seen_ns(convert::ToUnixNs(from.last_seen));
  to->set_agent_version(from.agent_version);
  convert::ToProto(from.fingerprint, to->mutable_fingerprint());
  for (const WorkloadDescription& workload : from.workloads) {
    convert::ToProto(workload, to->add_workloads());
  }
  to->set_doing(from.doing);
  to->set_spool_bytes(from.spool_bytes);
  for (const StateChange& change : from.state_changes) {
    v1::StateChange* c = to->add_state_changes();
    c->set_at_ns(convert::ToUnixNs(change.at));
    for (const FieldChange& field : change.fields) {
      v1::FieldChange* f = c->add_fields();
      f->set_name(field.name);
      f->set_before(field.before);
      f->set_after(field.after);
    }
  }
}

absl::StatusOr<HostStatus> FromProto(const v1::HostStatus& from) {
  HostStatus to;
  to.name = from.name();
  to.labels = convert::FromProtoMap<StringMap>(from.labels());
  to.connected = from.connected();
  to.first_seen = convert::FromUnixNs(from.first_seen_ns());
  to.last_seen = convert::FromUnixNs(from.last_seen_ns());
  to.agent_version = from.agent_version();
  BF_ASSIGN_OR_RETURN(to.fingerprint, convert::FromProto(from.fingerprint()));
  for (const v1::WorkloadDescription& workload : from.workloads()) {
    BF_ASSIGN_OR_RETURN(WorkloadDescription description, convert::FromProto(workload));
    to.workloads.push_back(std::move(description));
  }
  to.doing = from.doing();
  to.spool_bytes = from.spool_bytes();
  for (const v1::StateChange& c : from.state_changes()) {
    StateChange change{convert::FromUnixNs(c.at_ns()), {}};
    for (const v1::FieldChange& f : c.fields()) {
      change.fields.push_back({f.name(), f.before(), f.after()});
    }
    to.state_changes.push_back(std::move(change));
  }
  return to;
}

void ToProto(const Plan& from, v1::SubmitJobResponse* to) {
  to->set_job_id(from.job.value);
  for (const PlannedRun& run : from.runs) {
    v1::PlannedRun* r = to->add_plan();
    r->set_host(run.host);
    r->set_workload(run.workload);
    convert::ToProtoMap(run.parameters, r->mutable_parameters());
    r->set_repetition(run.repetition);
    r->set_expected_seconds(run.expected_seconds);
    r->set_host_away(run.host_away);
    convert::ToProto(run.members, r->mutable_members());
  }
  to->set_total_runs(from.total_runs);
  to->set_total_tasks(from.total_tasks);
  to->set_expected_seconds(from.expected_seconds);
  to->set_runs_without_estimate(from.runs_without_estimate);
  to->set_seed(from.seed);
}

absl::StatusOr<Plan> FromProto(const v1::SubmitJobResponse& from) {
  Plan to;
  to.job = JobId{from.job_id()};
  for (const v1::PlannedRun& r : from.plan()) {
    to.runs.push_back({r.host(), r.workload(), convert::FromProtoMap<StringMap>(r.parameters()),
                       r.repetition(), r.expected_seconds(), r.host_away(),
                       convert::FromProto(r.members())});
  }
  to.total_runs = from.total_runs();
  to.total_tasks = from.total_tasks();
  to.expected_seconds = from.expected_seconds();
  to.runs_without_estimate = from.runs_without_estimate();
  to.seed = from.seed();
  return to;
}

namespace {

void ToProto(const RunResult& from, v1::RunResult* to) {
  to->set_run_id(from.run.value);
  to->set_task_id(from.task.value);
  to->set_host(from.host);
  to->set_workload(from.workload);
  convert::ToProtoMap(from.parameters, to->mutable_parameters());
  to->set_repetition(from.repetition);
  to->set_attempt(from.attempt);
  to->set_state(static_cast<v1::State>(from.state));
  convert::ToProto(from.finished, to->mutable_finished());
  for (const Metric& metric : from.metrics) convert::ToProto(metric, to->add_metrics());
  for (const MetricSummary& summary : from.summaries) {
    v1::MetricSummary* s = to->add_summaries();
    s->set_metric(summary.metric);
    s->set_count(summary.count);
    s->set_min(summary.min);
    s->set_max(summary.max);
    s->set_mean(summary.mean);
    s->set_stddev(summary.stddev);
    s->set_median(summary.median);
    s->set_p95(summary.p95);
    s->set_p99(summary.p99);
    s->set_aggregate_only(summary.aggregate_only);
  }
  to->set_role(from.role);
  convert::ToProto(from.members, to->mutable_members());
}

absl::StatusOr<RunResult> FromProto(const v1::RunResult& from) {
  RunResult to;
  to.run = RunId{from.run_id()};
  to.task = TaskId{from.task_id()};
  to.host = from.host();
  to.workload = from.workload();
  to.parameters = convert::FromProtoMap<StringMap>(from.parameters());
  to.repetition = from.repetition();
  to.attempt = from.attempt();
  BF_ASSIGN_OR_RETURN(to.state, convert::CheckedEnum<State>(from.state(), v1::State_MAX, "state"));
  BF_ASSIGN_OR_RETURN(to.finished, convert::FromProto(from.finished()));
  {
    using convert::FromProto;
    BF_ASSIGN_OR_RETURN(to.metrics, convert::FromRepeated<Metric>(
                                        from.metrics(), limits::kMaxMetricsPerRun, "metrics"));
  }
  for (const v1::MetricSummary& s : from.summaries()) {
    to.summaries.push_back({s.metric(), s.count(), s.min(), s.max(), s.mean(), s.stddev(),
                            s.median(), s.p95(), s.p99(), s.aggregate_only()});
  }
  to.role = from.role();
  to.members = convert::FromProto(from.members());
  return to;
}

}  // namespace

void ToProto(const ResultPiece& from, v1::ResultPiece* to) {
  if (const auto* job = std::get_if<JobResult>(&from)) {
    v1::JobResult* j = to->mutable_job();
    ToProto(job->status, j->mutable_status());
    ToProto(job->spec, j->mutable_spec());
    for (const HostStatus& host : job->hosts) ToProto(host, j->add_hosts());
    j->set_source(job->source);
  } else if (const auto* run = std::get_if<RunResult>(&from)) {
    ToProto(*run, to->mutable_run());
  } else {
    const RunChunks& chunks = std::get<RunChunks>(from);
    to->mutable_chunks()->set_run_id(chunks.run.value);
    for (const SampleChunk& chunk : chunks.chunks) {
      convert::ToProto(chunk, to->mutable_chunks()->add_chunks());
    }
  }
}

absl::StatusOr<ResultPiece> FromProto(const v1::ResultPiece& from) {
  if (from.has_run()) return FromProto(from.run());
  if (from.has_chunks()) {
    RunChunks chunks{RunId{from.chunks().run_id()}, {}};
    for (const v1::SampleChunk& c : from.chunks().chunks()) {
      BF_ASSIGN_OR_RETURN(SampleChunk chunk, convert::FromProto(c));
      chunks.chunks.push_back(std::move(chunk));
    }
    return chunks;
  }
  if (!from.has_job()) {
    return absl::InvalidArgumentError("a piece of results carries nothing that this version knows");
  }
  JobResult job;
  BF_ASSIGN_OR_RETURN(job.status, FromProto(from.job().status()));
  BF_ASSIGN_OR_RETURN(job.spec, FromProto(from.job().spec()));
  for (const v1::HostStatus& h : from.job().hosts()) {
    BF_ASSIGN_OR_RETURN(HostStatus host, FromProto(h));
    job.hosts.push_back(std::move(host));
  }
  job.source = from.job().source();
  return job;
}

}  // namespace benchfleet
