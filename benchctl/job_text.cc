#include "benchctl/job_text.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/str_format.h"
#include "base/text.h"
#include "benchctl/json_out.h"
#include "benchctl/place_text.h"
#include "benchctl/report_text.h"

namespace benchfleet {
namespace {

std::string LabelsText(const StringMap& labels) {
  std::string text;
  for (const auto& [key, value] : labels) text += (text.empty() ? "" : ",") + key + "=" + value;
  return text;
}

std::string Field(const HostStatus& host, const std::string& name) {
  const auto found = host.fingerprint.fields.find(name);
  return found == host.fingerprint.fields.end() || found->second == "absent" ? "-" : found->second;
}

std::string Indented(std::string_view text, std::string_view indent) {
  std::string out;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    out += std::string(indent) + Printable(text.substr(0, end)) + "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

// The names of the fields that stand in one part's canonical JSON.
std::set<std::string> KeysOf(const std::string& canonical_json) {
  std::set<std::string> keys;
  const nlohmann::json object = nlohmann::json::parse(canonical_json, nullptr, false);
  if (!object.is_object()) return keys;
  for (const auto& [key, value] : object.items()) keys.insert(key);
  return keys;
}

std::string FieldLines(const HostStatus& host, const std::set<std::string>& keys) {
  size_t width = 0;
  for (const auto& [name, value] : host.fingerprint.fields) {
    if (keys.count(name) > 0) width = std::max(width, name.size());
  }
  std::string text;
  for (const auto& [name, value] : host.fingerprint.fields) {
    if (keys.count(name) == 0) continue;
    text +=
        absl::StrFormat("  %-*s  %s\n", static_cast<int>(width), Printable(name), Printable(value));
  }
  return text;
}

std::string PartText(const HostStatus& host, const std::string& title, const std::string& digest,
                     const std::set<std::string>& keys, const Style& style) {
  const std::string lines = FieldLines(host, keys);
  if (lines.empty()) return "";
  return "\n" + style.Bold(title) + "  " + style.Dim(Printable(digest)) + "\n" + lines;
}

std::string ChangesText(const HostStatus& host, const Style& style) {
  if (host.state_changes.empty()) return "";
  std::string text = "\n" + style.Bold("changes of state") + "\n";
  for (const StateChange& change : host.state_changes) {
    text += "  " + UtcText(change.at) + "\n";
    for (const FieldChange& field : change.fields) {
      text += absl::StrFormat("    %s: %s -> %s\n", Printable(field.name), Printable(field.before),
                              Printable(field.after));
    }
  }
  return text;
}

std::string WorkloadsText(const HostStatus& host, const Style& style) {
  if (host.workloads.empty()) return "";
  std::string text = "\n" + style.Bold("workloads") + "\n";
  for (const WorkloadDescription& workload : host.workloads) {
    text += "  " + Printable(workload.name);
    for (const ParameterDescription& parameter : workload.parameters) {
      text += " " + Printable(parameter.name);
      if (!parameter.default_value.empty()) text += "=" + Printable(parameter.default_value);
    }
    text += "\n";
    if (!workload.description.empty()) {
      text += "    " + style.Dim(Printable(workload.description)) + "\n";
    }
    if (!workload.unavailable.empty()) {
      text += "    " + style.Yellow("not here: " + Printable(workload.unavailable)) + "\n";
    }
  }
  return text;
}

}  // namespace

uint64_t FailedRuns(const JobStatus& job) {
  uint64_t failed = 0;
  for (const HostProgress& host : job.hosts) failed += host.runs_failed;
  return failed;
}

std::string Age(absl::Time then, absl::Time now) {
  if (then == absl::InfinitePast()) return "-";
  const int64_t seconds = std::max<int64_t>(0, absl::ToInt64Seconds(now - then));
  if (seconds < 60) return absl::StrFormat("%ds", seconds);
  if (seconds < 3600) return absl::StrFormat("%dm", seconds / 60);
  if (seconds < 48 * 3600) return absl::StrFormat("%dh", seconds / 3600);
  return absl::StrFormat("%dd", seconds / 86400);
}

std::string RoughDuration(double seconds) {
  const auto whole = static_cast<int64_t>(std::llround(seconds));
  if (whole < 60) return absl::StrFormat("%ds", std::max<int64_t>(whole, 1));
  if (whole < 3600) return absl::StrFormat("%dm%02ds", whole / 60, whole % 60);
  return absl::StrFormat("%dh%02dm", whole / 3600, whole / 60 % 60);
}

Table JobTable(const std::vector<JobStatus>& jobs, absl::Time now) {
  Table table{{{"job", true},
               {"name"},
               {"revision"},
               {"state"},
               {"runs", true},
               {"failed", true},
               {"samples", true},
               {"age", true},
               {"by"},
               {"remark"}},
              {}};
  for (const JobStatus& job : jobs) {
    const uint64_t failed = FailedRuns(job);
    table.rows.push_back({absl::StrFormat("%d", job.job.value), job.name, Shorten(job.revision, 12),
                          std::string(StateName(job.state)),
                          absl::StrFormat("%d/%d", job.runs_done, job.runs),
                          failed == 0 ? "" : absl::StrFormat("%d", failed),
                          FormatCount(static_cast<double>(job.samples)), Age(job.created_at, now),
                          job.submitted_by, Shorten(job.message, 70)});
  }
  return table;
}

Table PlanTable(const Plan& plan) {
  Table table{
      {{"#", true}, {"host"}, {"workload"}, {"parameters"}, {"run", true}, {"expected", true}}, {}};
  for (size_t i = 0; i < plan.runs.size(); ++i) {
    const PlannedRun& run = plan.runs[i];
    table.rows.push_back(
        {absl::StrFormat("%d", i + 1),
         FormatMembers(run.host, run.members) + (run.host_away ? " (away)" : ""), run.workload,
         Shorten(ParametersText(run.parameters), 56), absl::StrFormat("%d", run.repetition + 1),
         run.expected_seconds > 0 ? FormatNanoseconds(run.expected_seconds * 1e9) : "?"});
  }
  return table;
}

std::string PlanSummary(const Plan& plan) {
  std::string text =
      absl::StrFormat("%d run%s of %d task%s", plan.total_runs, plan.total_runs == 1 ? "" : "s",
                      plan.total_tasks, plan.total_tasks == 1 ? "" : "s");
  if (plan.expected_seconds > 0) text += ", about " + RoughDuration(plan.expected_seconds);
  if (plan.runs_without_estimate > 0 && plan.expected_seconds > 0) {
    text += absl::StrFormat(" and %d never seen before", plan.runs_without_estimate);
  }
  return text + absl::StrFormat(", seed %d", plan.seed);
}

std::string LogText(const RunResult& run, const Style& style) {
  const RunFinished& finished = run.finished;
  const bool good = finished.outcome == Outcome::kOk;
  std::string head = absl::StrFormat("%s %s", Printable(PlaceText(run)), Printable(run.workload));
  const std::string parameters = ParametersText(run.parameters);
  if (!parameters.empty()) head += " " + Printable(parameters);
  head += absl::StrFormat(", run %d", run.repetition + 1);
  if (run.attempt > 0) head += absl::StrFormat(", attempt %d", run.attempt + 1);
  std::string outcome(OutcomeName(finished.outcome));
  std::string text = style.Bold(head) + ": " + (good ? style.Green(outcome) : style.Red(outcome));
  if (!finished.message.empty()) text += ": " + Printable(finished.message);
  text += "\n";
  if (!finished.stdout_tail.empty()) text += Indented(finished.stdout_tail, "  stdout| ");
  if (!finished.stderr_tail.empty()) text += Indented(finished.stderr_tail, "  stderr| ");
  return text;
}

Table LogTable(const std::vector<RunData>& runs) {
  Table table{{{"run", true},
               {"host"},
               {"workload"},
               {"parameters"},
               {"repetition", true},
               {"attempt", true},
               {"outcome"},
               {"message"},
               {"stdout"},
               {"stderr"}},
              {}};
  for (const RunData& run : runs) {
    const RunResult& r = run.result;
    table.rows.push_back({absl::StrFormat("%d", r.run.value), PlaceText(r), r.workload,
                          ParametersText(r.parameters), absl::StrFormat("%d", r.repetition + 1),
                          absl::StrFormat("%d", r.attempt + 1),
                          std::string(OutcomeName(r.finished.outcome)), r.finished.message,
                          r.finished.stdout_tail, r.finished.stderr_tail});
  }
  return table;
}

Table HostTable(const std::vector<HostStatus>& hosts, absl::Time now) {
  Table table{{{"host"},
               {"state"},
               {"labels"},
               {"cpu"},
               {"cores", true},
               {"memory", true},
               {"agent"},
               {"seen", true},
               {"doing"}},
              {}};
  for (const HostStatus& host : hosts) {
    const std::string memory = Field(host, "memory.total_gib");
    table.rows.push_back({host.name, host.connected ? "connected" : "away", LabelsText(host.labels),
                          Shorten(Field(host, "cpu.model_name"), 34), Field(host, "cpu.cores"),
                          memory == "-" ? memory : memory + " GiB", host.agent_version,
                          Age(host.last_seen, now), Shorten(host.doing, 60)});
  }
  return table;
}

std::string HostText(const HostStatus& host, const Style& style, absl::Time now) {
  std::string text = style.Bold(Printable(host.name)) + "  " +
                     (host.connected ? style.Green("connected") : style.Yellow("away")) +
                     ", agent " + Printable(host.agent_version) + "\n";
  const auto line = [&text](const char* name, const std::string& value) {
    if (!value.empty()) text += absl::StrFormat("  %-11s %s\n", name, Printable(value));
  };
  line("labels", LabelsText(host.labels));
  line("doing", host.doing);
  line("first seen", UtcText(host.first_seen));
  line("last seen", Age(host.last_seen, now) + " ago");
  line("spool", FormatBytes(static_cast<double>(host.spool_bytes)));
  const std::set<std::string> identity = KeysOf(host.fingerprint.identity_json);
  const std::set<std::string> state = KeysOf(host.fingerprint.state_json);
  std::set<std::string> rest;
  for (const auto& [name, value] : host.fingerprint.fields) {
    if (identity.count(name) == 0 && state.count(name) == 0) rest.insert(name);
  }
  text += PartText(host, "identity (what the machine is)", host.fingerprint.identity_digest,
                   identity, style);
  text += PartText(host, "state (what may change and explain a shift)",
                   host.fingerprint.state_digest, state, style);
  text += PartText(host, "other", "", rest, style);
  return text + ChangesText(host, style) + WorkloadsText(host, style);
}

}  // namespace benchfleet
