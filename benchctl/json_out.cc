#include "benchctl/json_out.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/str_format.h"

namespace benchfleet {
namespace {

using Json = nlohmann::ordered_json;

// Bytes that are not UTF-8 become U+FFFD: the document stays one that every reader takes.
std::string Dump(const Json& json, int indent = 2) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json Number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json When(absl::Time time) {
  const std::string text = UtcText(time);
  return text.empty() ? Json(nullptr) : Json(text);
}

Json ToJson(const JobStatus& job) {
  Json hosts = Json::array();
  for (const HostProgress& host : job.hosts) {
    hosts.push_back({{"host", host.host},
                     {"connected", host.connected},
                     {"runs", host.runs},
                     {"runs_done", host.runs_done},
                     {"runs_failed", host.runs_failed},
                     {"samples", host.samples},
                     {"now", host.now}});
  }
  return {{"job", job.job.value},
          {"name", job.name},
          {"revision", job.revision},
          {"state", StateName(job.state)},
          {"message", job.message},
          {"created_at", When(job.created_at)},
          {"started_at", When(job.started_at)},
          {"finished_at", When(job.finished_at)},
          {"tasks", job.tasks},
          {"tasks_done", job.tasks_done},
          {"tasks_failed", job.tasks_failed},
          {"runs", job.runs},
          {"runs_done", job.runs_done},
          {"samples", job.samples},
          {"hosts", std::move(hosts)},
          {"submitted_by", job.submitted_by},
          {"priority", job.priority}};
}

Json ToJson(const WorkloadDescription& workload) {
  Json parameters = Json::array();
  for (const ParameterDescription& p : workload.parameters) {
    parameters.push_back({{"name", p.name},
                          {"description", p.description},
                          {"default", p.default_value},
                          {"allowed", p.allowed},
                          {"required", p.required}});
  }
  Json metrics = Json::array();
  for (const Metric& m : workload.metrics) metrics.push_back({{"name", m.name}, {"unit", m.unit}});
  return {{"name", workload.name},       {"description", workload.description},
          {"version", workload.version}, {"unavailable", workload.unavailable},
          {"parameters", parameters},    {"metrics", metrics}};
}

Json ToJson(const HostStatus& host) {
  Json changes = Json::array();
  for (const StateChange& change : host.state_changes) {
    Json fields = Json::array();
    for (const FieldChange& field : change.fields) {
      fields.push_back({{"name", field.name}, {"before", field.before}, {"after", field.after}});
    }
    changes.push_back({{"at", When(change.at)}, {"fields", std::move(fields)}});
  }
  Json workloads = Json::array();
  for (const WorkloadDescription& workload : host.workloads) workloads.push_back(ToJson(workload));
  return {{"name", host.name},
          {"labels", host.labels},
          {"connected", host.connected},
          {"first_seen", When(host.first_seen)},
          {"last_seen", When(host.last_seen)},
          {"agent_version", host.agent_version},
          {"doing", host.doing},
          {"spool_bytes", host.spool_bytes},
          {"identity_digest", host.fingerprint.identity_digest},
          {"state_digest", host.fingerprint.state_digest},
          {"fingerprint", host.fingerprint.fields},
          {"state_changes", std::move(changes)},
          {"workloads", std::move(workloads)}};
}

Json ToJson(const ReportRow& row) {
  const Summary& s = row.summary;
  Json interval = nullptr;
  if (s.median_interval) {
    interval = {{"low", s.median_interval->low}, {"high", s.median_interval->high}};
  }
  return {{"host", row.host},
          {"workload", row.workload},
          {"parameters", row.parameters},
          {"metric", row.metric.name},
          {"unit", row.metric.unit},
          {"main", row.main},
          {"runs", row.runs},
          {"n", s.n},
          {"median", Number(s.median)},
          {"interval_95", std::move(interval)},
          {"mean", Number(s.mean)},
          {"stddev", Number(s.stddev)},
          {"min", Number(s.min)},
          {"max", Number(s.max)},
          {"p95", Number(s.p95)},
          {"p99", Number(s.p99)},
          {"rss_peak_bytes", row.rss_peak_bytes() ? Json(*row.rss_peak_bytes()) : Json(nullptr)},
          {"aggregate_only", row.aggregate_only}};
}

Json ToJson(const BudgetVerdict& verdict) {
  static constexpr const char* kWords[] = {"held", "broken", "not measured"};
  return {{"metric", verdict.budget.metric},
          {"statistic", verdict.budget.statistic},
          {"max", verdict.budget.max},
          {"min", verdict.budget.min},
          {"state", kWords[static_cast<size_t>(verdict.state)]},
          {"host", verdict.host},
          {"workload", verdict.workload},
          {"parameters", verdict.parameters},
          {"actual", Number(verdict.actual)},
          {"unit", verdict.unit},
          {"reason", verdict.reason}};
}

}  // namespace

std::string UtcText(absl::Time time) {
  if (time == absl::InfinitePast()) return "";
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

std::string JobsJson(const std::vector<JobStatus>& jobs) {
  Json list = Json::array();
  for (const JobStatus& job : jobs) list.push_back(ToJson(job));
  return Dump(list);
}

std::string JobJsonLine(const JobStatus& job) { return Dump(ToJson(job), -1); }

std::string HostsJson(const std::vector<HostStatus>& hosts) {
  Json list = Json::array();
  for (const HostStatus& host : hosts) list.push_back(ToJson(host));
  return Dump(list);
}

std::string HostJson(const HostStatus& host) { return Dump(ToJson(host)); }

std::string PlanJson(const Plan& plan) {
  Json runs = Json::array();
  for (const PlannedRun& run : plan.runs) {
    runs.push_back({{"host", run.host},
                    {"workload", run.workload},
                    {"parameters", run.parameters},
                    {"repetition", run.repetition},
                    {"expected_seconds",
                     run.expected_seconds > 0 ? Json(run.expected_seconds) : Json(nullptr)},
                    {"host_away", run.host_away}});
  }
  return Dump({{"job", plan.job ? Json(plan.job.value) : Json(nullptr)},
               {"runs", plan.total_runs},
               {"tasks", plan.total_tasks},
               {"expected_seconds", plan.expected_seconds},
               {"runs_without_estimate", plan.runs_without_estimate},
               {"seed", plan.seed},
               {"plan", std::move(runs)}});
}

std::string ReportJson(const Report& report) {
  Json rows = Json::array();
  for (const ReportRow& row : report.rows) rows.push_back(ToJson(row));
  Json failed = Json::array();
  for (const FailedRun& run : report.failed) {
    failed.push_back({{"host", run.host},
                      {"workload", run.workload},
                      {"parameters", run.parameters},
                      {"repetition", run.repetition},
                      {"attempt", run.attempt},
                      {"outcome", OutcomeName(run.outcome)},
                      {"message", run.message}});
  }
  Json budgets = Json::array();
  for (const BudgetVerdict& verdict : report.budgets) budgets.push_back(ToJson(verdict));
  Json hosts = Json::array();
  for (const HostStatus& host : report.hosts) {
    hosts.push_back({{"name", host.name},
                     {"labels", host.labels},
                     {"identity_digest", host.fingerprint.identity_digest},
                     {"state_digest", host.fingerprint.state_digest},
                     {"fingerprint", host.fingerprint.fields}});
  }
  return Dump({{"job", ToJson(report.job)},
               {"source", report.source},
               {"hosts", std::move(hosts)},
               {"rows", std::move(rows)},
               {"failed_runs", std::move(failed)},
               {"budgets", std::move(budgets)},
               {"budgets_held", report.budgets_held()},
               {"clock_pair_ns", report.clock_pair_ns},
               {"warnings", report.warnings}});
}

std::string LogsJson(const std::vector<RunData>& runs) {
  Json list = Json::array();
  for (const RunData& run : runs) {
    const RunResult& r = run.result;
    list.push_back({{"run", r.run.value},
                    {"host", r.host},
                    {"workload", r.workload},
                    {"parameters", r.parameters},
                    {"repetition", r.repetition},
                    {"attempt", r.attempt},
                    {"outcome", OutcomeName(r.finished.outcome)},
                    {"message", r.finished.message},
                    {"started_at", When(r.finished.started_at)},
                    {"finished_at", When(r.finished.finished_at)},
                    {"stdout_tail", r.finished.stdout_tail},
                    {"stderr_tail", r.finished.stderr_tail}});
  }
  return Dump(list);
}

}  // namespace benchfleet
