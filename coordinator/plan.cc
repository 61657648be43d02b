#include "coordinator/plan.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/status.h"
#include "base/text.h"
#include "coordinator/selector.h"

namespace benchfleet {
namespace {

struct Cell {
  const WorkloadSelection* selection;
  StringMap parameters;
};

// Quotes an argument vector as a JSON array, the form in which `exec` takes its command.
std::string CommandAsJson(const std::vector<std::string>& command) {
  std::string json = "[";
  for (const std::string& word : command) {
    if (json.size() > 1) json += ',';
    json += '"';
    for (const char c : word) {
      if (c == '"' || c == '\\') {
        json += '\\';
        json += c;
      } else if (static_cast<unsigned char>(c) < 0x20) {
        json += absl::StrFormat("\\u%04x", c);
      } else {
        json += c;
      }
    }
    json += '"';
  }
  return json + "]";
}

absl::Status CheckText(std::string_view what, const std::string& text, size_t most) {
  if (text.size() > most) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s is %d bytes long; the bound is %d", what, text.size(), most));
  }
  if (!IsUtf8(text)) return absl::InvalidArgumentError(absl::StrFormat("%s is not UTF-8", what));
  return absl::OkStatus();
}

absl::Status CheckWorkload(const WorkloadSelection& workload) {
  if (workload.name.empty()) return absl::InvalidArgumentError("a workload has no name");
  BF_RETURN_IF_ERROR(CheckText("a workload's name", workload.name, limits::kMaxNameBytes));
  for (const auto& [name, values] : workload.parameters) {
    if (values.empty()) {
      return absl::InvalidArgumentError(
          absl::StrFormat("parameter '%s' of workload '%s' has no values", name, workload.name));
    }
    for (const std::string& value : values) {
      BF_RETURN_IF_ERROR(
          CheckText(absl::StrFormat("parameter '%s'", name), value, limits::kMaxParameterBytes));
    }
  }
  if (!workload.command.empty() && workload.parameters.count("argv") != 0) {
    return absl::InvalidArgumentError(
        absl::StrFormat("workload '%s' has both a command and the parameter argv", workload.name));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Cell>> ExpandCells(const JobSpec& spec) {
  std::vector<Cell> cells;
  for (const WorkloadSelection& workload : spec.workloads) {
    std::vector<StringMap> combinations = {{}};
    if (!workload.command.empty()) combinations[0]["argv"] = CommandAsJson(workload.command);
    for (const auto& [name, values] : workload.parameters) {
      if (combinations.size() * values.size() > limits::kMaxTasksPerJob) {
        return absl::InvalidArgumentError(
            absl::StrFormat("the parameters of workload '%s' make more than %d cells",
                            workload.name, limits::kMaxTasksPerJob));
      }
      std::vector<StringMap> wider;
      wider.reserve(combinations.size() * values.size());
      for (const StringMap& combination : combinations) {
        for (const std::string& value : values) {
          wider.push_back(combination);
          wider.back()[name] = value;
        }
      }
      combinations = std::move(wider);
    }
    for (StringMap& parameters : combinations) cells.push_back({&workload, std::move(parameters)});
  }
  return cells;
}

// The hosts of one selection; with a count, those that are connected and least busy first.
absl::StatusOr<std::vector<const PlannableHost*>> Select(const HostSelection& selection,
                                                         const std::vector<PlannableHost>& hosts) {
  BF_ASSIGN_OR_RETURN(const Selector selector, Selector::Parse(selection.match));
  std::vector<const PlannableHost*> matching;
  for (const PlannableHost& host : hosts) {
    if (selector.Matches({host.host.name, host.host.labels, host.host.fingerprint.fields})) {
      matching.push_back(&host);
    }
  }
  if (matching.empty()) {
    std::vector<std::string> names;
    names.reserve(hosts.size());
    for (const PlannableHost& host : hosts) names.push_back(host.host.name);
    std::string nearest;
    for (const SelectorTerm& term : selector.terms()) {
      if (term.key == "name") nearest = DidYouMean(term.value, names);
    }
    return absl::InvalidArgumentError(
        absl::StrFormat("selector '%s' matches none of the %d known hosts%s (see: benchctl hosts)",
                        selection.match, hosts.size(), nearest));
  }
  if (selection.count == 0) return matching;
  if (selection.count > matching.size()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("selector '%s' matches %d hosts and count asks for %d", selection.match,
                        matching.size(), selection.count));
  }
  std::stable_sort(matching.begin(), matching.end(), [](const auto* a, const auto* b) {
    return std::make_pair(!a->connected, a->open_runs) <
           std::make_pair(!b->connected, b->open_runs);
  });
  matching.resize(selection.count);
  std::sort(matching.begin(), matching.end(),
            [](const auto* a, const auto* b) { return a->host.name < b->host.name; });
  return matching;
}

absl::Status CheckParameter(const WorkloadDescription& workload, const std::string& name,
                            const std::string& value) {
  std::vector<std::string> names;
  for (const ParameterDescription& parameter : workload.parameters) {
    names.push_back(parameter.name);
    if (parameter.name != name) continue;
    if (parameter.allowed.empty() || std::find(parameter.allowed.begin(), parameter.allowed.end(),
                                               value) != parameter.allowed.end()) {
      return absl::OkStatus();
    }
    std::string allowed;
    for (const std::string& one : parameter.allowed) allowed += (allowed.empty() ? "" : ", ") + one;
    return absl::InvalidArgumentError(
        absl::StrFormat("workload '%s' does not take %s=%s%s (expected one of: %s)", workload.name,
                        name, value, DidYouMean(value, parameter.allowed), allowed));
  }
  return absl::InvalidArgumentError(absl::StrFormat("workload '%s' has no parameter '%s'%s",
                                                    workload.name, name, DidYouMean(name, names)));
}

}  // namespace

absl::Status CheckJobSpec(const JobSpec& spec) {
  if (spec.name.empty()) return absl::InvalidArgumentError("the job has no name");
  BF_RETURN_IF_ERROR(CheckText("the job's name", spec.name, limits::kMaxNameBytes));
  BF_RETURN_IF_ERROR(CheckText("the job's revision", spec.revision, limits::kMaxNameBytes));
  if (spec.workloads.empty()) return absl::InvalidArgumentError("the job names no workload");
  if (spec.hosts.empty()) return absl::InvalidArgumentError("the job selects no host");
  for (const WorkloadSelection& workload : spec.workloads)
    BF_RETURN_IF_ERROR(CheckWorkload(workload));
  if (spec.runs == 0) return absl::InvalidArgumentError("repetitions.runs must be at least 1");
  if (spec.retries > limits::kMaxRetries) {
    return absl::InvalidArgumentError(
        absl::StrFormat("retries is %d; the bound is %d", spec.retries, limits::kMaxRetries));
  }
  if (spec.timeout <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError("timeout must be longer than nothing");
  }
  const Measurement& m = spec.measurement;
  if (m.max_samples != 0 && m.max_samples < m.min_samples) {
    return absl::InvalidArgumentError(absl::StrFormat("max_samples (%d) is below min_samples (%d)",
                                                      m.max_samples, m.min_samples));
  }
  if (!(m.until_relative_ci >= 0 && m.until_relative_ci < 1)) {
    return absl::InvalidArgumentError("until.relative_ci must lie between 0 and 1");
  }
  return absl::OkStatus();
}

absl::Status CheckRunnable(const std::string& name, const StringMap& parameters,
                           const StoredHost& host) {
  std::vector<std::string> names;
  for (const WorkloadDescription& workload : host.workloads) {
    names.push_back(workload.name);
    if (workload.name != name) continue;
    if (!workload.unavailable.empty()) {
      return absl::FailedPreconditionError(absl::StrFormat("host '%s' cannot run workload '%s': %s",
                                                           host.name, name, workload.unavailable));
    }
    for (const auto& [parameter, value] : parameters) {
      BF_RETURN_IF_ERROR(CheckParameter(workload, parameter, value));
    }
    for (const ParameterDescription& parameter : workload.parameters) {
      if (parameter.required && parameters.count(parameter.name) == 0) {
        return absl::InvalidArgumentError(
            absl::StrFormat("workload '%s' needs the parameter '%s'%s", name, parameter.name,
                            parameter.name == "argv" ? " (give a command)" : ""));
      }
    }
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrFormat("host '%s' has no workload '%s'%s", host.name,
                                                    name, DidYouMean(name, names)));
}

absl::StatusOr<std::vector<PlannedTask>> PlaceTasks(const JobSpec& spec,
                                                    const std::vector<PlannableHost>& hosts) {
  BF_RETURN_IF_ERROR(CheckJobSpec(spec));
  if (hosts.empty()) {
    return absl::InvalidArgumentError("no host is known yet (start a bench-agent first)");
  }
  std::set<std::string> chosen_names;
  std::vector<const PlannableHost*> chosen;
  for (const HostSelection& selection : spec.hosts) {
    BF_ASSIGN_OR_RETURN(const auto matching, Select(selection, hosts));
    for (const PlannableHost* host : matching) {
      if (chosen_names.insert(host->host.name).second) chosen.push_back(host);
    }
  }
  BF_ASSIGN_OR_RETURN(const std::vector<Cell> cells, ExpandCells(spec));
  const uint64_t tasks = static_cast<uint64_t>(cells.size()) * chosen.size();
  if (tasks > limits::kMaxTasksPerJob || tasks * spec.runs > limits::kMaxRunsPerJob) {
    return absl::InvalidArgumentError(
        absl::StrFormat("the job makes %d cells on %d hosts with %d runs each: %d tasks and %d "
                        "runs; the bounds are %d "
                        "and %d",
                        cells.size(), chosen.size(), spec.runs, tasks, tasks * spec.runs,
                        limits::kMaxTasksPerJob, limits::kMaxRunsPerJob));
  }
  std::vector<PlannedTask> placed;
  placed.reserve(tasks);
  for (const PlannableHost* host : chosen) {
    for (const Cell& cell : cells) {
      BF_RETURN_IF_ERROR(CheckRunnable(cell.selection->name, cell.parameters, host->host));
      placed.push_back({host->host.name, cell.selection->name, cell.parameters});
    }
  }
  return placed;
}

std::vector<RunSlot> OrderRuns(uint32_t tasks, uint32_t runs, bool interleave, uint64_t seed) {
  std::vector<RunSlot> order;
  order.reserve(static_cast<size_t>(tasks) * runs);
  if (!interleave) {
    for (uint32_t task = 0; task < tasks; ++task) {
      for (uint32_t repetition = 0; repetition < runs; ++repetition)
        order.push_back({task, repetition});
    }
    return order;
  }
  Random random(seed);
  std::vector<uint32_t> block(tasks);
  for (uint32_t repetition = 0; repetition < runs; ++repetition) {
    for (uint32_t task = 0; task < tasks; ++task) block[task] = task;
    for (size_t i = block.size(); i > 1; --i) std::swap(block[i - 1], block[random.Below(i)]);
    for (const uint32_t task : block) order.push_back({task, repetition});
  }
  return order;
}

}  // namespace benchfleet
