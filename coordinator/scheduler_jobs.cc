// How jobs come to the scheduler and how they are called off.
#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/status.h"
#include "coordinator/scheduler.h"

namespace benchfleet {

std::vector<PlannableHost> Scheduler::PlannableHosts() const {
  std::map<std::string, uint64_t> open_runs;
  for (const auto& [id, job] : jobs_) {
    for (const auto& [host, progress] : job.progress) {
      open_runs[host] += progress.runs - progress.runs_done;
    }
  }
  std::vector<PlannableHost> hosts;
  for (const auto& [name, host] : fleet_->hosts()) {
    hosts.push_back({host.stored, host.session != 0, open_runs[name]});
  }
  return hosts;
}

void Scheduler::Submit(JobSpec spec, std::string submitted_by, bool dry_run,
                       std::function<void(absl::StatusOr<Plan>)> done) {
  if (spec.seed == 0) spec.seed = RandomSeed() >> 16;  // small enough to be typed again
  absl::StatusOr<std::vector<PlannedTask>> placed = PlaceTasks(spec, PlannableHosts());
  if (!placed.ok()) {
    done(placed.status());
    return;
  }
  const uint64_t runs = placed->size() * spec.runs;
  if (jobs_.size() >= limits::kMaxOpenJobs || open_slots_ + runs > limits::kMaxOpenRuns) {
    done(absl::ResourceExhaustedError(absl::StrFormat(
        "%d jobs with %d runs are open; the bounds are %d and %d (wait, or cancel some)",
        jobs_.size(), open_slots_, limits::kMaxOpenJobs, limits::kMaxOpenRuns)));
    return;
  }
  if (!dry_run) {
    Admit(std::move(spec), std::move(submitted_by), *std::move(placed), std::move(done));
    return;
  }
  Plan plan;
  plan.total_tasks = placed->size();
  plan.total_runs = runs;
  plan.seed = spec.seed;
  for (const RunSlot& slot :
       OrderRuns(static_cast<uint32_t>(placed->size()), spec.runs, spec.interleave, spec.seed)) {
    const PlannedTask& task = (*placed)[slot.task];
    bool away = !fleet_->IsConnected(task.host);
    for (const TaskMember& member : task.members) away |= !fleet_->IsConnected(member.host);
    plan.runs.push_back(
        {task.host, task.workload, task.parameters, slot.repetition, 0, away, task.members});
  }
  EstimateAndAnswer(std::move(plan), std::move(done));
}

void Scheduler::EstimateAndAnswer(Plan plan, std::function<void(absl::StatusOr<Plan>)> done) {
  auto shared = std::make_shared<Plan>(std::move(plan));
  store_->Submit(
      [shared](Store& store) -> absl::Status {
        std::map<std::string, double> known;
        std::map<std::string, double> by_host;
        for (PlannedRun& run : shared->runs) {
          const std::string key =
              run.host + '\n' + run.workload + '\n' + FormatParameters(run.parameters);
          auto it = known.find(key);
          if (it == known.end()) {
            BF_ASSIGN_OR_RETURN(const double seconds,
                                store.ExpectedSeconds(run.workload, run.parameters, run.host));
            it = known.emplace(key, seconds).first;
          }
          run.expected_seconds = it->second;
          by_host[run.host] += it->second;
          for (const TaskMember& member : run.members) {
            if (member.host != run.host) by_host[member.host] += it->second;
          }
          shared->runs_without_estimate += it->second == 0;
        }
        for (const auto& [host, seconds] : by_host) {
          shared->expected_seconds = std::max(shared->expected_seconds, seconds);
        }
        return absl::OkStatus();
      },
      [shared, done = std::move(done)](const absl::Status& status) {
        if (status.ok()) {
          done(std::move(*shared));
        } else {
          done(Annotate(status, "estimating durations"));
        }
      });
}

void Scheduler::Admit(JobSpec spec, std::string submitted_by, std::vector<PlannedTask> placed,
                      std::function<void(absl::StatusOr<Plan>)> done) {
  StoredJob stored;
  stored.id = JobId{++largest_.job.value};
  stored.spec = std::move(spec);
  stored.submitted_by = std::move(submitted_by);
  stored.created_at = loop_->Now();
  std::vector<StoredTask> tasks;
  tasks.reserve(placed.size());
  for (PlannedTask& task : placed) {
    tasks.push_back({TaskId{++largest_.task.value}, stored.id, std::move(task.host),
                     std::move(task.workload), std::move(task.parameters), State::kWaiting, "",
                     std::move(task.members)});
  }
  auto job = std::make_shared<Job>(std::move(stored), std::move(tasks));
  open_slots_ += job->open_slots;
  store_->Submit([job](Store& store) { return store.CreateJob(job->stored, job->tasks); },
                 [this, job, done = std::move(done)](const absl::Status& status) {
                   if (!status.ok()) {
                     open_slots_ -= job->open_slots;
                     done(Annotate(status, "storing the job"));
                     if (absl::IsResourceExhausted(status) || absl::IsDataLoss(status)) {
                       on_storage_failure_(status);
                     }
                     return;
                   }
                   const JobId id = job->stored.id;
                   Plan plan;
                   plan.job = id;
                   plan.total_tasks = job->tasks.size();
                   plan.total_runs = job->slots.size();
                   plan.seed = job->stored.spec.seed;
                   LogInfo("job %d '%s' of '%s': %d tasks, %d runs", id.value,
                           job->stored.spec.name, job->stored.submitted_by, plan.total_tasks,
                           plan.total_runs);
                   jobs_.emplace(id, std::move(*job));
                   done(std::move(plan));
                   std::vector<std::string> hosts;
                   for (const auto& [host, progress] : jobs_.at(id).progress) hosts.push_back(host);
                   for (const std::string& host : hosts) {
                     work_[host].waiting_jobs.insert(id);
                     if (!fleet_->IsConnected(host)) StartLease(host);
                     Dispatch(host);
                   }
                   MarkChanged(id);
                 });
}

void Scheduler::Cancel(JobId id, const std::string& reason,
                       std::function<void(absl::Status)> done) {
  const auto it = jobs_.find(id);
  if (it == jobs_.end() || it->second.ending) {
    done(absl::NotFoundError(absl::StrFormat("job %d is not open", id.value)));
    return;
  }
  Job& job = it->second;
  LogInfo("job %d is cancelled: %s", id.value, reason);
  const uint64_t open_before = job.open_slots;
  job.CancelWaiting(reason);
  open_slots_ -= open_before - job.open_slots;
  std::vector<RunId> running;
  for (const auto& [run, live] : runs_) {
    if (live.job == id) running.push_back(run);
  }
  std::vector<std::string> hosts;
  for (const auto& [host, progress] : job.progress) hosts.push_back(host);
  // The last run to end would take the job away under us: FinishIfDone waits for the commit, so
  // `job` stays valid here.
  for (const RunId run : running) EndRunByUs(run, Outcome::kCancelled, "the job was cancelled");
  FinishIfDone(job);
  for (const std::string& host : hosts) {
    work_[host].waiting_jobs.erase(id);
    SendDesired(host);
    Dispatch(host);
  }
  // Runs after everything that the cancellation stored.
  store_->Submit([](Store&) { return absl::OkStatus(); },
                 [done = std::move(done)](const absl::Status& status) { done(status); });
}

}  // namespace benchfleet
