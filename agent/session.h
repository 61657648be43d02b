// The agent's state machine: keeps a session with the coordinator, runs what it desires, and sees
// every record delivered. Knows no transport, no SQL, no processes and no clock but its loop's.
//
//            Start           OnConnected           Welcome
//   idle ------------> connecting ------> greeting -------> online
//                        ^    |              |                |
//              back-off  |    | lost         | refused, lost  | refused, lost
//                        +-- waiting <-------+----------------+
//
//   any --refused for good, drained--> ended (on_end is called, once)
//
// Runs go on in every state but ended. What a run tells goes into the spool; what is durable there
// goes to the coordinator when online (uplink.h); which runs there are is kept in run_board.h.
//
// Threads: everything on `loop`. The destructor may be called at any time; nothing comes later.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "agent/coordinator_link.h"
#include "agent/host_view.h"
#include "agent/run_board.h"
#include "agent/runner.h"
#include "agent/spool.h"
#include "agent/uplink.h"
#include "base/ids.h"
#include "base/loop_scope.h"
#include "base/task_loop.h"
#include "proto/session.h"

namespace benchfleet {

struct AgentSessionOptions {
  std::string host;
  StringMap labels;
  std::string agent_version;
  std::vector<WorkloadDescription> workloads;  // as `bench-runner --list` tells

  // Of the records in the spool. At the bound no new run is started; a run that passes it is
  // stopped.
  uint64_t spool_limit_bytes = 1u << 30;
  // The fingerprint is collected again before a run when it is older than this.
  absl::Duration fingerprint_max_age = absl::Seconds(60);
  // How long Drain() waits for running runs before it stops them, and then for acks.
  absl::Duration drain_timeout = absl::Seconds(60);
  absl::Duration drain_ack_timeout = absl::Seconds(10);
  // Full jitter: the n-th attempt in a row waits a uniform time in (0, min(max, min * 2^n)]. A
  // Welcome begins anew; sessions that do not live until their first heartbeat count as attempts.
  absl::Duration reconnect_min = absl::Seconds(1);
  absl::Duration reconnect_max = absl::Seconds(60);
  // After a refusal that time may heal: another protocol version, too many agents.
  absl::Duration refused_retry = absl::Seconds(60);
  // For a Welcome that does not come.
  absl::Duration greeting_timeout = absl::Seconds(30);
  uint64_t seed = 0;  // of the jitter
};

// What the session stands on. Nothing is owned; all of it outlives the session.
struct AgentSurroundings {
  TaskLoop* loop = nullptr;
  Spool* spool = nullptr;
  RunLauncher* launcher = nullptr;
  CoordinatorLink* link = nullptr;
  HostView* host = nullptr;
};

// For /metrics and tests.
struct AgentStatistics {
  bool online = false;
  uint64_t connections = 0;  // Welcomes received
  uint64_t refusals = 0;
  uint64_t runs_started = 0;
  std::map<Outcome, uint64_t> runs_finished;
  uint64_t samples = 0;  // appended to the spool
  uint64_t batches_sent = 0;
  uint64_t records_acked = 0;
  uint64_t spool_bytes = 0;
  uint64_t spool_limit_bytes = 0;
  uint64_t runs_active = 0;
};

class AgentSession : public LinkEvents, public RunEvents {
 public:
  // OK after a drain; an error with the reason when the coordinator refused for good.
  using OnEnd = std::function<void(absl::Status)>;

  AgentSession(AgentSessionOptions options, const AgentSurroundings& surroundings, OnEnd on_end);
  ~AgentSession() override;
  AgentSession(const AgentSession&) = delete;
  AgentSession& operator=(const AgentSession&) = delete;

  // Accounts for runs that a former agent left in the spool, collects the fingerprint, connects.
  void Start();
  // What this host can run from now on; a new greeting tells the coordinator.
  void SetWorkloads(std::vector<WorkloadDescription> workloads);
  // Takes on no more runs, lets the running ones finish (bounded), delivers, ends with OK. Runs
  // that do not finish in time are stopped and reported as lost, so that they are tried again.
  void Drain();

  AgentStatistics statistics() const;
  // As it would be sent now.
  AgentState state() const;

  void OnConnected() override;
  void OnMessage(CoordinatorMessage message) override;
  void OnDisconnected(absl::Status why) override;
  void OnRunStarted(RunId run, RunStarted started) override;
  void OnRunReady(RunId run, RunnerReady ready) override;
  void OnRunChunk(RunId run, SampleChunk chunk) override;
  void OnRunFinished(RunId run, RunFinished finished) override;

 private:
  enum class Phase { kIdle, kConnecting, kGreeting, kOnline, kWaiting, kEnded };

  // ---- the connection (session.cc)
  void Connect();
  void ConnectAfter(absl::Duration delay);
  void Reconnect();
  void Hang();
  absl::Duration NextBackoff();
  void OnWelcome(const Welcome& welcome);
  void OnRefusal(const Refusal& refusal);
  void OnDesired(Desired desired);
  void OnAck(const Ack& ack);
  absl::Status FitSpoolTo(const Welcome& welcome, bool* renewed);
  void Heartbeat();
  void StateChanged();
  void SendState();
  void End(absl::Status status);

  // ---- the runs and what they leave in the spool (session_runs.cc)
  void AdoptSpool();
  void Schedule();
  bool StartRun(const RunAssignment& run);  // false when the spool does not take it
  void FinishServers();
  void StopAll(Outcome outcome, const std::string& reason);
  void AppendFinished(RunId run, RunFinished finished);
  void AppendOrStop(RunId run, Record record);
  void CollectFingerprint();
  void OnFingerprint(HostFingerprint fingerprint);
  void FlushSoon(absl::Duration delay);
  void Flush();
  void Deliver();
  void OnSpoolTrouble(const absl::Status& status);
  void ReplaceDamagedSpool(const absl::Status& status);
  std::string NotAccepting() const;
  void CheckDrained();

  const AgentSessionOptions options_;
  Spool* const spool_;
  RunLauncher* const launcher_;
  CoordinatorLink* const link_;
  HostView* const host_;
  OnEnd on_end_;

  Phase phase_ = Phase::kIdle;
  Random random_;
  uint32_t failed_attempts_ = 0;  // in a row
  uint32_t short_sessions_ = 0;   // in a row: welcomed, and gone before the first heartbeat
  std::vector<WorkloadDescription> workloads_;
  absl::Duration heartbeat_interval_;
  uint64_t desired_version_ = 0;  // newest of this session
  bool state_changed_ = false;    // a task that sends it is posted
  std::string not_accepting_;     // as last sent

  RunBoard board_;
  Uplink uplink_;
  std::string spool_trouble_;  // "" when it can be written
  bool draining_ = false;
  bool drain_waits_for_acks_ = false;

  HostFingerprint fingerprint_;
  absl::Time fingerprint_at_ = absl::InfinitePast();
  bool collecting_ = false;
  bool collect_again_ = false;

  TimerId connect_timer_ = 0;  // back-off, or the greeting's patience
  TimerId heartbeat_timer_ = 0;
  TimerId flush_timer_ = 0;
  absl::Time flush_due_ = absl::InfiniteFuture();
  uint64_t pending_bytes_ = 0;  // appended since the last flush
  AgentStatistics statistics_;
  LoopScope scope_;  // last: nothing of it runs once the rest is gone
};

}  // namespace benchfleet
