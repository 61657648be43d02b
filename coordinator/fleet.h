// The agents that are known and those that are connected: hello, version and name checks, batches
// into the store and acks back, desired state out. One session per stream, in this state machine:
//
//   kHello --Hello ok--> kOpening --store knows--> kOpen --stream gone / replaced--> (gone)
//      \---- refused ------------------------------------> kClosing --stream gone--> (gone)
//
// Thread rule: everything on the loop. Transport-free: the ports and the simulator translate.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/task_loop.h"
#include "coordinator/plan.h"
#include "proto/session.h"
#include "storage/store_queue.h"

namespace benchfleet {

class CoordinatorMetrics;

// The core's view of one agent's stream. Implemented by coordinator/agent_port.cc and the
// simulator.
class AgentStream {
 public:
  virtual ~AgentStream() = default;
  // Queues a message; a newer Desired replaces one that was not sent yet, and so do acks.
  virtual void Send(CoordinatorMessage message) = 0;
  // The credit: lets one more message be read and posted to Fleet::OnMessage.
  virtual void ReadNext() = 0;
  // Ends the stream once what was sent has left.
  virtual void Close() = 0;
};

// What the scheduler hears of the fleet. Implemented by Scheduler.
class FleetObserver {
 public:
  virtual ~FleetObserver() = default;
  virtual void OnHostConnected(const std::string& host) = 0;
  virtual void OnHostDisconnected(const std::string& host) = 0;
  virtual void OnAgentState(const std::string& host, const AgentState& state) = 0;
  // The batch is durable; its ack is sent right after this returns.
  virtual void OnIngested(const std::string& host, const IngestResult& result) = 0;
};

using SessionId = uint64_t;

class Fleet {
 public:
  struct Options {
    absl::Duration heartbeat_interval = absl::Seconds(10);
    // Batches of one agent that may wait for a commit; more are not read. A few keep the disk busy.
    size_t batches_in_flight = 8;
    // False behind plaintext, where there is no certificate to compare a hello's name with.
    bool check_names = true;
  };

  // A host as people ask for it; `stored.last_seen` is when its agent last said something.
  struct Host {
    StoredHost stored;
    SessionId session = 0;                          // 0: away
    AgentState state;                               // the newest
    absl::Time seen_stored = absl::InfinitePast();  // the `last_seen` that the store has
  };

  // All pointers outlive the fleet; `metrics` may be null. `on_storage_failure` hears of a commit
  // that failed: nothing can be acked any more.
  Fleet(Options options, TaskLoop* loop, StoreQueue* store, CoordinatorMetrics* metrics,
        std::function<void(absl::Status)> on_storage_failure);
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  // Before the first session.
  void Load(StoreIdentity identity, std::vector<StoredHost> hosts, FleetObserver* observer);

  // ---- from the port
  // `peer_name`: of the certificate. The fleet asks for the first message itself.
  SessionId OnConnected(std::string peer_name, std::shared_ptr<AgentStream> stream);
  // `bytes`: what the message took on the wire, for the bound on what waits.
  void OnMessage(SessionId session, absl::StatusOr<AgentMessage> message, size_t bytes);
  void OnGone(SessionId session);

  // ---- from the scheduler
  // Sends at once when the host is connected; the scheduler sends again when it connects.
  void SetDesired(const std::string& host, Desired desired);
  const std::map<std::string, Host>& hosts() const { return hosts_; }
  bool IsConnected(const std::string& host) const;
  // Takes an away host off the list, until it connects again; nothing is placed on it from here
  // on. `done` is called once that is durable. kNotFound with the nearest name;
  // kFailedPrecondition while it is connected, or just connecting.
  void Forget(const std::string& host, std::function<void(absl::Status)> done);

  size_t connected_count() const { return connected_; }

 private:
  enum class Phase { kHello, kOpening, kOpen, kClosing };
  struct Session {
    Phase phase = Phase::kHello;
    std::string peer_name;
    std::shared_ptr<AgentStream> stream;
    std::string host;
    std::string spool_id;
    size_t batches_waiting = 0;
    bool wants_read = false;  // a read is owed once there is room
  };

  void Refuse(SessionId id, RefusalReason reason, std::string message);
  void OnHello(SessionId id, Hello hello);
  void FinishOpening(SessionId id, const StoredHost& host, uint64_t acked_sequence);
  void OnState(Session& session, AgentState state);
  void OnBatch(SessionId id, RecordBatch batch, size_t bytes);
  void OnCommitted(SessionId id, const std::string& host, const std::string& spool_id, size_t bytes,
                   absl::Time read_at, const IngestResult& result, const absl::Status& status);
  void TakeFingerprint(const std::string& host, const HostFingerprint& fingerprint);
  void Read(SessionId id);
  void ReadWhereOwed(SessionId committed);
  // Its agent has said something; stored now and then, and when it leaves.
  void NoteSeen(Host& host);
  void StoreSeen(Host& host);
  Session* Find(SessionId id);

  const Options options_;
  TaskLoop* const loop_;
  StoreQueue* const store_;
  CoordinatorMetrics* const metrics_;
  const std::function<void(absl::Status)> on_storage_failure_;
  FleetObserver* observer_ = nullptr;
  StoreIdentity identity_;
  std::map<std::string, Host> hosts_;
  std::map<SessionId, Session> sessions_;
  SessionId last_session_ = 0;
  size_t connected_ = 0;
  size_t waiting_bytes_ = 0;
  std::deque<SessionId> stalled_;  // owed a read since waiting_bytes_ was at its bound
};

}  // namespace benchfleet
