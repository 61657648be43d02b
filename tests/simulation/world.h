// A fleet in one process, from one seed: the real scheduler, sessions and agents on a simulated
// loop; connections that break, messages that are dropped, repeated and delayed; agents and a
// coordinator that crash and come back. What is durable (the store, the spools) survives crashes,
// what was not committed does not.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/memory_spool.h"
#include "agent/session.h"
#include "base/ids.h"
#include "base/task_loop.h"
#include "coordinator/fleet.h"
#include "coordinator/scheduler.h"
#include "storage/simulated_store_queue.h"
#include "storage/store.h"

namespace benchfleet::simulation {

struct Faults {
  double drop = 0;    // of each message that may be lost alone: state, desired, ack
  double repeat = 0;  // of each message after the hello
  double break_connection_per_hour = 0;  // of each agent
  double crash_agent_per_hour = 0;
  double crash_coordinator_per_hour = 0;
  absl::Duration latency_max = absl::Milliseconds(50);
};

struct WorldOptions {
  uint64_t seed = 1;
  uint32_t agents = 10;
  Faults faults;
  // How a run ends, by chance; the rest is ok. A lost agent comes on top.
  double crashed_runs = 0;
  absl::Duration run_time_max = absl::Seconds(20);
};

class World;

// A launcher that invents runs; it keeps books of what "the runner wrote".
class FakeLauncher : public RunLauncher {
 public:
  FakeLauncher(World* world, SimulatedLoop* loop, uint64_t seed, std::string host);
  ~FakeLauncher() override;
  void Start(RunId run, const RunSpec& spec, RunEvents* events) override;
  void Finish(RunId run) override;
  void Stop(RunId run, Outcome outcome, const std::string& reason) override;

 private:
  struct Run {
    RunEvents* events = nullptr;
    uint64_t written = 0;
    bool ended = false;
    RunSpec spec = {};
  };
  void After(absl::Duration delay, std::function<void()> task);
  void Step(RunId run, uint32_t chunks_left);
  void Serve(RunId run);
  void End(RunId run, Outcome outcome, const std::string& message);

  World* const world_;
  SimulatedLoop* const loop_;
  Random random_;
  const std::string host_;
  std::map<RunId, Run> runs_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// What the runners wrote, as a witness outside the system.
struct WitnessedRun {
  std::string host;
  uint64_t samples = 0;
  Outcome outcome = Outcome::kUnspecified;
  std::string role;
};

class World {
 public:
  World(WorldOptions options, Store* store);
  ~World();

  // Submits through the real scheduler; false when the coordinator is down at the moment.
  bool Submit(const JobSpec& spec, JobId* job);
  // Turns the world until every job of the store has ended, or `limit` of simulated time has
  // passed.
  bool RunUntilDone(absl::Duration limit);
  void RunFor(absl::Duration duration) { loop_.RunFor(duration); }
  void StopFaults();
  // Cuts an agent off: it goes on with its runs, and no attempt to connect succeeds meanwhile.
  void Isolate(const std::string& host, absl::Duration duration);

  SimulatedLoop& loop() { return loop_; }
  const std::map<RunId, WitnessedRun>& witnessed() const { return witnessed_; }
  uint64_t overlaps() const { return overlaps_; }  // exclusive runs that shared a host
  // Clients that began without a server to go to, or were given one that never was.
  uint64_t blind_clients() const { return blind_clients_; }
  uint64_t still_running() const;  // runs, anywhere
  uint64_t coordinator_crashes() const { return coordinator_crashes_; }
  uint64_t agent_crashes() const { return agent_crashes_; }
  uint64_t broken_connections() const { return broken_connections_; }
  uint64_t messages() const { return messages_; }
  uint64_t dropped() const { return dropped_; }
  uint64_t repeated() const { return repeated_; }

 private:
  friend class FakeLauncher;
  class Link;
  class Stream;
  struct Agent;

  void StartCoordinator();
  void CrashCoordinator();
  void StartAgent(Agent& agent);
  void CrashAgent(Agent& agent);
  void ScheduleFaults(Agent& agent);
  void ScheduleCoordinatorCrash();
  // Exponential waiting time for a rate per hour; InfiniteDuration for 0.
  absl::Duration Waiting(double per_hour);
  absl::Duration Latency();
  void OnStorageFailure(const absl::Status& status);

  const WorldOptions options_;
  Store* const store_;
  Random random_;
  SimulatedLoop loop_;
  bool faults_on_ = true;

  struct Coordinator;
  std::unique_ptr<Coordinator> coordinator_;
  std::vector<std::unique_ptr<Agent>> agents_;
  std::map<std::string, absl::Time> isolated_until_;

  std::map<RunId, WitnessedRun> witnessed_;
  std::map<std::string, uint64_t> running_on_;
  std::map<std::string, bool> servers_;  // by endpoint: whether it still serves
  uint64_t overlaps_ = 0;
  uint64_t blind_clients_ = 0;
  uint64_t coordinator_crashes_ = 0, agent_crashes_ = 0, broken_connections_ = 0;
  uint64_t messages_ = 0, dropped_ = 0, repeated_ = 0;
};

}  // namespace benchfleet::simulation
