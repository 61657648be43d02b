// What the scheduler tells people and metrics, and how it takes up its work after a restart.
#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/log.h"
#include "coordinator/metrics.h"
#include "coordinator/scheduler.h"

namespace benchfleet {

void Scheduler::Load(std::vector<OpenJob> open, Store::MaxIds largest) {
  largest_ = largest;
  for (OpenJob& stored : open) {
    const JobId id = stored.job.id;
    std::map<TaskId, uint32_t> task_index;
    for (StoredTask& task : stored.tasks) {
      task.state = State::kWaiting;
      task_index[task.id] = static_cast<uint32_t>(task_index.size());
    }
    Job& job = jobs_.emplace(id, Job(std::move(stored.job), std::move(stored.tasks))).first->second;
    std::map<std::pair<uint32_t, uint32_t>, uint32_t> slot_index;
    for (uint32_t i = 0; i < job.slots.size(); ++i) {
      slot_index[{job.slots[i].where.task, job.slots[i].where.repetition}] = i;
    }
    for (const StoredRun& run : stored.runs) {
      if (!run.role.empty()) continue;
      const uint32_t index = slot_index.at({task_index.at(run.task), run.repetition});
      Slot& slot = job.slot(index);
      slot.attempts = std::max(slot.attempts, run.attempt + 1);
      if (slot.state != SlotState::kWaiting) continue;
      job.RemoveWaiting(index);
      slot.state = SlotState::kRunning;
      if (run.state == State::kRunning) {
        slot.run = run.id;
        runs_[run.id] = {id, index, run.host, true, 0, loop_->Now(), 0};
        work_[run.host].running.push_back(run.id);
        continue;
      }
      job.Apply(index, {run.host}, run.outcome, run.message);
      if (run.outcome == Outcome::kLost) lost_runs_[run.id] = {id, index};
      if (run.outcome == Outcome::kOk) job.AddSamples(run.host, run.samples);
    }
    LoadTogether(job, task_index, stored.runs);
    open_slots_ += job.open_slots;
    LogInfo("job %d '%s' goes on: %d of %d runs are open", id.value, job.stored.spec.name,
            job.open_slots, job.slots.size());
  }
  for (auto& [id, job] : jobs_) {
    for (const auto& [host, progress] : job.progress) {
      if (job.Waits(host)) work_[host].waiting_jobs.insert(id);
    }
    FinishIfDone(job);  // the coordinator may have gone just before it wrote the end down
  }
  for (const auto& [host, work] : work_) StartLease(host);
  std::vector<PartyKey> parties;
  for (const auto& [key, party] : parties_) parties.push_back(key);
  for (const PartyKey& key : parties) Advance(key);
  UpdateMetrics();
}

std::string Scheduler::WhatRunsOn(const std::string& host) const {
  const auto work = work_.find(host);
  if (work == work_.end() || work->second.running.empty()) return "";
  const LiveRun& live = runs_.at(work->second.running.front());
  std::string text =
      absl::StrFormat("%s of job %d", jobs_.at(live.job).Describe(live.slot), live.job.value);
  if (work->second.running.size() > 1) {
    text += absl::StrFormat(", and %d more", work->second.running.size() - 1);
  }
  return text;
}

std::string Scheduler::OpenWorkOn(const std::string& host) const {
  constexpr size_t kJobsNamed = 5;
  const auto work = work_.find(host);
  std::vector<std::string> jobs;
  for (const auto& [id, job] : jobs_) {
    bool open = job.Waits(host) || TakesPart(id, host);
    if (work != work_.end()) {
      for (const RunId run : work->second.running) open |= runs_.at(run).job == id;
    }
    if (open) jobs.push_back(absl::StrFormat("%d", id.value));
  }
  if (jobs.empty()) return "";
  std::string text = jobs.size() == 1 ? "open runs of job " : "open runs of jobs ";
  for (size_t i = 0; i < std::min(jobs.size(), kJobsNamed); ++i) {
    text += (i == 0 ? "" : ", ") + jobs[i];
  }
  if (jobs.size() > kJobsNamed) text += absl::StrFormat(" and %d more", jobs.size() - kJobsNamed);
  return text;
}

// A run that the agent has not begun, or has not told of yet, waits as much as one that it was not
// given.
bool Scheduler::HasUnbegun(const Job& job, const HostWork& work) const {
  return std::any_of(work.running.begin(), work.running.end(), [&](RunId id) {
    const LiveRun& live = runs_.at(id);
    return live.job == job.stored.id && !live.begun;
  });
}

JobStatus Scheduler::BuildStatus(const Job& job) const {
  JobStatus status;
  status.job = job.stored.id;
  status.name = job.stored.spec.name;
  status.revision = job.stored.spec.revision;
  status.state = job.stored.state;
  status.message = job.stored.message;
  status.created_at = job.stored.created_at;
  status.started_at = job.stored.started_at;
  status.finished_at = job.stored.finished_at;
  status.submitted_by = job.stored.submitted_by;
  status.priority = job.stored.spec.priority;
  status.tasks = job.tasks.size();
  for (const StoredTask& task : job.tasks) {
    status.tasks_done += task.state == State::kDone;
    status.tasks_failed += task.state == State::kFailed;
  }
  status.runs = job.slots.size();
  status.runs_done = job.done_slots;
  status.samples = job.samples;
  std::string away;
  std::string refusing;
  for (const auto& [name, progress] : job.progress) {
    HostProgress host = progress;
    host.connected = fleet_->IsConnected(name);
    const auto work = work_.find(name);
    if (work != work_.end()) {
      for (const RunId id : work->second.running) {
        const LiveRun& live = runs_.at(id);
        if (live.job != job.stored.id) {
          if (host.now.empty()) host.now = absl::StrFormat("waits for job %d", live.job.value);
          continue;
        }
        host.samples += live.samples;
        status.samples += live.samples;
        host.now = job.Describe(live.slot);
        if (live.together) {
          const Party::Member& member = parties_.at({live.job, live.slot}).members()[live.member];
          host.now += !member.released ? ", waits for its server" : ", as " + member.who.role;
        }
      }
    }
    const auto known = fleet_->hosts().find(name);
    const bool waits = job.Waits(name) || (work != work_.end() && HasUnbegun(job, work->second));
    if (!host.connected && host.runs_done + host.runs_failed < host.runs) {
      host.now = "away; " + (host.now.empty() ? std::string("its runs wait") : host.now);
      away += (away.empty() ? "" : ", ") + name;
    } else if (waits && known != fleet_->hosts().end() &&
               !known->second.state.not_accepting.empty()) {
      const std::string why = "takes no work: " + known->second.state.not_accepting;
      refusing += (refusing.empty() ? "" : "; ") + absl::StrFormat("host %s %s", name, why);
      host.now = host.now.empty() ? why : host.now + "; " + why;
    }
    status.hosts.push_back(std::move(host));
  }
  if (!IsFinal(status.state) && !(away + refusing).empty()) {
    status.message = away.empty() ? "" : "waits for host " + away;
    if (!refusing.empty()) status.message += (away.empty() ? "" : "; ") + refusing;
  }
  return status;
}

std::optional<JobStatus> Scheduler::StatusOf(JobId id) const {
  const auto it = jobs_.find(id);
  if (it == jobs_.end()) return std::nullopt;
  return BuildStatus(it->second);
}

Scheduler::WatchId Scheduler::Watch(JobId id, Watcher watcher) {
  const auto it = jobs_.find(id);
  if (it == jobs_.end()) return 0;
  const WatchId watch = ++last_watch_;
  watcher(BuildStatus(it->second));
  watches_[watch] = {id, std::move(watcher)};
  return watch;
}

void Scheduler::Unwatch(WatchId watch) { watches_.erase(watch); }

void Scheduler::MarkChanged(JobId job) {
  changed_.insert(job);
  if (notify_pending_) return;
  notify_pending_ = true;
  scope_.PostAfter(options_.watch_interval, [this] { NotifyWatchers(); });
}

void Scheduler::NotifyWatchers() {
  notify_pending_ = false;
  std::set<JobId> watched;
  for (const auto& [id, watch] : watches_) watched.insert(watch.job);
  for (const JobId id : std::exchange(changed_, {})) {
    const auto job = jobs_.find(id);
    if (job != jobs_.end() && !job->second.ending && watched.count(id) != 0) {
      Notify(BuildStatus(job->second));
    }
  }
  UpdateMetrics();
}

void Scheduler::Notify(const JobStatus& status) {
  std::vector<Watcher> watchers;  // a watcher may unwatch
  for (const auto& [id, watch] : watches_) {
    if (watch.job == status.job) watchers.push_back(watch.watcher);
  }
  for (const Watcher& watcher : watchers) watcher(status);
  if (IsFinal(status.state)) {
    std::erase_if(watches_, [&](const auto& entry) { return entry.second.job == status.job; });
  }
}

void Scheduler::UpdateMetrics() {
  if (metrics_ == nullptr) return;
  std::map<State, uint64_t> jobs;
  std::map<State, uint64_t> tasks;
  for (const auto& [id, job] : jobs_) {
    ++jobs[job.stored.state];
    for (const StoredTask& task : job.tasks) ++tasks[task.state];
  }
  // The store knows no running tasks: those are the waiting ones with a run at an agent.
  std::set<TaskId> running;
  for (const auto& [id, live] : runs_) {
    const StoredTask& task = jobs_.at(live.job).task_of(live.slot);
    if (task.state == State::kWaiting) running.insert(task.id);
  }
  tasks[State::kWaiting] -= running.size();
  tasks[State::kRunning] = running.size();
  metrics_->SetJobs(jobs);
  metrics_->SetTasks(tasks);
}

}  // namespace benchfleet
