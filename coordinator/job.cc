#include "coordinator/job.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/limits.h"
#include "proto/parameters_text.h"

namespace benchfleet {

Job::Job(StoredJob job, std::vector<StoredTask> job_tasks)
    : stored(std::move(job)), tasks(std::move(job_tasks)) {
  const uint32_t task_count = static_cast<uint32_t>(tasks.size());
  task_open_slots_.assign(task_count, stored.spec.runs);
  task_slots_.resize(task_count);
  group_of_task_.resize(task_count);
  std::map<std::vector<TaskMember>, size_t> known;
  for (uint32_t i = 0; i < task_count; ++i) {
    const std::vector<TaskMember>& members = tasks[i].members;
    if (members.empty()) continue;
    const auto [found, is_new] = known.emplace(members, groups_.size());
    group_of_task_[i] = found->second;
    if (!is_new) continue;
    Group& group = groups_.emplace_back();
    for (const TaskMember& member : members) {
      group.hosts.push_back(member.host);
      groups_of_host_[member.host].push_back(found->second);
    }
  }
  for (const RunSlot& where :
       OrderRuns(task_count, stored.spec.runs, stored.spec.interleave, stored.spec.seed)) {
    const auto index = static_cast<uint32_t>(slots.size());
    Slot slot;
    slot.where = where;
    slots.push_back(slot);
    task_slots_[where.task].push_back(index);
    QueueOf(index).push_back(index);
    for (const std::string& host : HostsOf(index)) {
      HostProgress& host_progress = progress[host];
      host_progress.host = host;
      ++host_progress.runs;
    }
  }
  open_slots = slots.size();
}

std::deque<uint32_t>& Job::QueueOf(uint32_t index) {
  return IsTogether(index) ? groups_[group_of_task_[slots[index].where.task]].waiting
                           : waiting_[task_of(index).host];
}

std::vector<std::string> Job::HostsOf(uint32_t index) const {
  const StoredTask& task = task_of(index);
  if (task.members.empty()) return {task.host};
  std::vector<std::string> hosts;
  for (const TaskMember& member : task.members) hosts.push_back(member.host);
  return hosts;
}

bool Job::Waits(const std::string& host) const {
  return NextWaiting(host) != nullptr ||
         NextTogether(host, [](const auto&) { return true; }).has_value();
}

std::optional<uint32_t> Job::NextTogether(const std::string& host, const MayTake& may) const {
  std::optional<uint32_t> next;
  const auto found = groups_of_host_.find(host);
  if (found == groups_of_host_.end()) return next;
  for (const size_t index : found->second) {
    const Group& group = groups_[index];
    if (group.waiting.empty() || (next && *next < group.waiting.front())) continue;
    if (may(group.hosts)) next = group.waiting.front();
  }
  return next;
}

void Job::Close(Slot& slot, SlotState state) {
  slot.state = state;
  done_slots += state == SlotState::kDone;
  slot.run = RunId();
  --open_slots;
  if (--task_open_slots_[slot.where.task] == 0) FinishTask(slot.where.task);
}

void Job::BackToWaiting(uint32_t index) {
  Slot& slot = slots[index];
  slot.state = SlotState::kWaiting;
  slot.run = RunId();
  QueueOf(index).push_front(index);
}

void Job::Attribute(const std::string& from, const std::string& to) {
  if (from == to) return;
  HostProgress& gained = progress[to];
  gained.host = to;
  ++gained.runs;
  if (--progress[from].runs == 0) progress.erase(from);
}

// The slot counts for the hosts that had its attempt, which the task may have left since.
void Job::AttributeAll(uint32_t index, const std::vector<std::string>& hosts) {
  const std::vector<std::string> now = HostsOf(index);
  for (size_t i = 0; i < hosts.size(); ++i) Attribute(now[i], hosts[i]);
}

void Job::FinishTask(uint32_t task_index) {
  StoredTask& task = tasks[task_index];
  bool failed = false;
  bool any_done = false;
  for (const uint32_t index : task_slots_[task_index]) {
    failed |= slots[index].state == SlotState::kFailed;
    any_done |= slots[index].state == SlotState::kDone;
  }
  const bool complete =
      any_done && std::all_of(task_slots_[task_index].begin(), task_slots_[task_index].end(),
                              [&](uint32_t i) { return slots[i].state == SlotState::kDone; });
  task.state = failed ? State::kFailed : complete ? State::kDone : State::kCancelled;
  changed_tasks.push_back(task_index);
}

void Job::Apply(uint32_t index, const std::vector<std::string>& hosts, Outcome outcome,
                const std::string& message) {
  Slot& slot = slots[index];
  const StoredTask& task = task_of(index);
  const bool crashed = outcome == Outcome::kCrashed || outcome == Outcome::kGarbled;
  const bool lost = outcome == Outcome::kLost;
  if (outcome == Outcome::kOk) {
    AttributeAll(index, hosts);
    for (const std::string& host : hosts) ++progress[host].runs_done;
    Close(slot, SlotState::kDone);
    return;
  }
  slot.crashes += crashed;
  slot.losses += lost;
  const bool again = (crashed && slot.crashes <= stored.spec.retries) ||
                     (lost && slot.losses <= limits::kMaxLostAttempts) ||
                     outcome == Outcome::kCancelled;
  if (cancelled) {
    Close(slot, SlotState::kCancelled);
    return;
  }
  if (again && task.state != State::kFailed) {
    BackToWaiting(index);
    return;
  }
  AttributeAll(index, hosts);
  for (const std::string& host : hosts) ++progress[host].runs_failed;
  StoredTask& failed_task = task_of(index);
  if (failed_task.message.empty()) {
    failed_task.message = absl::StrFormat(
        "run %d of %d %s%s%s", slot.where.repetition + 1, stored.spec.runs,
        lost ? absl::StrFormat("lost its agent %d times", slot.losses) : OutcomeName(outcome),
        message.empty() ? "" : ": ", message);
  }
  failed_task.state = State::kFailed;
  // A workload that failed once will mostly fail again: its other repetitions would only take time.
  for (const uint32_t other : task_slots_[slot.where.task]) {
    if (slots[other].state != SlotState::kWaiting) continue;
    RemoveWaiting(other);
    Close(slots[other], SlotState::kCancelled);
  }
  Close(slot, SlotState::kFailed);
}

void Job::AddSamples(const std::string& host, uint64_t added) {
  samples += added;
  progress[host].samples += added;
}

void Job::CancelWaiting(const std::string& reason) {
  cancelled = true;
  stored.message = reason;
  for (auto& [host, queue] : waiting_) {
    for (const uint32_t index : queue) Close(slots[index], SlotState::kCancelled);
    queue.clear();
  }
  for (Group& group : groups_) {
    for (const uint32_t index : std::exchange(group.waiting, {})) {
      Close(slots[index], SlotState::kCancelled);
    }
  }
}

const uint32_t* Job::NextWaiting(const std::string& host) const {
  const auto it = waiting_.find(host);
  return it == waiting_.end() || it->second.empty() ? nullptr : &it->second.front();
}

void Job::TakeWaiting(const std::string& host) { waiting_[host].pop_front(); }

void Job::RemoveWaiting(uint32_t index) {
  std::deque<uint32_t>& queue = QueueOf(index);
  queue.erase(std::remove(queue.begin(), queue.end(), index), queue.end());
}

std::vector<uint32_t> Job::WaitingTasks(const std::string& host) const {
  std::set<uint32_t> found;
  if (const auto it = waiting_.find(host); it != waiting_.end()) {
    for (const uint32_t index : it->second) found.insert(slots[index].where.task);
  }
  if (const auto it = groups_of_host_.find(host); it != groups_of_host_.end()) {
    for (const size_t group : it->second) {
      for (const uint32_t index : groups_[group].waiting) found.insert(slots[index].where.task);
    }
  }
  return {found.begin(), found.end()};
}

void Job::MoveWaiting(const std::string& from, const std::string& to) {
  for (const uint32_t index : WaitingTasks(from)) {
    StoredTask& task = tasks[index];
    for (TaskMember& member : task.members) {
      if (member.host == from) member.host = to;
    }
    std::sort(task.members.begin(), task.members.end());
    task.host = task.members.empty() ? to : task.members.front().host;
  }
  for (const uint32_t index : std::exchange(waiting_[from], {})) {
    waiting_[to].push_back(index);
    Attribute(from, to);
  }
  for (const size_t moved : std::exchange(groups_of_host_[from], {})) {
    Group& group = groups_[moved];
    const bool waits = !group.waiting.empty();
    groups_of_host_[waits ? to : from].push_back(moved);
    if (!waits) continue;
    group.hosts = HostsOf(group.waiting.front());
    for (size_t i = 0; i < group.waiting.size(); ++i) Attribute(from, to);
  }
}

RunSpec Job::SpecOf(uint32_t index) const {
  const StoredTask& task = task_of(index);
  RunSpec spec;
  spec.workload = task.workload;
  spec.parameters = task.parameters;
  spec.measurement = stored.spec.measurement;
  spec.timeout = stored.spec.timeout;
  // Every run draws its own inputs, and draws them again when it is repeated.
  spec.seed = stored.spec.seed + 1 + index;
  return spec;
}

std::string Job::Describe(uint32_t index) const {
  const StoredTask& task = task_of(index);
  const std::string parameters = ParametersText(task.parameters);
  return absl::StrFormat("%s%s%s, run %d of %d", task.workload, parameters.empty() ? "" : " ",
                         parameters, slots[index].where.repetition + 1, stored.spec.runs);
}

State Job::FinalState() const {
  if (cancelled) return State::kCancelled;
  for (const StoredTask& task : tasks) {
    if (task.state == State::kFailed) return State::kFailed;
  }
  return State::kDone;
}

}  // namespace benchfleet
