#include "benchctl/job_check.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/limits.h"
#include "base/status.h"
#include "base/text.h"
#include "benchctl/budget.h"
#include "benchctl/table.h"

namespace benchfleet {
namespace {

const JobFault kNone = {};
const absl::Duration kLongestRun = absl::Hours(24 * 366);

bool IsGoodName(const std::string& name) {
  return !name.empty() && name.size() <= limits::kMaxNameBytes && Printable(name) == name;
}

// A job is asked for by number, by name or as `latest`; a name must be neither of the others.
JobFault FindNameFault(const JobSpec& spec) {
  if (!IsGoodName(spec.name)) {
    return {"name", absl::StrFormat("the job's name is '%s', expected 1 to %d printable bytes",
                                    Shorten(Printable(spec.name), 60), limits::kMaxNameBytes)};
  }
  const bool number = std::all_of(spec.name.begin(), spec.name.end(),
                                  [](unsigned char c) { return std::isdigit(c) != 0; });
  if (number || spec.name == "latest") {
    return {"name", absl::StrFormat("the job's name is '%s', expected one that is no number and "
                                    "not 'latest' (these name jobs by themselves)",
                                    spec.name)};
  }
  if (spec.revision.size() > limits::kMaxNameBytes) {
    return {"revision", absl::StrFormat("revision has %d bytes, expected at most %d",
                                        spec.revision.size(), limits::kMaxNameBytes)};
  }
  return kNone;
}

JobFault FindWorkloadFault(const WorkloadSelection& workload, const std::string& path) {
  if (!IsGoodName(workload.name)) {
    return {path, absl::StrFormat("%s has no name, expected the name of a workload (benchctl hosts "
                                  "show NAME lists them)",
                                  path)};
  }
  const bool is_exec = workload.name == "exec";
  if (!workload.command.empty() && !is_exec) {
    return {path + ".command",
            absl::StrFormat("%s.command is for the workload 'exec', not for '%s'", path,
                            Printable(workload.name))};
  }
  if (is_exec && workload.command.empty() && workload.parameters.count("argv") == 0) {
    return {path, absl::StrFormat("%s is 'exec' without a command, expected command: [PROGRAM, "
                                  "ARGUMENT, ...]",
                                  path)};
  }
  if (!workload.command.empty() && workload.command.front().empty()) {
    return {path + ".command", path + ".command begins with nothing, expected a program"};
  }
  for (const auto& [name, values] : workload.parameters) {
    for (const std::string& value : values) {
      if (value.size() > limits::kMaxParameterBytes) {
        return {path + ".parameters." + name,
                absl::StrFormat("%s.parameters.%s has a value of %d bytes, expected at most %d",
                                path, name, value.size(), limits::kMaxParameterBytes)};
      }
    }
  }
  return kNone;
}

JobFault FindHostFault(const HostSelection& host, const std::string& path) {
  const std::vector<std::string> roles = {kClientRole, kServerRole};
  if (!host.role.empty() && std::find(roles.begin(), roles.end(), host.role) == roles.end()) {
    return {path + ".role",
            absl::StrFormat("%s.role is '%s', expected client or server%s", path,
                            Shorten(Printable(host.role), 60), DidYouMean(host.role, roles))};
  }
  if (host.count != 0 && host.per_task != 0 && host.count % host.per_task != 0) {
    return {path + ".per_task",
            absl::StrFormat("%s.per_task is %d and count %d, expected a multiple of per_task", path,
                            host.per_task, host.count)};
  }
  return kNone;
}

// Tasks of one workload on one host; capped, so that products cannot run over.
uint64_t CellsOf(const WorkloadSelection& workload) {
  uint64_t cells = 1;
  for (const auto& [name, values] : workload.parameters) {
    cells = std::min<uint64_t>(cells * std::max<size_t>(values.size(), 1), uint64_t{1} << 32);
  }
  return cells;
}

JobFault FindMatrixFault(const JobSpec& spec) {
  uint64_t cells = 0;
  for (size_t i = 0; i < spec.workloads.size(); ++i) {
    cells += CellsOf(spec.workloads[i]);
    if (cells > limits::kMaxTasksPerJob) {
      return {absl::StrFormat("workloads[%d]", i),
              absl::StrFormat("the job has %s%d tasks a host up to here, expected at most %d",
                              cells >= uint64_t{1} << 32 ? "at least " : "", cells,
                              limits::kMaxTasksPerJob)};
    }
  }
  if (cells * spec.runs > limits::kMaxRunsPerJob) {
    return {"repetitions.runs",
            absl::StrFormat("tasks times runs are %d x %d = %d on each host, expected at most %d",
                            cells, spec.runs, cells * spec.runs, limits::kMaxRunsPerJob)};
  }
  return kNone;
}

JobFault FindRepetitionsFault(const JobSpec& spec, const GivenFields& given) {
  const Measurement& m = spec.measurement;
  if (given("repetitions.until.relative_ci") || given("repetitions.until")) {
    if (!(m.until_relative_ci > 0 && m.until_relative_ci < 1)) {
      return {"repetitions.until.relative_ci",
              absl::StrFormat("repetitions.until.relative_ci is %g, expected a number between 0 "
                              "and 1 (0.02 is 2 %%)",
                              m.until_relative_ci)};
    }
  }
  if (m.max_samples > limits::kMaxSamplesPerRun) {
    return {"repetitions.max_samples",
            absl::StrFormat("repetitions.max_samples is %d, expected at most %d", m.max_samples,
                            limits::kMaxSamplesPerRun)};
  }
  if (m.max_samples != 0 && m.min_samples > m.max_samples) {
    return {
        given("repetitions.min_samples") ? "repetitions.min_samples" : "repetitions.max_samples",
        absl::StrFormat("repetitions.min_samples is %d and max_samples %d, expected no fewer",
                        m.min_samples, m.max_samples)};
  }
  for (const auto& [path, duration] :
       {std::pair{"repetitions.max_time", m.max_time}, std::pair{"timeout", spec.timeout}}) {
    if (duration <= absl::ZeroDuration() || duration > kLongestRun) {
      return {path, absl::StrFormat("%s is %s, expected more than 0s and at most a year", path,
                                    std::string(absl::FormatDuration(duration)))};
    }
  }
  if (spec.retries > limits::kMaxRetries) {
    return {"retries", absl::StrFormat("retries is %d, expected at most %d", spec.retries,
                                       limits::kMaxRetries)};
  }
  return kNone;
}

JobFault FindBudgetFault(const Budget& budget, const std::string& path) {
  if (!IsGoodName(budget.metric)) {
    return {path, path + " has no metric, expected for example metric: latency"};
  }
  const std::vector<std::string>& names = StatisticNames();
  if (!budget.statistic.empty() &&
      std::find(names.begin(), names.end(), budget.statistic) == names.end()) {
    std::string known;
    for (const std::string& name : names) known += (known.empty() ? "" : ", ") + name;
    return {path + ".statistic", absl::StrFormat("%s.statistic is '%s', expected one of %s%s", path,
                                                 Shorten(Printable(budget.statistic), 60), known,
                                                 DidYouMean(budget.statistic, names))};
  }
  if (budget.max.empty() && budget.min.empty()) {
    return {path, path + " has no limit, expected max or min"};
  }
  for (const auto& [name, limit] : {std::pair{"max", budget.max}, std::pair{"min", budget.min}}) {
    if (limit.empty()) continue;
    if (const absl::Status good = CheckLimit(limit); !good.ok()) {
      return {path + "." + name, absl::StrFormat("%s.%s: %s", path, name, Message(good))};
    }
  }
  return kNone;
}

}  // namespace

JobFault FindFault(const JobSpec& spec, const GivenFields& given) {
  if (JobFault fault = FindNameFault(spec); !fault.path.empty()) return fault;
  for (size_t i = 0; i < spec.workloads.size(); ++i) {
    JobFault fault = FindWorkloadFault(spec.workloads[i], absl::StrFormat("workloads[%d]", i));
    if (!fault.path.empty()) return fault;
  }
  for (size_t i = 0; i < spec.hosts.size(); ++i) {
    JobFault fault = FindHostFault(spec.hosts[i], absl::StrFormat("hosts[%d]", i));
    if (!fault.path.empty()) return fault;
  }
  if (JobFault fault = FindRepetitionsFault(spec, given); !fault.path.empty()) return fault;
  if (JobFault fault = FindMatrixFault(spec); !fault.path.empty()) return fault;
  for (size_t i = 0; i < spec.budgets.size(); ++i) {
    JobFault fault = FindBudgetFault(spec.budgets[i], absl::StrFormat("budgets[%d]", i));
    if (!fault.path.empty()) return fault;
  }
  return kNone;
}

}  // namespace benchfleet
