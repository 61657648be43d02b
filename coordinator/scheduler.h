// Which run goes to which host, when. A state machine on the loop; every assignment is durable
// before an agent hears of it, so that a restart continues where it was.
//
// Of one repetition of one task (a slot):
//
//   waiting --dispatch, run stored--> running --ok--------------------------------> done
//      ^                                 |------ crashed or garbled, retries left --> waiting
//      |                                 |------ failed, invalid, timed out, no retry left -->
//      failed
//      \--- agent lost, bounded ---------/        (its task's waiting slots are then cancelled)
//
// What waits for a host that was chosen by `count`, alone or with others, goes to another one when
// that host stays away longer than the lease (scheduler_move.cc).
//
// A slot of a task on several hosts has a run on each of them; all hosts are leased at once or none
// is. What becomes of such an attempt is the Party's (party.h). Where a job's turn has come on a
// host, and only slots wait there whose other hosts are busy, those hosts are *held*: nothing else
// begins on them before that group has had its turn. Holds are served in the order in which they
// were made, so that the oldest always gets its hosts: no two groups wait for each other, none is
// starved, and a hold lasts no longer than the runs that were going on. A hold ends when one of its
// hosts is away or takes no work, and none is made against a higher priority.
//
// A host runs one exclusive run at a time, or several of jobs with `exclusive: false`. Among the
// jobs that wait for a host the highest priority goes first; among equals the one that has had the
// least time there.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/loop_scope.h"
#include "coordinator/fleet.h"
#include "coordinator/job.h"
#include "coordinator/party.h"

namespace benchfleet {

class Scheduler : public FleetObserver {
 public:
  struct Options {
    // How long a host may be away before its runs are called lost and given out again.
    absl::Duration lease = absl::Seconds(60);
    // Shortest time between two reports to a watcher of a job.
    absl::Duration watch_interval = absl::Milliseconds(100);
  };

  using WatchId = uint64_t;
  using Watcher = std::function<void(const JobStatus&)>;

  // All pointers outlive the scheduler; `metrics` may be null.
  Scheduler(Options options, TaskLoop* loop, StoreQueue* store, Fleet* fleet,
            CoordinatorMetrics* metrics, std::function<void(absl::Status)> on_storage_failure);
  ~Scheduler() override;

  // Takes up the jobs that had not ended, before the first session.
  void Load(std::vector<OpenJob> jobs, Store::MaxIds largest);

  // Plans, and unless `dry_run` stores the job and starts it. Errors as PlaceTasks, and
  // kResourceExhausted when too many jobs or runs are open.
  void Submit(JobSpec spec, std::string submitted_by, bool dry_run,
              std::function<void(absl::StatusOr<Plan>)> done);
  // kNotFound: no such open job. `done` is called once the cancellation is durable.
  void Cancel(JobId job, const std::string& reason, std::function<void(absl::Status)> done);

  // Of an open job.
  std::optional<JobStatus> StatusOf(JobId job) const;
  // Calls `watcher` now and on every change until the job has ended; the last call has a final
  // state. 0 when the job is not open. The watcher runs on the loop.
  WatchId Watch(JobId job, Watcher watcher);
  void Unwatch(WatchId watch);
  // What keeps a host from being forgotten: "open runs of jobs 7, 9"; "" when nothing does.
  std::string OpenWorkOn(const std::string& host) const;
  // "proving.prove circuit=age, run 3 of 5 of job 7"; "" when idle.
  std::string WhatRunsOn(const std::string& host) const;

  // ---- FleetObserver
  void OnHostConnected(const std::string& host) override;
  void OnHostDisconnected(const std::string& host) override;
  void OnAgentState(const std::string& host, const AgentState& state) override;
  void OnIngested(const std::string& host, const IngestResult& result) override;

 private:
  struct LiveRun {
    JobId job;
    uint32_t slot = 0;
    std::string host;
    bool stored = false;           // durable: agents may hear of it
    uint64_t desired_version = 0;  // the first Desired that names it
    absl::Time since;
    uint64_t samples = 0;
    bool together = false;  // with others: parties_ has it
    uint32_t member = 0;
    bool begun = false;  // its agent measures it, or has done so
  };
  struct HostWork {
    uint64_t desired_version = 0;
    std::vector<RunId> running;    // in the order of dispatch
    std::set<JobId> waiting_jobs;  // that have waiting slots here
    TimerId lease_timer = 0;
    bool creating = false;  // a run is on its way into the store
    bool heard = false;     // its agent has told its state since it connected
    bool accepts = false;   // and takes work
    bool away = false;      // for longer than the lease
    std::set<uint64_t> holds;
  };
  // Hosts that are kept free for a job's tasks on all of them.
  struct Hold {
    JobId job;
    std::vector<std::string> hosts;
  };
  using PartyKey = std::pair<JobId, uint32_t>;  // a slot
  struct Choice {
    Job* job = nullptr;
    uint32_t slot = 0;
    bool hold = false;  // it cannot begin yet
  };

  void Admit(JobSpec spec, std::string submitted_by, std::vector<PlannedTask> placed,
             std::function<void(absl::StatusOr<Plan>)> done);
  void EstimateAndAnswer(Plan plan, std::function<void(absl::StatusOr<Plan>)> done);
  std::vector<PlannableHost> PlannableHosts() const;

  void Dispatch(const std::string& host);
  bool MayDispatch(const std::string& host, const HostWork& work, bool* only_shared) const;
  std::optional<Choice> Choose(const std::string& host, const HostWork& work, bool only_shared);
  std::optional<Choice> NextOf(Job& job, const std::string& host) const;
  void Assign(const std::string& host, Job& job, uint32_t slot);
  void SendDesired(const std::string& host);

  void EndRun(RunId run, Outcome outcome, const std::string& message, uint64_t samples);
  void ReviveRun(const std::string& host, const IngestResult::Finished& finished);
  // Takes runs back that were called lost and that the agent turns out to have.
  void AdoptLostRuns(const std::string& host, const AgentState& state);
  // Writes the coordinator's own word about a run and applies it.
  void EndRunByUs(RunId run, Outcome outcome, const std::string& message);
  void LogOutcome(const Job& job, uint32_t slot, const std::string& host, Outcome outcome,
                  const std::string& message);
  void ApplyOutcome(Job& job, uint32_t slot, const std::string& host, Outcome outcome,
                    const std::string& message);
  void AfterChange(Job& job, const std::string& host);
  void FinishIfDone(Job& job);
  void LoseRuns(const std::string& host);
  void StartLease(const std::string& host);
  // What waits for `host`, which is away, and may be done elsewhere.
  void MoveWaiting(const std::string& host);
  void MoveWaiting(Job& job, const std::string& from, const std::string& to);
  // In an attempt that is not over.
  bool TakesPart(JobId job, const std::string& host) const;
  // There is a new host to move to.
  void MoveAllWaiting();
  // ---- tasks on several hosts (scheduler_together.cc)
  bool IsAvailable(const std::string& host) const;  // connected and taking work, busy or not
  bool MayStart(const Job& job, const std::vector<std::string>& hosts, uint64_t ticket) const;
  bool MayHold(const Job& job, const std::vector<std::string>& hosts) const;
  void MakeHold(JobId job, std::vector<std::string> hosts);
  void ReleaseHold(uint64_t ticket);
  void ReleaseHolds(const std::string& host);
  // True when the host is kept for, or was given to, the oldest hold on it.
  bool ServeHolds(const std::string& host);
  void AssignTogether(Job& job, uint32_t slot);
  void OnTogetherStored(const std::vector<StoredRun>& runs);
  // What a live run's agent is told of it.
  RunAssignment AssignmentOf(RunId run, const LiveRun& live) const;
  bool IsReleased(const LiveRun& live) const;
  void NoteMembers(const std::string& host, const AgentState& state);
  void EndMember(RunId run, Outcome outcome, const std::string& message, uint64_t samples);
  void Advance(PartyKey key);
  void Conclude(PartyKey key);
  // What a party that is over comes to.
  void Settle(Job& job, uint32_t slot, const Party& party);
  void Retract(RunId run, Outcome outcome, const std::string& message);
  void LoadTogether(Job& job, const std::map<TaskId, uint32_t>& task_index,
                    const std::vector<StoredRun>& runs);

  void StoreTask(const StoredTask& task);
  absl::Status Fatal(const absl::Status& status);

  void MarkChanged(JobId job);
  void NotifyWatchers();
  void Notify(const JobStatus& status);
  bool HasUnbegun(const Job& job, const HostWork& work) const;
  JobStatus BuildStatus(const Job& job) const;
  void UpdateMetrics();

  const Options options_;
  TaskLoop* const loop_;
  StoreQueue* const store_;
  Fleet* const fleet_;
  CoordinatorMetrics* const metrics_;
  const std::function<void(absl::Status)> on_storage_failure_;

  std::map<JobId, Job> jobs_;
  std::unordered_map<RunId, LiveRun> runs_;
  // Runs that were called lost, whose late result may still come, by id.
  std::unordered_map<RunId, std::pair<JobId, uint32_t>> lost_runs_;
  std::map<PartyKey, Party> parties_;
  std::map<uint64_t, Hold> holds_;  // by ticket: the older the smaller
  uint64_t last_hold_ = 0;
  std::map<std::string, HostWork> work_;
  Store::MaxIds largest_;
  uint64_t open_slots_ = 0;

  struct JobWatch {
    JobId job;
    Watcher watcher;
  };
  std::map<WatchId, JobWatch> watches_;
  WatchId last_watch_ = 0;
  std::set<JobId> changed_;
  bool notify_pending_ = false;
  LoopScope scope_;  // last: its timers are forgotten first
};

}  // namespace benchfleet
