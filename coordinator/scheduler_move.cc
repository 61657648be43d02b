// What waits for a host that is lost goes to another one, where the job does not mean that very
// host.
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "coordinator/replacement.h"
#include "coordinator/scheduler.h"

namespace benchfleet {

void Scheduler::MoveWaiting(const std::string& host) {
  HostWork& work = work_[host];
  // A run that is on its way into the store keeps its task here; its own lease comes back to it.
  if (!work.away || work.creating || !work.running.empty()) return;
  std::vector<PlannableHost> hosts = PlannableHosts();
  for (PlannableHost& candidate : hosts) {
    const auto known = work_.find(candidate.host.name);
    candidate.connected &= known != work_.end() && known->second.accepts;
  }
  const std::set<JobId> jobs = work.waiting_jobs;
  for (const JobId id : jobs) {
    // An attempt that others are still ending is of a task that stays as it is until then.
    if (TakesPart(id, host)) continue;
    Job& job = jobs_.at(id);
    std::vector<PlannedTask> waiting;
    for (const uint32_t task : job.WaitingTasks(host)) {
      const StoredTask& moving = job.tasks[task];
      waiting.push_back({moving.host, moving.workload, moving.parameters, moving.members});
    }
    std::vector<PlannedTask> placed;
    for (const StoredTask& task : job.tasks) {
      placed.push_back({task.host, task.workload, task.parameters, task.members});
    }
    const std::string to = ReplacementFor(host, job.stored.spec, waiting, placed, hosts);
    if (!to.empty()) MoveWaiting(job, host, to);
  }
}

bool Scheduler::TakesPart(JobId job, const std::string& host) const {
  for (auto party = parties_.lower_bound({job, 0});
       party != parties_.end() && party->first.first == job; ++party) {
    for (const Party::Member& member : party->second.members()) {
      if (member.who.host == host) return true;
    }
  }
  return false;
}

void Scheduler::MoveWaiting(Job& job, const std::string& from, const std::string& to) {
  const std::vector<uint32_t> moving = job.WaitingTasks(from);
  // Stays when the job is done: it explains why a host has fewer runs than were planned.
  job.stored.message = absl::StrFormat(
      "host %s was away for longer than %s: %s took over its %d waiting task%s", from,
      absl::FormatDuration(options_.lease), to, moving.size(), moving.size() == 1 ? "" : "s");
  LogInfo("job %d: %s", job.stored.id.value, job.stored.message);
  job.MoveWaiting(from, to);
  std::vector<StoredTask> moved;
  for (const uint32_t task : moving) moved.push_back(job.tasks[task]);
  store_->Submit(
      [moved, row = job.stored](Store& store) -> absl::Status {
        for (const StoredTask& task : moved) {
          BF_RETURN_IF_ERROR(store.MoveTask(task.id, task.host, task.members));
        }
        return store.UpdateJob(row);
      },
      [this](const absl::Status& status) {
        if (!status.ok()) on_storage_failure_(Annotate(status, "storing a task's host"));
      });
  if (!job.Waits(from)) work_[from].waiting_jobs.erase(job.stored.id);
  AfterChange(job, to);
}

void Scheduler::MoveAllWaiting() {
  std::vector<std::string> away;
  for (const auto& [host, work] : work_) {
    if (work.away && !work.waiting_jobs.empty()) away.push_back(host);
  }
  for (const std::string& host : away) MoveWaiting(host);
}

}  // namespace benchfleet
