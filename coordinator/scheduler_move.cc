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
    Job& job = jobs_.at(id);
    const std::vector<uint32_t> moving = job.WaitingTasks(host);
    if (moving.empty()) continue;  // only tasks with others wait for it: those were placed together
    std::vector<PlannedTask> cells;
    for (const uint32_t task : moving) {
      cells.push_back({host, job.tasks[task].workload, job.tasks[task].parameters});
    }
    std::vector<PlannedTask> placed;
    for (const StoredTask& task : job.tasks) {
      placed.push_back({task.host, task.workload, task.parameters});
    }
    const std::string to = ReplacementFor(host, job.stored.spec, cells, placed, hosts);
    if (!to.empty()) MoveWaiting(job, host, to);
  }
}

void Scheduler::MoveWaiting(Job& job, const std::string& from, const std::string& to) {
  const std::vector<uint32_t> moving = job.WaitingTasks(from);
  LogInfo("job %d: %d tasks go from host '%s', which is away for longer than %s, to '%s'",
          job.stored.id.value, moving.size(), from, absl::FormatDuration(options_.lease), to);
  job.MoveWaiting(from, to);
  for (const uint32_t task : moving) {
    store_->Submit([id = job.tasks[task].id, to](Store& store) { return store.MoveTask(id, to); },
                   [this](const absl::Status& status) {
                     if (!status.ok())
                       on_storage_failure_(Annotate(status, "storing a task's host"));
                   });
  }
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
