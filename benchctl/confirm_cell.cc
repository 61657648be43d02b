#include "benchctl/confirm_cell.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "benchctl/place_text.h"
#include "benchctl/results.h"
#include "benchctl/table.h"

namespace benchfleet {
namespace {

constexpr char kArgv[] = "argv";

std::string CellText(const std::string& workload, const StringMap& parameters) {
  return parameters.empty() ? workload : workload + " " + FormatParameters(parameters);
}

// The program of an `exec` command replaced.
absl::StatusOr<std::string> WithProgram(const std::string& argv, const std::string& program) {
  nlohmann::json words = nlohmann::json::parse(argv, nullptr, /*allow_exceptions=*/false);
  if (!words.is_array() || words.empty()) {
    return absl::FailedPreconditionError(
        absl::StrFormat("its command %s is no list of words", Printable(argv)));
  }
  words[0] = program;
  return words.dump();
}

// Both sides are one cell: what of it cannot be here twice, and what would let it.
std::string WhyOneCell(const SuspectCell& cell) {
  if (cell.workload == "exec") {
    return "both sides ran the same command, and only one build can be there now; say where the "
           "old one is: --base-program ./old/program";
  }
  std::string changed;
  for (const ComparisonRow* row : cell.rows) {
    for (const std::string& suspect : row->judgement.suspects) {
      if (suspect.compare(0, 6, "agent:") == 0) changed = " (" + suspect + ")";
    }
  }
  std::string why = absl::StrFormat(
      "both sides are %s with the same parameters%s, and the old side is not on that host any "
      "more; ",
      cell.workload, changed);
  if (cell.candidate.contains("prover")) {
    return why +
           "describe the old prover under a name of its own and say "
           "--base-param prover=NAME";
  }
  return why +
         "if the base was another cell, say which: --base-param NAME=VALUE; a build of your "
         "own can stand beside the old one as a program that `exec` measures";
}

WorkloadSelection SelectionOf(const std::string& workload, const StringMap& parameters) {
  WorkloadSelection selection;
  selection.name = workload;
  for (const auto& [name, value] : parameters) selection.parameters[name] = {value};
  return selection;
}

// One of the hosts that "a+b" names, or the whole.
bool IsAt(const std::string& place, const std::string& host) {
  return place == host || ("+" + place + "+").find("+" + host + "+") != std::string::npos;
}

absl::StatusOr<std::vector<HostSelection>> HostsOf(const RunResult& run) {
  if (run.members.empty()) return std::vector<HostSelection>{{"name=" + run.host, 0}};
  std::vector<HostSelection> hosts;
  std::set<std::string> roles;
  for (const TaskMember& member : run.members) {
    if (!roles.insert(member.role).second) {
      return absl::FailedPreconditionError(absl::StrFormat(
          "its tasks need several hosts with the role %s, which a job cannot name one by one",
          member.role));
    }
    hosts.push_back({"name=" + member.host, 0, member.role});
  }
  return hosts;
}

}  // namespace

std::vector<SuspectCell> SuspectCells(ComparisonReport* report) {
  std::vector<SuspectCell> cells;
  std::map<std::tuple<std::string, StringMap, StringMap, std::string>, size_t> index;
  for (ComparisonRow& row : report->rows) {
    if (row.judgement.severity != Severity::kFailure) continue;
    SuspectCell cell{row.series.workload,
                     row.base_series.parameters,
                     row.series.parameters,
                     row.candidate.host,
                     {}};
    const auto [found, is_new] =
        index.try_emplace({cell.workload, cell.base, cell.candidate, cell.place}, cells.size());
    if (is_new) cells.push_back(std::move(cell));
    cells[found->second].rows.push_back(&row);
  }
  return cells;
}

absl::StatusOr<ConfirmPlanner> ConfirmPlanner::Create(Client& client,
                                                      const ConfirmOptions& options) {
  ConfirmPlanner planner(options);
  for (const std::set<JobId>* jobs : {&options.candidate_jobs, &options.base_jobs}) {
    for (auto job = jobs->rbegin(); job != jobs->rend(); ++job) {
      BF_ASSIGN_OR_RETURN(JobResults results,
                          ReadJobResults(client, *job, /*without_samples=*/true));
      planner.jobs_.push_back(std::move(results.job));
      std::vector<RunResult>& runs = planner.runs_.emplace_back();
      for (RunData& run : results.runs) runs.push_back(std::move(run.result));
    }
  }
  BF_ASSIGN_OR_RETURN(const std::vector<HostStatus> hosts, client.ListHosts(""));
  for (const HostStatus& host : hosts) {
    planner.known_hosts_.insert(host.name);
    if (host.connected) planner.connected_hosts_.insert(host.name);
  }
  return planner;
}

// The first host of the run's task that cannot take part now; "" where all can.
std::string ConfirmPlanner::Away(const RunResult& run) const {
  if (run.members.empty()) return connected_hosts_.contains(run.host) ? "" : run.host;
  for (const TaskMember& member : run.members) {
    if (!connected_hosts_.contains(member.host)) return member.host;
  }
  return "";
}

absl::StatusOr<ConfirmPlanner::PairJob> ConfirmPlanner::PlaceOf(const SuspectCell& cell) const {
  RunResult by_name;  // for sides that are files: a host of the fleet may be called the same
  by_name.host = cell.place;
  std::string away = known_hosts_.contains(cell.place) ? Away(by_name) : "";
  for (size_t i = 0; i < jobs_.size(); ++i) {
    for (const RunResult& run : runs_[i]) {
      if (run.workload != cell.workload || run.parameters != cell.candidate) continue;
      if (!IsAt(cell.place, PlaceText(run)) || !known_hosts_.contains(run.host)) continue;
      away = Away(run);
      if (!away.empty()) continue;
      PairJob job{jobs_[i].spec, PlaceText(run)};
      BF_ASSIGN_OR_RETURN(job.spec.hosts, HostsOf(run));
      return job;
    }
  }
  if (!away.empty()) {
    return absl::FailedPreconditionError(
        absl::StrFormat("host %s is not connected (see: benchctl hosts)", away));
  }
  if (!known_hosts_.contains(cell.place)) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "it was measured on '%s', which is no host of this fleet", Printable(cell.place)));
  }
  PairJob job{JobSpec(), cell.place};
  BF_ASSIGN_OR_RETURN(job.spec.hosts, HostsOf(by_name));
  return job;
}

absl::StatusOr<StringMap> ConfirmPlanner::BaseOf(const SuspectCell& cell) const {
  StringMap base = cell.base;
  for (const auto& [name, value] : options_.base_parameters) base[name] = value;
  const auto argv = base.find(kArgv);
  if (cell.workload == "exec" && argv != base.end() && !options_.base_program.empty()) {
    BF_ASSIGN_OR_RETURN(argv->second, WithProgram(argv->second, options_.base_program));
  }
  if (base != cell.candidate) return base;
  if (base == cell.base) return absl::FailedPreconditionError(WhyOneCell(cell));
  return absl::FailedPreconditionError(
      "what --base-program and --base-param name as the base is the new side itself");
}

absl::StatusOr<ConfirmPlanner::PairJob> ConfirmPlanner::JobFor(const SuspectCell& cell) const {
  BF_ASSIGN_OR_RETURN(const StringMap base, BaseOf(cell));
  BF_ASSIGN_OR_RETURN(PairJob job, PlaceOf(cell));
  JobSpec& spec = job.spec;
  spec.name = "confirm";
  spec.revision = cell.rows.front()->candidate.revision;
  spec.runs = options_.pairs_max;
  spec.seed = 0;  // another order
  spec.interleave = true;
  spec.budgets.clear();
  spec.labels["confirms"] = CellText(cell.workload, cell.candidate);
  spec.workloads = {SelectionOf(cell.workload, cell.candidate), SelectionOf(cell.workload, base)};
  return job;
}

}  // namespace benchfleet
