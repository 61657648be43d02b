// Tasks on several hosts: leasing all or none of them, and the life of an attempt.
#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/log.h"
#include "base/status.h"
#include "coordinator/metrics.h"
#include "coordinator/scheduler.h"

namespace benchfleet {

// ---- leasing

bool Scheduler::IsAvailable(const std::string& host) const {
  const auto known = fleet_->hosts().find(host);
  const auto work = work_.find(host);
  return known != fleet_->hosts().end() && known->second.session != 0 && work != work_.end() &&
         work->second.heard && known->second.state.not_accepting.empty() &&
         !known->second.state.draining;
}

// With `ticket` 0: for a group without a hold, which stands behind all that have one.
bool Scheduler::MayStart(const Job& job, const std::vector<std::string>& hosts,
                         uint64_t ticket) const {
  return std::all_of(hosts.begin(), hosts.end(), [&](const std::string& host) {
    const auto work = work_.find(host);
    bool only_shared = false;
    if (work == work_.end() || !MayDispatch(host, work->second, &only_shared)) return false;
    if (only_shared && job.stored.spec.exclusive) return false;
    return work->second.holds.empty() || *work->second.holds.begin() == ticket;
  });
}

bool Scheduler::MayHold(const Job& job, const std::vector<std::string>& hosts) const {
  return std::all_of(hosts.begin(), hosts.end(), [&](const std::string& host) {
    if (!IsAvailable(host)) return false;
    const std::set<JobId>& waiting = work_.at(host).waiting_jobs;
    return std::none_of(waiting.begin(), waiting.end(), [&](JobId other) {
      return jobs_.at(other).stored.spec.priority > job.stored.spec.priority;
    });
  });
}

void Scheduler::MakeHold(JobId job, std::vector<std::string> hosts) {
  const uint64_t ticket = ++last_hold_;
  for (const std::string& host : hosts) work_[host].holds.insert(ticket);
  holds_[ticket] = {job, std::move(hosts)};
}

void Scheduler::ReleaseHold(uint64_t ticket) {
  const Hold hold = holds_.at(ticket);
  holds_.erase(ticket);
  for (const std::string& host : hold.hosts) {
    work_[host].holds.erase(ticket);
    scope_.Post([this, host] { Dispatch(host); });
  }
}

void Scheduler::ReleaseHolds(const std::string& host) {
  const std::set<uint64_t> holds = work_[host].holds;
  for (const uint64_t ticket : holds) ReleaseHold(ticket);
}

bool Scheduler::ServeHolds(const std::string& host) {
  const std::set<uint64_t>& holds = work_[host].holds;
  while (!holds.empty()) {
    const uint64_t ticket = *holds.begin();
    const Hold hold = holds_.at(ticket);
    const auto job = jobs_.find(hold.job);
    std::optional<uint32_t> slot;
    if (job != jobs_.end() &&
        std::all_of(hold.hosts.begin(), hold.hosts.end(),
                    [this](const std::string& one) { return IsAvailable(one); })) {
      slot = job->second.NextTogether(host, [&](const auto& hosts) { return hosts == hold.hosts; });
    }
    if (slot && !MayStart(job->second, hold.hosts, ticket)) return true;
    ReleaseHold(ticket);
    if (!slot) continue;  // it was cancelled meanwhile
    AssignTogether(job->second, *slot);
    return true;
  }
  return false;
}

void Scheduler::AssignTogether(Job& job, uint32_t slot_index) {
  Slot& slot = job.slot(slot_index);
  const StoredTask& task = job.task_of(slot_index);
  job.RemoveWaiting(slot_index);
  slot.state = SlotState::kRunning;
  const uint32_t attempt = slot.attempts++;
  std::vector<StoredRun> runs;
  for (uint32_t i = 0; i < task.members.size(); ++i) {
    const TaskMember& member = task.members[i];
    StoredRun run;
    run.id = RunId{++largest_.run.value};
    run.task = task.id;
    run.host = member.host;
    run.repetition = slot.where.repetition;
    run.attempt = attempt;
    run.created_at = loop_->Now();
    run.member = i;
    run.role = member.role;
    runs_[run.id] = {job.stored.id, slot_index, member.host, false, 0, loop_->Now(), 0, true, i};
    HostWork& work = work_[member.host];
    work.creating = true;
    if (!job.Waits(member.host)) work.waiting_jobs.erase(job.stored.id);
    runs.push_back(std::move(run));
  }
  parties_.insert_or_assign({job.stored.id, slot_index}, Party(task.members, runs));
  const bool first = job.stored.started_at == absl::InfinitePast();
  if (first) {
    job.stored.started_at = loop_->Now();
    job.stored.state = State::kRunning;
  }
  store_->Submit(
      [runs, first, job_row = job.stored](Store& store) -> absl::Status {
        if (first) BF_RETURN_IF_ERROR(store.UpdateJob(job_row));
        for (const StoredRun& run : runs) BF_RETURN_IF_ERROR(store.CreateRun(run));
        return absl::OkStatus();
      },
      [this, runs](const absl::Status& status) {
        if (!status.ok()) return on_storage_failure_(Annotate(status, "storing runs"));
        OnTogetherStored(runs);
      });
}

void Scheduler::OnTogetherStored(const std::vector<StoredRun>& runs) {
  for (const StoredRun& run : runs) {
    work_[run.host].creating = false;
    const auto live = runs_.find(run.id);
    if (live == runs_.end()) continue;  // it was cancelled meanwhile
    live->second.stored = true;
    live->second.since = loop_->Now();
    work_[run.host].running.push_back(run.id);
    MarkChanged(live->second.job);
  }
  for (const StoredRun& run : runs) {
    if (work_[run.host].heard) SendDesired(run.host);
    if (!fleet_->IsConnected(run.host)) StartLease(run.host);
    Dispatch(run.host);
  }
}

// ---- what agents are told, and what they tell

bool Scheduler::IsReleased(const LiveRun& live) const {
  return !live.together || parties_.at({live.job, live.slot}).members()[live.member].released;
}

RunAssignment Scheduler::AssignmentOf(RunId run, const LiveRun& live) const {
  const Job& job = jobs_.at(live.job);
  RunAssignment assignment{run, job.SpecOf(live.slot), job.stored.spec.exclusive};
  if (!live.together) return assignment;
  const Party& party = parties_.at({live.job, live.slot});
  const Party::Member& member = party.members()[live.member];
  assignment.spec.role = member.who.role;
  assignment.spec.peers = party.PeersOf(live.member);
  assignment.finish = member.serves() && party.clients_ended();
  return assignment;
}

// Takes up where servers are; after a restart also which clients had been let begin.
void Scheduler::NoteMembers(const std::string& host, const AgentState& state) {
  std::vector<PartyKey> changed;
  for (const RunStatus& status : state.runs) {
    const auto live = runs_.find(status.run);
    if (live == runs_.end() || !live->second.together || live->second.host != host) continue;
    const PartyKey key{live->second.job, live->second.slot};
    Party::Member& member = parties_.at(key).member(live->second.member);
    member.released = true;
    if (status.endpoint.empty() || !member.endpoint.empty()) continue;
    member.endpoint = status.endpoint;
    member.offered = status.offered;
    changed.push_back(key);
  }
  for (const PartyKey& key : changed) Advance(key);
}

// ---- the life of an attempt

void Scheduler::Advance(PartyKey key) {
  auto party = parties_.find(key);
  if (party == parties_.end()) return;
  if (party->second.over()) return Conclude(key);
  // Each of these comes back here.
  for (const auto& [run, why] : party->second.CalledOff()) {
    EndRunByUs(run, Outcome::kCancelled, why);
  }
  party = parties_.find(key);
  if (party == parties_.end()) return;
  const bool release = party->second.MayRelease();
  if (release) party->second.Release();
  if (!release && !party->second.MayFinish()) return;
  std::vector<std::string> hosts;
  for (const Party::Member& member : party->second.members()) {
    if (!member.ended && member.serves() != release) hosts.push_back(member.who.host);
  }
  for (const std::string& host : hosts) {
    if (work_[host].heard) SendDesired(host);
  }
  MarkChanged(key.first);
}

void Scheduler::EndMember(RunId id, Outcome outcome, const std::string& message, uint64_t samples) {
  const LiveRun live = runs_.at(id);
  runs_.erase(id);
  HostWork& work = work_[live.host];
  std::erase(work.running, id);
  Job& job = jobs_.at(live.job);
  job.busy_seconds[live.host] += absl::ToDoubleSeconds(loop_->Now() - live.since);
  if (metrics_ != nullptr) metrics_->CountRun(outcome);
  const PartyKey key{live.job, live.slot};
  parties_.at(key).End(live.member, outcome, message, samples);
  if (outcome != Outcome::kOk) {
    LogInfo("run %d of job %d, %s on %s: %s%s%s", id.value, live.job.value,
            parties_.at(key).member(live.member).who.role, live.host, OutcomeName(outcome),
            message.empty() ? "" : ": ", message);
  }
  SendDesired(live.host);
  MarkChanged(live.job);
  Advance(key);
  Dispatch(live.host);
}

void Scheduler::Retract(RunId run, Outcome outcome, const std::string& message) {
  store_->Submit([run, outcome, message, now = loop_->Now()](
                     Store& store) { return store.RetractRun(run, outcome, message, now); },
                 [this](const absl::Status& status) {
                   if (!status.ok()) on_storage_failure_(Annotate(status, "ending a run"));
                 });
}

void Scheduler::Conclude(PartyKey key) {
  const Party party = std::move(parties_.at(key));
  parties_.erase(key);
  const auto& [job_id, slot] = key;
  Job& job = jobs_.at(job_id);
  const Party::Verdict verdict = party.Judge();
  LogOutcome(job, slot, job.task_of(slot).host, verdict.outcome, verdict.message);
  const uint64_t open_before = job.open_slots;
  Settle(job, slot, party);
  open_slots_ -= open_before - job.open_slots;
  const std::vector<std::string> hosts = party.hosts();
  for (const std::string& host : hosts) {
    if (job.Waits(host)) work_[host].waiting_jobs.insert(job_id);
  }
  for (const std::string& host : hosts) AfterChange(job, host);
  for (const std::string& host : hosts) MoveWaiting(host);
}

void Scheduler::Settle(Job& job, uint32_t slot, const Party& party) {
  const Party::Verdict verdict = party.Judge();
  for (const RunId run : party.Vain()) {
    Retract(run, Outcome::kCancelled, "the attempt came to nothing: " + verdict.message);
  }
  job.Apply(slot, party.hosts(), verdict.outcome, verdict.message);
  if (verdict.outcome != Outcome::kOk) return;
  for (const Party::Member& member : party.members()) {
    job.AddSamples(member.who.host, member.samples);
  }
}

// ---- after a restart

void Scheduler::LoadTogether(Job& job, const std::map<TaskId, uint32_t>& task_index,
                             const std::vector<StoredRun>& runs) {
  std::map<std::pair<uint32_t, uint32_t>, uint32_t> slot_index;
  for (uint32_t i = 0; i < job.slots.size(); ++i) {
    slot_index[{job.slots[i].where.task, job.slots[i].where.repetition}] = i;
  }
  std::map<std::pair<uint32_t, uint32_t>, std::vector<StoredRun>> attempts;  // by slot and number
  for (const StoredRun& run : runs) {
    if (run.role.empty()) continue;
    const uint32_t slot = slot_index.at({task_index.at(run.task), run.repetition});
    attempts[{slot, run.attempt}].push_back(run);  // in order of run, and so of member
  }
  for (const auto& [which, members] : attempts) {
    const auto& [index, attempt] = which;
    Slot& slot = job.slot(index);
    slot.attempts = std::max(slot.attempts, attempt + 1);
    if (slot.state != SlotState::kWaiting) continue;
    job.RemoveWaiting(index);
    slot.state = SlotState::kRunning;
    // Those who took part, which may be others than the task's members are now.
    std::vector<TaskMember> who;
    for (const StoredRun& run : members) who.push_back({run.role, run.host});
    Party party(who, members);
    if (party.over()) {
      Settle(job, index, party);
      continue;
    }
    parties_.insert_or_assign({job.stored.id, index}, std::move(party));
    for (const StoredRun& run : members) {
      if (IsFinal(run.state)) continue;
      runs_[run.id] = {job.stored.id, index, run.host, true, 0, loop_->Now(), 0, true, run.member};
      work_[run.host].running.push_back(run.id);
    }
  }
}

}  // namespace benchfleet
