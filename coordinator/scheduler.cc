#include "coordinator/scheduler.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/status.h"
#include "coordinator/metrics.h"

namespace benchfleet {

Scheduler::Scheduler(Options options, TaskLoop* loop, StoreQueue* store, Fleet* fleet,
                     CoordinatorMetrics* metrics,
                     std::function<void(absl::Status)> on_storage_failure)
    : options_(options),
      loop_(loop),
      store_(store),
      fleet_(fleet),
      metrics_(metrics),
      on_storage_failure_(std::move(on_storage_failure)),
      scope_(loop) {}

Scheduler::~Scheduler() = default;

// ---- dispatch

bool Scheduler::MayDispatch(const std::string& host, const HostWork& work,
                            bool* only_shared) const {
  const auto it = fleet_->hosts().find(host);
  if (it == fleet_->hosts().end() || it->second.session == 0) return false;
  if (!work.heard || work.creating) return false;
  if (!it->second.state.not_accepting.empty() || it->second.state.draining) return false;
  *only_shared = false;
  for (const RunId run : work.running) {
    const LiveRun& live = runs_.at(run);
    if (jobs_.at(live.job).stored.spec.exclusive) return false;
    *only_shared = true;
  }
  return work.running.size() < limits::kMaxParallelRunsPerHost;
}

std::optional<Scheduler::Choice> Scheduler::NextOf(Job& job, const std::string& host) const {
  const uint32_t* const alone = job.NextWaiting(host);
  const std::optional<uint32_t> together = job.NextTogether(
      host, [&](const std::vector<std::string>& hosts) { return MayStart(job, hosts, 0); });
  if (together && (alone == nullptr || *together < *alone)) return Choice{&job, *together, false};
  if (alone != nullptr) return Choice{&job, *alone, false};
  const std::optional<uint32_t> later = job.NextTogether(
      host, [&](const std::vector<std::string>& hosts) { return MayHold(job, hosts); });
  if (later) return Choice{&job, *later, true};
  return std::nullopt;
}

std::optional<Scheduler::Choice> Scheduler::Choose(const std::string& host, const HostWork& work,
                                                   bool only_shared) {
  std::optional<Choice> best;
  for (const JobId id : work.waiting_jobs) {
    Job& job = jobs_.at(id);
    const int32_t priority = job.stored.spec.priority;
    const int32_t most = best ? best->job->stored.spec.priority : priority;
    const bool better =
        !best || priority > most ||
        (priority == most && job.busy_seconds[host] < best->job->busy_seconds[host]);
    if (!better) continue;
    if (const std::optional<Choice> choice = NextOf(job, host)) best = choice;
  }
  // An exclusive job whose turn it is waits until the host is free, and no shared one overtakes it.
  if (best && only_shared && best->job->stored.spec.exclusive) return std::nullopt;
  return best;
}

void Scheduler::Dispatch(const std::string& host) {
  HostWork& work = work_[host];
  bool only_shared = false;
  if (!MayDispatch(host, work, &only_shared) || ServeHolds(host)) return;
  const std::optional<Choice> choice = Choose(host, work, only_shared);
  if (!choice) return;
  Job& job = *choice->job;
  if (choice->hold) return MakeHold(job.stored.id, job.HostsOf(choice->slot));
  if (job.IsTogether(choice->slot)) return AssignTogether(job, choice->slot);
  job.TakeWaiting(host);
  if (!job.Waits(host)) work.waiting_jobs.erase(job.stored.id);
  Assign(host, job, choice->slot);
}

void Scheduler::Assign(const std::string& host, Job& job, uint32_t slot_index) {
  Slot& slot = job.slot(slot_index);
  const RunId id{++largest_.run.value};
  slot.state = SlotState::kRunning;
  slot.run = id;
  const StoredRun stored{id,
                         job.task_of(slot_index).id,
                         host,
                         slot.where.repetition,
                         slot.attempts++,
                         State::kRunning,
                         Outcome::kUnspecified,
                         "",
                         loop_->Now(),
                         0};
  runs_[id] = {job.stored.id, slot_index, host, false, 0, loop_->Now(), 0};
  work_[host].creating = true;
  const bool first = job.stored.started_at == absl::InfinitePast();
  if (first) {
    job.stored.started_at = loop_->Now();
    job.stored.state = State::kRunning;
  }
  store_->Submit(
      [stored, first, job_row = job.stored](Store& store) -> absl::Status {
        if (first) BF_RETURN_IF_ERROR(store.UpdateJob(job_row));
        return store.CreateRun(stored);
      },
      [this, id, host](const absl::Status& status) {
        if (!status.ok()) {
          on_storage_failure_(Annotate(status, "storing a run"));
          return;
        }
        HostWork& work = work_[host];
        work.creating = false;
        const auto live = runs_.find(id);
        if (live != runs_.end()) {  // else it was cancelled meanwhile
          live->second.stored = true;
          live->second.since = loop_->Now();
          work.running.push_back(id);
          SendDesired(host);
          MarkChanged(live->second.job);
          if (!fleet_->IsConnected(host)) StartLease(host);
        }
        Dispatch(host);
      });
}

void Scheduler::SendDesired(const std::string& host) {
  HostWork& work = work_[host];
  // Versions grow over restarts too, so that no answer to an older coordinator is taken for a new
  // one.
  work.desired_version = std::max<uint64_t>(
      work.desired_version + 1, static_cast<uint64_t>(absl::ToUnixMicros(loop_->Now())));
  Desired desired{work.desired_version, {}};
  for (const RunId id : work.running) {
    LiveRun& live = runs_.at(id);
    if (!IsReleased(live)) continue;
    if (live.desired_version == 0) live.desired_version = work.desired_version;
    desired.runs.push_back(AssignmentOf(id, live));
  }
  fleet_->SetDesired(host, std::move(desired));
}

// ---- outcomes

void Scheduler::EndRun(RunId id, Outcome outcome, const std::string& message, uint64_t samples) {
  const auto it = runs_.find(id);
  if (it == runs_.end()) return;
  if (it->second.together) return EndMember(id, outcome, message, samples);
  const LiveRun live = it->second;
  runs_.erase(it);
  HostWork& work = work_[live.host];
  work.running.erase(std::remove(work.running.begin(), work.running.end(), id), work.running.end());
  Job& job = jobs_.at(live.job);
  job.busy_seconds[live.host] += absl::ToDoubleSeconds(loop_->Now() - live.since);
  if (outcome == Outcome::kLost) lost_runs_[id] = {live.job, live.slot};
  if (metrics_ != nullptr) metrics_->CountRun(outcome);
  ApplyOutcome(job, live.slot, live.host, outcome, message);
  if (outcome == Outcome::kOk) job.AddSamples(live.host, samples);
  SendDesired(live.host);
  AfterChange(job, live.host);
}

void Scheduler::EndRunByUs(RunId id, Outcome outcome, const std::string& message) {
  const auto live = runs_.find(id);
  if (live == runs_.end()) return;
  if (live->second.together) {
    Retract(id, outcome, message);
    return EndMember(id, outcome, message, 0);
  }
  store_->Submit([id, outcome, message, now = loop_->Now()](
                     Store& store) { return store.EndRun(id, outcome, message, now); },
                 [this](const absl::Status& status) {
                   if (!status.ok()) on_storage_failure_(Annotate(status, "ending a run"));
                 });
  EndRun(id, outcome, message, 0);
}

void Scheduler::LogOutcome(const Job& job, uint32_t slot, const std::string& host, Outcome outcome,
                           const std::string& message) {
  if (outcome == Outcome::kOk) return;
  LogWarning("job %d on %s: %s %s%s%s", job.stored.id.value,
             FormatMembers(host, job.task_of(slot).members), job.Describe(slot),
             OutcomeName(outcome), message.empty() ? "" : ": ", message);
}

void Scheduler::ApplyOutcome(Job& job, uint32_t slot, const std::string& host, Outcome outcome,
                             const std::string& message) {
  LogOutcome(job, slot, host, outcome, message);
  const uint64_t open_before = job.open_slots;
  job.Apply(slot, {host}, outcome, message);
  open_slots_ -= open_before - job.open_slots;
}

// A run that was called lost has reported after all, and the store took its result.
void Scheduler::ReviveRun(const std::string& host, const IngestResult::Finished& finished) {
  const auto lost = lost_runs_.find(finished.run);
  if (lost == lost_runs_.end()) return;
  const auto [job_id, slot_index] = lost->second;
  lost_runs_.erase(lost);
  const auto it = jobs_.find(job_id);
  if (it == jobs_.end()) return;
  // No result: it stays lost.
  if (finished.outcome == Outcome::kLost || finished.outcome == Outcome::kCancelled) return;
  Job& job = it->second;
  Slot& slot = job.slot(slot_index);
  if (slot.state == SlotState::kRunning) {
    // A later attempt was decided on in the same moment: this result stands, that attempt does not.
    EndRunByUs(slot.run, Outcome::kCancelled, "an earlier attempt reported after all");
  }
  if (slot.state != SlotState::kWaiting) return;
  job.RemoveWaiting(slot_index);
  slot.state = SlotState::kRunning;
  ApplyOutcome(job, slot_index, host, finished.outcome, finished.message);
  if (finished.outcome == Outcome::kOk) job.AddSamples(host, finished.samples);
  AfterChange(job, job.task_of(slot_index).host);  // which may be another by now
}

void Scheduler::AfterChange(Job& job, const std::string& host) {
  for (const uint32_t task : std::exchange(job.changed_tasks, {})) StoreTask(job.tasks[task]);
  HostWork& work = work_[host];
  if (job.Waits(host)) {
    work.waiting_jobs.insert(job.stored.id);
  } else {
    work.waiting_jobs.erase(job.stored.id);
  }
  MarkChanged(job.stored.id);
  FinishIfDone(job);
  Dispatch(host);
}

void Scheduler::StoreTask(const StoredTask& task) {
  store_->Submit([id = task.id, state = task.state, message = task.message](
                     Store& store) { return store.UpdateTask(id, state, message); },
                 [this](const absl::Status& status) {
                   if (!status.ok())
                     on_storage_failure_(Annotate(status, "storing a task's state"));
                 });
}

void Scheduler::FinishIfDone(Job& job) {
  if (!job.finished() || job.ending) return;
  job.ending = true;
  for (const uint32_t task : std::exchange(job.changed_tasks, {})) StoreTask(job.tasks[task]);
  job.stored.state = job.FinalState();
  job.stored.finished_at = loop_->Now();
  if (job.stored.state == State::kFailed) {
    uint64_t failed = 0;
    const StoredTask* first = nullptr;
    for (const StoredTask& task : job.tasks) {
      if (task.state != State::kFailed) continue;
      ++failed;
      if (first == nullptr) first = &task;
    }
    job.stored.message = absl::StrFormat(
        "%d of %d tasks failed; the first: %s on %s, %s", failed, job.tasks.size(), first->workload,
        FormatMembers(first->host, first->members), first->message);
  }
  store_->Submit([row = job.stored](Store& store) { return store.UpdateJob(row); },
                 [this, id = job.stored.id](const absl::Status& status) {
                   if (!status.ok()) {
                     on_storage_failure_(Annotate(status, "storing a job's end"));
                     return;
                   }
                   const auto it = jobs_.find(id);
                   const JobStatus last = BuildStatus(it->second);
                   LogInfo("job %d '%s' is %s%s%s", id.value, last.name, StateName(last.state),
                           last.message.empty() ? "" : ": ", last.message);
                   jobs_.erase(it);
                   std::erase_if(lost_runs_,
                                 [id](const auto& entry) { return entry.second.first == id; });
                   changed_.erase(id);
                   Notify(last);
                   UpdateMetrics();
                 });
}

// ---- what the fleet says

void Scheduler::OnHostConnected(const std::string& host) {
  HostWork& work = work_[host];
  if (work.lease_timer != 0) scope_.Cancel(std::exchange(work.lease_timer, 0));
  work.away = false;
  // What the agent has comes first: a desired state sent now would stop runs that were called lost.
  work.heard = false;
  for (const JobId job : work.waiting_jobs) MarkChanged(job);
}

void Scheduler::OnHostDisconnected(const std::string& host) {
  work_[host].heard = work_[host].accepts = false;
  ReleaseHolds(host);
  StartLease(host);
  for (const auto& [id, job] : jobs_) {
    if (job.progress.count(host) != 0) MarkChanged(id);
  }
}

void Scheduler::StartLease(const std::string& host) {
  HostWork& work = work_[host];
  if ((work.running.empty() && work.waiting_jobs.empty()) || work.lease_timer != 0) return;
  work.lease_timer = scope_.PostAfter(options_.lease, [this, host] {
    work_[host].lease_timer = 0;
    if (fleet_->IsConnected(host)) return;
    work_[host].away = true;
    LoseRuns(host);
    MoveWaiting(host);
  });
}

void Scheduler::LoseRuns(const std::string& host) {
  const std::vector<RunId> running = work_[host].running;
  for (const RunId run : running) {
    EndRunByUs(
        run, Outcome::kLost,
        absl::StrFormat("host '%s' was away for %s", host, absl::FormatDuration(options_.lease)));
  }
}

void Scheduler::AdoptLostRuns(const std::string& host, const AgentState& state) {
  for (const RunStatus& status : state.runs) {
    const auto lost = lost_runs_.find(status.run);
    if (lost == lost_runs_.end()) continue;
    const auto [job_id, slot_index] = lost->second;
    Job& job = jobs_.at(job_id);
    Slot& slot = job.slot(slot_index);
    if (slot.state != SlotState::kWaiting || job.task_of(slot_index).host != host) continue;
    job.RemoveWaiting(slot_index);
    if (!job.Waits(host)) work_[host].waiting_jobs.erase(job_id);
    slot.state = SlotState::kRunning;
    slot.run = status.run;
    --slot.losses;
    runs_[status.run] = {job_id, slot_index, host, true, 0, loop_->Now(), status.samples};
    work_[host].running.push_back(status.run);
    lost_runs_.erase(lost);
    LogInfo("host '%s' still has run %d, which was called lost", host, status.run.value);
  }
}

void Scheduler::OnAgentState(const std::string& host, const AgentState& state) {
  if (!std::exchange(work_[host].heard, true)) {
    AdoptLostRuns(host, state);
    NoteMembers(host, state);
    SendDesired(host);
  } else {
    NoteMembers(host, state);
  }
  const std::vector<RunId> running = work_[host].running;
  for (const RunId id : running) {
    const auto live = runs_.find(id);
    if (live == runs_.end() || live->second.desired_version == 0 ||
        state.desired_version < live->second.desired_version) {
      continue;  // the agent has not heard of it yet
    }
    const auto status = std::find_if(state.runs.begin(), state.runs.end(),
                                     [id](const RunStatus& run) { return run.run == id; });
    if (status == state.runs.end() && state.draining) {
      EndRunByUs(id, Outcome::kCancelled, "the agent is stopping and had not begun it");
    } else if (status == state.runs.end()) {
      EndRunByUs(id, Outcome::kLost,
                 "the agent does not know it (was its state directory replaced?)");
    } else if (live->second.samples != status->samples || !live->second.begun) {
      live->second.samples = status->samples;
      live->second.begun |= status->phase != RunPhase::kStarting;
      MarkChanged(live->second.job);
    }
  }
  if (!IsAvailable(host)) ReleaseHolds(host);
  Dispatch(host);
  const bool accepts = state.not_accepting.empty() && !state.draining;
  if (!accepts || !work_[host].accepts) {
    for (const JobId job : work_[host].waiting_jobs) MarkChanged(job);
  }
  if (!std::exchange(work_[host].accepts, accepts) && accepts) MoveAllWaiting();
}

void Scheduler::OnIngested(const std::string& host, const IngestResult& result) {
  for (const IngestResult::Finished& finished : result.finished) {
    if (runs_.count(finished.run) != 0) {
      EndRun(finished.run, finished.outcome, finished.message, finished.samples);
    } else {
      ReviveRun(host, finished);
    }
  }
}

}  // namespace benchfleet
