#include "benchctl/json_parts.h"

#include <cmath>
#include <utility>

#include "benchctl/json_out.h"

namespace benchfleet {

std::string UtcText(absl::Time time) {
  if (time == absl::InfinitePast()) return "";
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

namespace json {

std::string Dump(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json Number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json Number(const std::optional<double>& value) { return value ? Number(*value) : Json(nullptr); }

Json When(absl::Time time) {
  const std::string text = UtcText(time);
  return text.empty() ? Json(nullptr) : Json(text);
}

Json Range(const std::optional<Interval>& interval) {
  if (!interval) return nullptr;
  return {{"low", Number(interval->low)}, {"high", Number(interval->high)}};
}

Json Job(const JobStatus& job) {
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

Json Machines(const std::vector<HostStatus>& hosts) {
  Json list = Json::array();
  for (const HostStatus& host : hosts) {
    list.push_back({{"name", host.name},
                    {"labels", host.labels},
                    {"identity_digest", host.fingerprint.identity_digest},
                    {"state_digest", host.fingerprint.state_digest},
                    {"fingerprint", host.fingerprint.fields}});
  }
  return list;
}

Json FailedRuns(const std::vector<FailedRun>& failed) {
  Json list = Json::array();
  for (const FailedRun& run : failed) {
    list.push_back({{"host", run.host},
                    {"workload", run.workload},
                    {"parameters", run.parameters},
                    {"repetition", run.repetition},
                    {"attempt", run.attempt},
                    {"outcome", OutcomeName(run.outcome)},
                    {"message", run.message}});
  }
  return list;
}

Json DisturbedRuns(const std::vector<DisturbedRun>& disturbed) {
  Json list = Json::array();
  for (const DisturbedRun& run : disturbed) {
    list.push_back({{"host", run.host},
                    {"workload", run.workload},
                    {"parameters", run.parameters},
                    {"repetition", run.repetition},
                    {"attempt", run.attempt},
                    {"reason", run.reason}});
  }
  return list;
}

}  // namespace json
}  // namespace benchfleet
