#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/status.h"
#include "base/text.h"
#include "benchctl/commands.h"
#include "benchctl/follow.h"
#include "benchctl/job_check.h"
#include "benchctl/job_file.h"
#include "benchctl/job_text.h"
#include "benchctl/json_out.h"
#include "benchctl/results.h"

namespace benchfleet {
namespace {

// The part before and after the first '='.
absl::StatusOr<std::pair<std::string, std::string>> Pair(const std::string& text,
                                                         const char* flag) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s '%s' is not NAME=VALUE", flag, Printable(text)));
  }
  return std::make_pair(text.substr(0, equals), text.substr(equals + 1));
}

// The variables of a job file: --set first, then the environment. Keeps account of what was used.
class JobVariables {
 public:
  absl::Status Set(const std::vector<std::string>& definitions) {
    for (const std::string& definition : definitions) {
      BF_ASSIGN_OR_RETURN(auto pair, Pair(definition, "--set"));
      values_[pair.first] = pair.second;
    }
    return absl::OkStatus();
  }

  std::optional<std::string> Get(const std::string& name) {
    used_.insert(name);
    if (const auto found = values_.find(name); found != values_.end()) return found->second;
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  }

  // A --set that the file does not ask for is a slip.
  absl::Status CheckUsed(const std::string& file) const {
    for (const auto& [name, value] : values_) {
      if (used_.count(name) > 0) continue;
      return absl::InvalidArgumentError(
          absl::StrFormat("--set %s: '%s' has no ${%s}%s", name, file, name,
                          DidYouMean(name, std::vector<std::string>(used_.begin(), used_.end()))));
    }
    return absl::OkStatus();
  }

 private:
  std::map<std::string, std::string> values_;
  std::set<std::string> used_;
};

// Follows until the end; the exit code that the end deserves.
absl::StatusOr<int> FollowToExitCode(Client& client, JobId job, bool json, const Session& session) {
  FollowOptions options;
  options.json = json;
  options.style = session.err_style;
  BF_ASSIGN_OR_RETURN(const FollowResult result, Follow(client, job, options, session.console));
  if (result.interrupted) {
    session.console.err(absl::StrFormat(
        "stopped watching; job %d goes on (benchctl watch %d, benchctl cancel %d)\n", job.value,
        job.value, job.value));
    return kExitInterrupted;
  }
  return result.last.state == State::kDone ? kExitOk : kExitJobFailed;
}

absl::StatusOr<JobSpec> SpecOf(const RunOptions& options) {
  JobSpec spec;
  WorkloadSelection workload;
  const bool is_command = !options.command.empty();
  if (is_command == !options.workload.empty()) {
    return absl::InvalidArgumentError(
        "run takes either a workload's name or '-- COMMAND ARGUMENT...'");
  }
  workload.name = is_command ? "exec" : options.workload;
  workload.command = options.command;
  for (const std::string& parameter : options.parameters) {
    BF_ASSIGN_OR_RETURN(auto pair, Pair(parameter, "--param"));
    std::vector<std::string>& values = workload.parameters[pair.first];
    for (size_t begin = 0; begin <= pair.second.size();) {
      const size_t comma = std::min(pair.second.find(',', begin), pair.second.size());
      values.push_back(pair.second.substr(begin, comma - begin));
      begin = comma + 1;
    }
  }
  spec.name = options.name;
  if (spec.name.empty()) {
    spec.name = is_command ? std::filesystem::path(options.command.front()).filename().string()
                           : options.workload;
  }
  spec.revision = options.revision;
  spec.workloads.push_back(std::move(workload));
  spec.hosts.push_back({options.on, options.hosts});
  // Who names no host does not mean to wait for one that may never come back.
  spec.hosts.back().connected = options.on.empty();
  spec.runs = options.runs;
  // So many and no more, unless a time is asked for.
  spec.measurement.min_samples = options.samples;
  if (options.max_time.empty()) spec.measurement.max_samples = options.samples;
  spec.measurement.warmup = options.warmup;
  if (!options.max_time.empty()) {
    BF_ASSIGN_OR_RETURN(spec.measurement.max_time, ParseDuration(options.max_time));
  }
  if (!options.timeout.empty()) {
    BF_ASSIGN_OR_RETURN(spec.timeout, ParseDuration(options.timeout));
  }
  if (options.runs == 0 || options.samples == 0) {
    return absl::InvalidArgumentError("--runs and --samples are at least 1");
  }
  const JobFault fault = FindFault(spec, [](const std::string&) { return false; });
  if (!fault.path.empty()) return absl::InvalidArgumentError(fault.message);
  return spec;
}

// Says which hosts a run without --on leaves out; an error where it leaves out all.
absl::Status TellWhoIsAway(Client& client, const Session& session) {
  constexpr size_t kNamesShown = 5;
  BF_ASSIGN_OR_RETURN(const std::vector<HostStatus> hosts, client.ListHosts(""));
  std::vector<std::string> away;
  for (const HostStatus& host : hosts) {
    if (!host.connected) away.push_back(Printable(host.name));
  }
  if (away.empty()) return absl::OkStatus();
  std::string names;
  for (size_t i = 0; i < std::min(away.size(), kNamesShown); ++i) {
    names += (i == 0 ? "" : ", ") + away[i];
  }
  if (away.size() > kNamesShown)
    names += absl::StrFormat(" and %d more", away.size() - kNamesShown);
  if (away.size() == hosts.size()) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "no host is connected (away: %s; to wait for one: --on name=%s)", names, away.front()));
  }
  session.console.err(absl::StrFormat(
      "left out, because away: %s (to wait for one: --on name=%s)\n", names, away.front()));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<int> SubmitCommand(const SubmitOptions& options, const Session& session) {
  JobVariables variables;
  BF_RETURN_IF_ERROR(variables.Set(options.set));
  BF_ASSIGN_OR_RETURN(const JobFile file,
                      JobFile::Read(options.file, [&variables](const std::string& name) {
                        return variables.Get(name);
                      }));
  const JobSpec& spec = file.spec();
  BF_RETURN_IF_ERROR(variables.CheckUsed(options.file));
  BF_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.dial());
  absl::StatusOr<Plan> submitted = client->Submit(spec, options.dry_run);
  if (!submitted.ok()) {
    // The coordinator knows hosts and workloads; the file is what it speaks of.
    if (absl::IsInvalidArgument(submitted.status()) ||
        absl::IsFailedPrecondition(submitted.status())) {
      return file.AtItsPlace(submitted.status());
    }
    return submitted.status();
  }
  const Plan& plan = *submitted;
  if (options.dry_run) {
    Print(session, "Plan of " + spec.name, PlanTable(plan), [&plan] { return PlanJson(plan); });
    session.console.err(PlanSummary(plan) + "\n");
    return kExitOk;
  }
  if (session.format == Format::kJson) {
    session.console.out(PlanJson(plan));
  } else {
    session.console.out(absl::StrFormat("%d\n", plan.job.value));
  }
  session.console.err(PlanSummary(plan) + "\n");
  if (!options.watch) return kExitOk;
  return FollowToExitCode(*client, plan.job, /*json=*/false, session);
}

absl::StatusOr<int> RunCommand(const RunOptions& options, const Session& session) {
  absl::StatusOr<JobSpec> made = SpecOf(options);
  if (!made.ok()) {
    session.console.err(
        absl::StrFormat("benchctl: %s (see: benchctl run --help)\n", Message(made.status())));
    return kExitUsage;
  }
  const JobSpec& spec = *made;
  BF_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.dial());
  if (options.on.empty()) BF_RETURN_IF_ERROR(TellWhoIsAway(*client, session));
  const absl::StatusOr<Plan> submitted = client->Submit(spec, false);
  if (!submitted.ok()) {
    // There is no file to which a place in it would mean anything.
    return absl::Status(submitted.status().code(), SplitPlace(Message(submitted.status())).second);
  }
  const Plan& plan = *submitted;
  session.console.err(
      absl::StrFormat("job %d %s: %s\n", plan.job.value, Printable(spec.name), PlanSummary(plan)));
  BF_ASSIGN_OR_RETURN(const int followed,
                      FollowToExitCode(*client, plan.job, /*json=*/false, session));
  if (followed == kExitInterrupted) return followed;
  ReportOptions report;
  report.job = absl::StrFormat("%d", plan.job.value);
  BF_ASSIGN_OR_RETURN(const int reported, ReportCommand(report, session));
  return followed != kExitOk ? followed : reported;
}

absl::StatusOr<int> JobsCommand(const JobsOptions& options, const Session& session) {
  JobFilter filter{options.limit, options.name, options.revision, {}};
  for (const std::string& label : options.labels) {
    BF_ASSIGN_OR_RETURN(auto pair, Pair(label, "--label"));
    filter.labels.insert(std::move(pair));
  }
  BF_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.dial());
  BF_ASSIGN_OR_RETURN(const std::vector<JobStatus> jobs, client->ListJobs(filter));
  if (jobs.empty() && session.format == Format::kTable) {
    const bool any = filter.name.empty() && filter.revision.empty() && filter.labels.empty();
    session.console.err(any ? "there is no job yet (see: benchctl submit --help)\n"
                            : "no job fits (see: benchctl jobs)\n");
    return kExitOk;
  }
  Print(session, "Jobs", JobTable(jobs, session.console.clock->Now()),
        [&jobs] { return JobsJson(jobs); });
  return kExitOk;
}

absl::StatusOr<int> WatchCommand(const std::string& job, const Session& session) {
  BF_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.dial());
  BF_ASSIGN_OR_RETURN(const JobId id, FindJob(*client, job));
  return FollowToExitCode(*client, id, session.format == Format::kJson, session);
}

absl::StatusOr<int> CancelCommand(const std::string& job, const std::string& reason,
                                  const Session& session) {
  BF_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.dial());
  BF_ASSIGN_OR_RETURN(const JobId id, FindJob(*client, job));
  BF_RETURN_IF_ERROR(client->Cancel(id, reason));
  session.console.err(absl::StrFormat("job %d is being cancelled\n", id.value));
  return kExitOk;
}

absl::StatusOr<int> LogsCommand(const LogsOptions& options, const Session& session) {
  BF_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, session.dial());
  BF_ASSIGN_OR_RETURN(const JobId id, FindJob(*client, options.job));
  BF_ASSIGN_OR_RETURN(JobResults results, ReadJobResults(*client, id, /*without_samples=*/true));
  std::vector<RunData> wanted;
  for (RunData& run : results.runs) {
    const RunFinished& finished = run.result.finished;
    if (!options.host.empty() && run.result.host != options.host) continue;
    if (finished.outcome == Outcome::kUnspecified) continue;
    if (options.failed && finished.outcome == Outcome::kOk) continue;
    wanted.push_back(std::move(run));
  }
  if (session.format != Format::kTable) {
    Print(session, "Logs of " + results.job.spec.name, LogTable(wanted),
          [&wanted] { return LogsJson(wanted); });
    return kExitOk;
  }
  for (const RunData& run : wanted) session.console.out(LogText(run.result, session.out_style));
  if (wanted.empty()) session.console.err("no run that has ended fits\n");
  return kExitOk;
}

}  // namespace benchfleet
