#include "benchctl/side_of_results.h"

#include <fnmatch.h>

#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "benchctl/place_text.h"
#include "benchctl/report.h"

namespace benchfleet {
namespace {

constexpr size_t kDigestShown = 12;
constexpr char kQuiet[] = "quiet";
constexpr char kErrorRate[] = "error_rate";

// What a host was when a run of it was made.
struct HostAt {
  std::string identity;
  std::string machine;
  StringMap state;  // fields
};

Better BetterOf(Direction direction) {
  switch (direction) {
    case Direction::kLowerIsBetter:
      return Better::kLower;
    case Direction::kHigherIsBetter:
      return Better::kHigher;
    case Direction::kNeutral:
    case Direction::kUnspecified:
      return Better::kNeither;
  }
  return Better::kNeither;
}

const HostStatus* FindHost(const JobResults& results, const std::string& name) {
  for (const HostStatus& host : results.job.hosts) {
    if (host.name == name) return &host;
  }
  return nullptr;
}

std::string MachineText(const HostStatus& host) {
  const StringMap& fields = host.fingerprint.fields;
  const auto field = [&fields](const char* name) {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string() : found->second;
  };
  std::string text = field("cpu.model_name");
  if (text.empty()) return host.name;
  if (!field("cpu.cores").empty()) text += ", " + field("cpu.cores") + " cores";
  return text;
}

// Hosts of plain files have no digest: what the file says of the machine stands for it.
std::string IdentityOf(const HostStatus& host) {
  if (!host.fingerprint.identity_digest.empty()) return host.fingerprint.identity_digest;
  if (host.fingerprint.fields.empty()) return "";
  std::string identity = host.name;
  for (const auto& [name, value] : host.fingerprint.fields) identity += "\n" + name + "=" + value;
  return identity;
}

// What of the fingerprint says what the machine is: its fields but for those of the state.
StringMap HardwareOf(const HostStatus& host) {
  StringMap fields = host.fingerprint.fields;
  const nlohmann::json state =
      nlohmann::json::parse(host.fingerprint.state_json, nullptr, /*allow_exceptions=*/false);
  if (state.is_object()) {
    for (const auto& [name, value] : state.items()) fields.erase(name);
  }
  return fields;
}

// The fields of the host's state at `when`: those of today with later changes undone.
StringMap StateAt(const HostStatus& host, absl::Time when) {
  StringMap state;
  const nlohmann::json json =
      nlohmann::json::parse(host.fingerprint.state_json, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return state;
  for (const auto& [name, value] : json.items()) {
    const auto field = host.fingerprint.fields.find(name);
    if (field != host.fingerprint.fields.end()) state[name] = field->second;
  }
  for (const StateChange& change : host.state_changes) {  // newest first
    if (change.at <= when) break;
    for (const FieldChange& field : change.fields) state[field.name] = field.before;
  }
  return state;
}

HostAt HostOf(const JobResults& results, const RunResult& run) {
  HostAt at;
  at.identity = run.finished.identity_digest;
  const HostStatus* host = FindHost(results, run.host);
  if (host == nullptr) return at;
  if (at.identity.empty()) at.identity = IdentityOf(*host);
  at.machine = MachineText(*host);
  // Fields can be told where the state is that of the host as it is known, changes undone or none.
  if (run.finished.state_digest == host->fingerprint.state_digest || !host->state_changes.empty()) {
    at.state = StateAt(*host, run.finished.started_at);
  }
  if (!host->agent_version.empty()) at.state["agent"] = host->agent_version;
  return at;
}

bool EndsWith(const std::string& text, std::string_view end) {
  return text.size() > end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// Facts that describe the thing under test or its surroundings, not this one run.
void AddFacts(const StringMap& facts, SideSeries* series) {
  std::string artefact;
  for (const auto& [name, value] : facts) {
    if (EndsWith(name, ".sha256")) artefact += name + "=" + value + " ";
    if (EndsWith(name, ".version") || name == "openssl.cpu" || name == "threads") {
      series->conditions[name].insert(value);
    }
  }
  if (!artefact.empty()) series->artefacts.insert(artefact);
}

// Other servers' hardware is another series: who the others of the task are, after the host's own
// identity.
std::string OthersOf(const JobResults& results, const RunResult& run) {
  if (run.members.empty()) return "";
  std::string text = ":" + run.role;
  bool self_seen = false;
  for (const TaskMember& member : run.members) {
    if (!self_seen && member == TaskMember{run.role, run.host}) {
      self_seen = true;
      continue;
    }
    const HostStatus* const host = FindHost(results, member.host);
    const bool known = host != nullptr && !host->fingerprint.identity_digest.empty();
    text += "," + member.role + "=";
    text += known ? host->fingerprint.identity_digest : "host:" + member.host;
  }
  return text;
}

SideSeries MakeSeries(const JobResults& results, const RunResult& run, const HostAt& host) {
  SideSeries series;
  series.name.workload = run.workload;
  series.name.parameters = run.parameters;
  series.identity = host.identity + OthersOf(results, run);
  series.host = PlaceText(run);
  series.machine = host.machine;
  const absl::Time ended = std::max(run.finished.started_at, run.finished.finished_at);
  if (ended > absl::UnixEpoch()) series.measured_until = ended;
  if (!results.job.status.revision.empty()) series.revisions.insert(results.job.status.revision);
  for (const auto& [name, value] : host.state) {
    if (!value.empty()) series.conditions[name].insert(value);
  }
  if (!run.finished.state_digest.empty()) {
    series.states.insert(run.finished.state_digest.substr(0, kDigestShown));
  }
  if (run.finished.after.quiet || !run.finished.after.quiet_reason.empty()) {
    series.conditions[kQuiet].insert(run.finished.after.quiet ? "yes" : "no");
  }
  AddFacts(run.finished.facts, &series);
  return series;
}

Metric FindMetric(const RunResult& run, const std::string& name) {
  for (const Metric& metric : run.metrics) {
    if (metric.name == name) return metric;
  }
  Metric metric;
  metric.name = name;
  metric.direction = Direction::kUnspecified;
  return metric;
}

absl::Status AddRun(const RunData& run, const SideSeries& about, const SideFilter& filter,
                    Side* side) {
  BF_ASSIGN_OR_RETURN(auto samples, SamplesOf(run));
  const auto add = [&](const Metric& metric, SideSeries series) -> absl::Status {
    if (!FitsPattern(filter.metric, metric.name)) return absl::OkStatus();
    series.derived = !metric.derived_from.empty() && filter.metric != metric.name;
    series.name.metric = metric.name;
    series.unit = metric.unit;
    series.better = BetterOf(metric.direction);
    return side->Add(std::move(series));
  };
  bool has_rss = false;
  for (auto& [name, values] : samples) {
    if (values.empty()) continue;
    has_rss = has_rss || name == kRssPeakMetric;
    SideSeries series = about;
    series.runs = {std::move(values)};
    BF_RETURN_IF_ERROR(add(FindMetric(run.result, name), std::move(series)));
  }
  for (const MetricSummary& summary : run.result.summaries) {
    if (!summary.aggregate_only) continue;
    has_rss = has_rss || summary.metric == kRssPeakMetric;
    SideSeries series = about;
    series.aggregates = {{summary.count, summary.mean, summary.stddev}};
    BF_RETURN_IF_ERROR(add(FindMetric(run.result, summary.metric), std::move(series)));
  }
  const int64_t rss = run.result.finished.usage.max_rss_bytes;
  if (has_rss || rss <= 0) return absl::OkStatus();
  SideSeries series = about;
  series.runs = {{static_cast<double>(rss)}};
  return add({std::string(kRssPeakMetric), "B", Direction::kLowerIsBetter, "", 0},
             std::move(series));
}

// Ended by its own fault; a lost host or a cancelled job says nothing of the thing under test.
bool IsError(Outcome outcome) {
  return outcome == Outcome::kFailed || outcome == Outcome::kInvalid ||
         outcome == Outcome::kTimedOut || outcome == Outcome::kCrashed ||
         outcome == Outcome::kGarbled;
}

bool Measures(const JobResults& results, const std::string& metric) {
  for (const RunData& run : results.runs) {
    for (const Metric& one : run.result.metrics) {
      if (one.name == metric) return true;
    }
  }
  return false;
}

}  // namespace

std::string SeriesIdentity(const JobResults& results, const RunResult& run) {
  return HostOf(results, run).identity + OthersOf(results, run);
}

bool FitsPattern(const std::string& pattern, const std::string& text) {
  return pattern.empty() || fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
}

absl::Status AddResults(const JobResults& results, const SideFilter& filter, Side* side) {
  const bool own_error_rate = Measures(results, kErrorRate);
  for (const RunData& run : results.runs) {
    if (!FitsPattern(filter.workload, run.result.workload)) continue;
    if (filter.host) {
      const HostStatus* host = FindHost(results, run.result.host);
      HostStatus named;
      named.name = run.result.host;
      if (!filter.host(host == nullptr ? named : *host)) continue;
    }
    const bool good = run.result.finished.outcome == Outcome::kOk;
    if (!good && !IsError(run.result.finished.outcome)) continue;
    const HostAt host = HostOf(results, run.result);
    const SideSeries about = MakeSeries(results, run.result, host);
    if (!own_error_rate && FitsPattern(filter.metric, kErrorRate)) {
      SideSeries rate = about;
      rate.name.metric = kErrorRate;
      rate.derived = filter.metric != kErrorRate;
      rate.runs = {{good ? 0.0 : 1.0}};
      BF_RETURN_IF_ERROR(side->Add(std::move(rate)));
    }
    if (good) BF_RETURN_IF_ERROR(AddRun(run, about, filter, side));
  }
  for (const HostStatus& host : results.job.hosts) {
    const std::string identity = IdentityOf(host);
    if (!identity.empty()) side->Describe(identity, HardwareOf(host));
  }
  for (SideSeries& series : side->series()) {
    const auto quiet = series.conditions.find(kQuiet);  // as a whole: where every run was
    if (quiet != series.conditions.end() && quiet->second.contains("no")) quiet->second = {"no"};
  }
  return absl::OkStatus();
}

}  // namespace benchfleet
