#include "benchctl/json_out.h"

#include <utility>

#include "benchctl/json_parts.h"
#include "benchctl/place_text.h"
#include "proto/parameter_value.h"

namespace benchfleet {
namespace {

using json::Dump;
using json::Json;
using json::Number;
using json::When;

Json ToJson(const WorkloadDescription& workload) {
  Json parameters = Json::array();
  for (const ParameterDescription& p : workload.parameters) {
    parameters.push_back({{"name", p.name},
                          {"description", p.description},
                          {"default", p.default_value},
                          {"allowed", p.allowed},
                          {"expected", ExpectedValue(p)},
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

Json ToJson(const SampleShape& shape) {
  Json humps = Json::array();
  for (const Mode& hump : shape.humps) {
    humps.push_back(
        {{"centre", hump.centre}, {"low", hump.low}, {"high", hump.high}, {"share", hump.share}});
  }
  return {{"humps", std::move(humps)},          {"far_below", shape.far_below},
          {"far_above", shape.far_above},       {"runs_told", shape.runs_told},
          {"samples_told", shape.samples_told}, {"warm_up", shape.warm_up},
          {"slowdown", shape.slowdown},         {"unsettled", shape.unsettled},
          {"settled_from", shape.settled_from}};
}

Json ToJson(const ReportRow& row) {
  const Summary& s = row.summary;
  return {{"host", row.host},
          {"workload", row.workload},
          {"parameters", row.parameters},
          {"metric", row.metric.name},
          {"unit", row.metric.unit},
          {"main", row.main},
          {"runs", row.runs},
          {"n", s.n},
          {"median", Number(s.median)},
          {"interval_95", json::Range(s.median_interval)},
          {"interval_over_runs", row.interval_over_runs},
          {"mean", Number(s.mean)},
          {"stddev", Number(s.stddev)},
          {"min", Number(s.min)},
          {"max", Number(s.max)},
          {"p95", Number(s.p95)},
          {"p99", Number(s.p99)},
          {"rss_peak_bytes", Number(row.rss_peak_bytes())},
          {"shape", row.shape ? ToJson(*row.shape) : Json(nullptr)},
          {"aggregate_only", row.aggregate_only}};
}

Json ToJson(const BudgetVerdict& verdict) {
  return {{"metric", verdict.budget.metric},
          {"statistic", verdict.budget.statistic},
          {"max", verdict.budget.max},
          {"min", verdict.budget.min},
          {"state", BudgetStateName(verdict.state)},
          {"host", verdict.host},
          {"workload", verdict.workload},
          {"parameters", verdict.parameters},
          {"actual", Number(verdict.actual)},
          {"unit", verdict.unit},
          {"reason", verdict.reason}};
}

Json ConditionsOf(const Report& report) {
  Json list = Json::array();
  for (const HostConditions& host : report.conditions) {
    list.push_back({{"host", host.host},
                    {"runs", host.runs},
                    {"not_quiet", host.disturbed},
                    {"not_known", host.unknown},
                    {"clock_pair_ns", Number(host.clock_pair_ns)},
                    {"state_digests", host.states}});
  }
  return list;
}

Json VerdictsOf(const Report& report) {
  const ReportVerdicts& verdicts = report.verdicts;
  if (!verdicts.comparison) return {{"none_because", verdicts.none_because}};
  Json json = json::OfComparison(*verdicts.comparison);
  json["against"] = verdicts.base;
  return json;
}

Json TrendsOf(const Report& report) {
  const ReportTrends& trends = report.trends;
  Json json = json::OfTrends(trends.history);
  json["first_seen"] = trends.first_seen;
  json["not_read"] = trends.not_read;
  json["none_because"] = trends.none_because.empty() ? Json(nullptr) : Json(trends.none_because);
  return json;
}

}  // namespace

std::string JobsJson(const std::vector<JobStatus>& jobs) {
  Json list = Json::array();
  for (const JobStatus& job : jobs) list.push_back(json::Job(job));
  return Dump(list);
}

std::string JobJsonLine(const JobStatus& job) { return Dump(json::Job(job), -1); }

std::string HostsJson(const std::vector<HostStatus>& hosts) {
  Json list = Json::array();
  for (const HostStatus& host : hosts) list.push_back(ToJson(host));
  return Dump(list);
}

std::string HostJson(const HostStatus& host) { return Dump(ToJson(host)); }

std::string PlanJson(const Plan& plan) {
  Json runs = Json::array();
  for (const PlannedRun& run : plan.runs) {
    runs.push_back({{"host", FormatMembers(run.host, run.members)},
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
  Json budgets = Json::array();
  for (const BudgetVerdict& verdict : report.budgets) budgets.push_back(ToJson(verdict));
  Json clocks = Json::object();
  for (const HostConditions& host : report.conditions) {
    if (host.clock_pair_ns) clocks[host.host] = *host.clock_pair_ns;
  }
  return Dump({{"job", json::Job(report.job)},
               {"source", report.source},
               {"hosts", json::Machines(report.hosts)},
               {"rows", std::move(rows)},
               {"failed_runs", json::FailedRuns(report.remarks.failed)},
               {"disturbed_runs", json::DisturbedRuns(report.remarks.disturbed)},
               {"conditions_unknown", report.remarks.conditions_unknown},
               {"budgets", std::move(budgets)},
               {"budgets_held", report.budgets_held()},
               {"conditions", ConditionsOf(report)},
               {"clock_pair_ns", std::move(clocks)},
               {"verdicts", VerdictsOf(report)},
               {"trends", TrendsOf(report)},
               {"warnings", report.remarks.warnings}});
}

std::string LogsJson(const std::vector<RunData>& runs) {
  Json list = Json::array();
  for (const RunData& run : runs) {
    const RunResult& r = run.result;
    list.push_back({{"run", r.run.value},
                    {"host", PlaceText(r)},
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
