#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/status.h"
#include "base/version.h"
#include "benchctl/job_file.h"
#include "benchctl/json_parts.h"
#include "benchctl/report.h"
#include "benchctl/report_text.h"
#include "benchctl/result_file.h"
#include "benchctl/result_json.h"
#include "proto/chunk.h"

namespace benchfleet {
namespace {

using json::Number;

// A part of the document, without the end of line that a whole one has.
std::string PartText(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

Json NumberField(const HostStatus& host, const char* name) {
  const auto found = host.fingerprint.fields.find(name);
  if (found == host.fingerprint.fields.end()) return nullptr;
  double value = 0;
  const std::string& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return nullptr;
  }
  return value == std::floor(value) && std::fabs(value) < 1e15 ? Json(static_cast<int64_t>(value))
                                                               : Json(value);
}

std::string TextField(const HostStatus& host, const char* name) {
  const auto found = host.fingerprint.fields.find(name);
  return found == host.fingerprint.fields.end() ? "" : found->second;
}

Json MachineOf(const HostStatus& host) {
  std::string os = TextField(host, "os");
  const std::string kernel = TextField(host, "kernel.release");
  if (os.empty() && !kernel.empty()) os = "Linux " + kernel;
  return {{"id", host.name},
          {"os", os},
          {"cpu", TextField(host, "cpu.model_name")},
          {"cores", NumberField(host, "cpu.cores")},
          {"memory_gb", NumberField(host, "memory.total_gib")}};
}

// The plain rows: times alone, since their fields are in milliseconds.
Json BenchmarksOf(const Report& report) {
  Json benchmarks = Json::array();
  for (const ReportRow& row : report.rows) {
    if (row.metric.unit != "ns") continue;
    const Summary& s = row.summary;
    std::string name = row.workload;
    if (!row.main) name += "/" + row.metric.name;
    const std::string parameters = FormatParameters(row.parameters);
    if (!parameters.empty()) name += " " + parameters;
    if (report.hosts.size() > 1) name += " @" + row.host;
    benchmarks.push_back({{"name", name},
                          {"iterations", s.n},
                          {"mean_ms", Number(s.mean / 1e6)},
                          {"min_ms", Number(s.min / 1e6)},
                          {"max_ms", Number(s.max / 1e6)},
                          {"std_dev_ms", Number(s.stddev / 1e6)},
                          {"median_ms", Number(s.median / 1e6)},
                          {"p95_ms", Number(s.p95 / 1e6)},
                          {"p99_ms", Number(s.p99 / 1e6)},
                          {"host", row.host},
                          {"workload", row.workload},
                          {"parameters", Json(row.parameters)},
                          {"metric", row.metric.name}});
  }
  return benchmarks;
}

// With sorted keys: protobuf writes the entries of a map in any order.
Json SpecOf(const JobSpec& spec) {
  return Json::parse(nlohmann::json::parse(JobSpecToJson(spec), nullptr, false).dump(), nullptr,
                     false);
}

Json JobOf(const JobResult& job) {
  const JobStatus& s = job.status;
  return {{"id", s.job.value},
          {"name", s.name},
          {"revision", s.revision},
          {"state", StateName(s.state)},
          {"message", s.message},
          {"submitted_by", s.submitted_by},
          {"priority", s.priority},
          {"created_at", ExactTime(s.created_at)},
          {"started_at", ExactTime(s.started_at)},
          {"finished_at", ExactTime(s.finished_at)},
          {"source", job.source},
          {"spec", SpecOf(job.spec)}};
}

Json HostOf(const HostStatus& host) {
  const HostFingerprint& print = host.fingerprint;
  return {{"name", host.name},
          {"labels", Json(host.labels)},
          {"agent_version", host.agent_version},
          {"identity_digest", print.identity_digest},
          {"state_digest", print.state_digest},
          {"host_digest", print.host_digest},
          {"identity_json", print.identity_json},
          {"state_json", print.state_json},
          {"fingerprint", Json(print.fields)}};
}

Json ConditionsOf(const ConditionValues& conditions) {
  return {{"values", Json(conditions.values)},
          {"boot_id", conditions.boot_id},
          {"quiet", conditions.quiet},
          {"quiet_reason", conditions.quiet_reason}};
}

Json UsageOf(const ResourceUsage& usage) {
  return {{"wall_ns", usage.wall_ns},
          {"user_ns", usage.user_ns},
          {"system_ns", usage.system_ns},
          {"max_rss_bytes", usage.max_rss_bytes},
          {"minor_faults", usage.minor_faults},
          {"major_faults", usage.major_faults},
          {"voluntary_switches", usage.voluntary_switches},
          {"involuntary_switches", usage.involuntary_switches},
          {"cgroup", Json(usage.cgroup)}};
}

Json MetricOf(const Metric& metric) {
  Json json = {
      {"name", metric.name}, {"unit", metric.unit}, {"direction", DirectionName(metric.direction)}};
  if (!metric.derived_from.empty()) {
    json["derived_from"] = metric.derived_from;
    json["numerator"] = metric.numerator;
  }
  return json;
}

Json SummaryOf(const MetricSummary& summary) {
  return {{"metric", summary.metric}, {"count", summary.count},
          {"min", summary.min},       {"max", summary.max},
          {"mean", summary.mean},     {"stddev", summary.stddev},
          {"median", summary.median}, {"p95", summary.p95},
          {"p99", summary.p99},       {"aggregate_only", summary.aggregate_only}};
}

absl::StatusOr<Json> ChunkOf(const SampleChunk& chunk) {
  Json json = {{"metric", chunk.metric},
               {"first_index", chunk.first_index},
               {"operations", chunk.operations},
               {"warmup", chunk.warmup}};
  if (chunk.encoding == Encoding::kDeltaVarint) {
    BF_ASSIGN_OR_RETURN(const std::vector<int64_t> values, DecodeIntegers(chunk));
    json["type"] = "int64";
    json["values"] = values;
    return json;
  }
  // As measured: the values of one operation times operations would not be exact.
  SampleChunk raw = chunk;
  raw.operations = 1;
  std::vector<double> values;
  BF_RETURN_IF_ERROR(DecodeChunk(raw, &values));
  json["type"] = "float64";
  json["values"] = values;
  return json;
}

absl::StatusOr<Json> RunOf(const RunData& run) {
  const RunResult& r = run.result;
  const RunFinished& f = r.finished;
  Json json = {{"run", r.run.value},
               {"task", r.task.value},
               {"host", r.host},
               {"workload", r.workload},
               {"parameters", Json(r.parameters)},
               {"repetition", r.repetition},
               {"attempt", r.attempt},
               {"state", StateName(r.state)},
               {"outcome", OutcomeName(f.outcome)},
               {"message", f.message},
               {"started_at", ExactTime(f.started_at)},
               {"finished_at", ExactTime(f.finished_at)},
               {"usage", UsageOf(f.usage)},
               {"before", ConditionsOf(f.before)},
               {"after", ConditionsOf(f.after)},
               {"identity_digest", f.identity_digest},
               {"state_digest", f.state_digest},
               {"facts", Json(f.facts)},
               {"sample_counts", Json(f.sample_counts)},
               {"stdout_tail", f.stdout_tail},
               {"stderr_tail", f.stderr_tail}};
  if (!r.members.empty()) {
    json["role"] = r.role;
    json["members"] = Json::array();
    for (const TaskMember& member : r.members) {
      json["members"].push_back({{"role", member.role}, {"host", member.host}});
    }
  }
  json["metrics"] = Json::array();
  for (const Metric& metric : r.metrics) json["metrics"].push_back(MetricOf(metric));
  json["summaries"] = Json::array();
  for (const MetricSummary& summary : r.summaries) json["summaries"].push_back(SummaryOf(summary));
  json["samples"] = Json::array();
  for (const SampleChunk& chunk : run.chunks) {
    BF_ASSIGN_OR_RETURN(Json samples, ChunkOf(chunk));
    json["samples"].push_back(std::move(samples));
  }
  return json;
}

}  // namespace

absl::StatusOr<std::string> WriteResultJson(const JobResults& results, absl::Time now) {
  BF_ASSIGN_OR_RETURN(const Report report, BuildReport(results));
  Json hosts = Json::array();
  for (const HostStatus& host : results.job.hosts) hosts.push_back(HostOf(host));
  HostStatus first;
  if (!results.runs.empty()) first.name = results.runs.front().result.host;
  if (!results.job.hosts.empty()) first = results.job.hosts.front();
  // By hand, so that a run is a line: files of results are looked at, and kept in repositories.
  std::string text = "{\n\"version\": \"1.0\",\n";
  text += "\"generator\": " + PartText(std::string("benchctl ") + kVersion) + ",\n";
  text += "\"timestamp\": " + PartText(ExactTime(now)) + ",\n";
  text += "\"machine\": " + PartText(MachineOf(first), 2) + ",\n";
  text += "\"benchmarks\": " + PartText(BenchmarksOf(report), 2) + ",\n";
  text += "\"job\": " + PartText(JobOf(results.job), 2) + ",\n";
  text += "\"hosts\": " + PartText(hosts, 2) + ",\n";
  text += "\"runs\": [";
  const char* separator = "\n";
  for (const RunData& run : results.runs) {
    BF_ASSIGN_OR_RETURN(const Json json, RunOf(run));
    text += separator + PartText(json);
    separator = ",\n";
  }
  return text + "\n]\n}\n";
}

}  // namespace benchfleet
