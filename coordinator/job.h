// One open job as the scheduler holds it: its tasks, and a slot for each repetition of each task.
// No thread, no clock, no store: values and the rules of what follows from an outcome.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/plan.h"
#include "proto/control.h"
#include "storage/store.h"

namespace benchfleet {

enum class SlotState { kWaiting, kRunning, kDone, kFailed, kCancelled };

struct Slot {
  RunSlot where;
  SlotState state = SlotState::kWaiting;
  uint32_t attempts = 0;  // runs made so far
  uint32_t crashes = 0;   // attempts that crashed or spoke garbage
  uint32_t losses = 0;    // attempts whose agent was lost
  RunId run;              // of kRunning
};

struct Job {
  Job(StoredJob job, std::vector<StoredTask> job_tasks);

  // What an outcome of a slot's attempt on `hosts` (in the order of HostsOf) leads to. Cancels the
  // task's waiting slots when it fails. kCancelled while the job goes on (the agent stops and had
  // not begun): it waits again, and nothing is counted against it.
  void Apply(uint32_t slot, const std::vector<std::string>& hosts, Outcome outcome,
             const std::string& message);
  // Of an attempt that was ok.
  void AddSamples(const std::string& host, uint64_t samples);
  // Every waiting slot becomes cancelled.
  void CancelWaiting(const std::string& reason);

  // Whether anything waits for a host, alone or with others.
  bool Waits(const std::string& host) const;
  // The tasks on a host, alone or with others, that have waiting slots.
  std::vector<uint32_t> WaitingTasks(const std::string& host) const;
  // In those tasks `to` stands for `from` from now on; none of them has a running slot, and `to` is
  // not in them.
  void MoveWaiting(const std::string& from, const std::string& to);

  // ---- slots of tasks on several hosts
  bool IsTogether(uint32_t slot) const { return !task_of(slot).members.empty(); }
  // By its task's members; also of a task on one.
  std::vector<std::string> HostsOf(uint32_t slot) const;
  // The first in the order of dispatch that waits for `host` and others, all of which `may` takes.
  using MayTake = std::function<bool(const std::vector<std::string>& hosts)>;
  std::optional<uint32_t> NextTogether(const std::string& host, const MayTake& may) const;

  // ---- slots of tasks on one host
  // The next waiting slot on a host, or nullptr.
  const uint32_t* NextWaiting(const std::string& host) const;
  void TakeWaiting(const std::string& host);  // the one that NextWaiting gave
  void RemoveWaiting(uint32_t slot);          // any

  Slot& slot(uint32_t index) { return slots[index]; }
  StoredTask& task_of(uint32_t index) { return tasks[slots[index].where.task]; }
  const StoredTask& task_of(uint32_t index) const { return tasks[slots[index].where.task]; }
  RunSpec SpecOf(uint32_t slot) const;
  // "crypto.sha256 size=1KiB, run 3 of 5"
  std::string Describe(uint32_t slot) const;

  bool finished() const { return open_slots == 0; }
  // kDone, kFailed, or kCancelled, of a finished job.
  State FinalState() const;

  StoredJob stored;
  std::vector<StoredTask> tasks;
  std::vector<Slot> slots;  // in the order of dispatch
  uint64_t open_slots = 0;  // waiting or running
  uint64_t done_slots = 0;
  uint64_t samples = 0;  // of slots that are done
  bool cancelled = false;
  bool ending = false;                  // its final state is on its way into the store
  std::vector<uint32_t> changed_tasks;  // whose state is to be stored
  std::map<std::string, HostProgress> progress;
  std::map<std::string, double> busy_seconds;  // had on each host

 private:
  void Close(Slot& slot, SlotState state);
  void BackToWaiting(uint32_t index);
  // One slot counts for another host than its progress says.
  void Attribute(const std::string& from, const std::string& to);
  void AttributeAll(uint32_t slot, const std::vector<std::string>& hosts);
  void FinishTask(uint32_t task);
  std::deque<uint32_t>& QueueOf(uint32_t slot);

  // Hosts that take tasks together. A task whose slots are all closed stays with its group when
  // that moves: its members are those that it had.
  struct Group {
    std::vector<std::string> hosts;
    std::deque<uint32_t> waiting;
  };
  std::vector<Group> groups_;
  std::vector<size_t> group_of_task_;  // of tasks on several hosts
  std::map<std::string, std::vector<size_t>> groups_of_host_;
  std::map<std::string, std::deque<uint32_t>> waiting_;
  std::vector<uint32_t> task_open_slots_;
  std::vector<std::vector<uint32_t>> task_slots_;
};

}  // namespace benchfleet
