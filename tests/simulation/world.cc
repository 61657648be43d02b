#include "tests/simulation/world.h"

#include <cmath>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "proto/chunk.h"

namespace benchfleet::simulation {
namespace {

constexpr absl::Duration kCoordinatorDownTime = absl::Seconds(5);
constexpr absl::Duration kAgentDownTime = absl::Seconds(3);

class FakeHost : public HostView {
 public:
  FakeHost(SimulatedLoop* loop, std::string name) : loop_(loop), name_(std::move(name)) {}
  ~FakeHost() override { *alive_ = false; }
  void Collect(const std::string& salt, std::function<void(HostFingerprint)> done) override {
    HostFingerprint fingerprint{"identity", "state", name_ + salt,
                                "{}",       "{}",    {{"cpu.vendor", "Sim"}}};
    loop_->Post([alive = alive_, done = std::move(done), fingerprint] {
      if (*alive) done(fingerprint);
    });
  }

 private:
  SimulatedLoop* const loop_;
  const std::string name_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

// ---- runs

FakeLauncher::FakeLauncher(World* world, SimulatedLoop* loop, uint64_t seed, std::string host)
    : world_(world), loop_(loop), random_(seed), host_(std::move(host)) {}

FakeLauncher::~FakeLauncher() {
  *alive_ = false;
  for (const auto& [id, run] : runs_) {
    world_->servers_[absl::StrFormat("%s:%d", host_, id.value)] = false;
    if (!run.ended) --world_->running_on_[host_];  // the spawner ends what its agent leaves behind
  }
}

void FakeLauncher::After(absl::Duration delay, std::function<void()> task) {
  loop_->PostAfter(delay, [alive = alive_, task = std::move(task)] {
    if (*alive) task();
  });
}

void FakeLauncher::Start(RunId id, const RunSpec& spec, RunEvents* events) {
  runs_[id] = {events, 0, false, spec};
  world_->witnessed_[id] = {host_, 0, Outcome::kUnspecified, spec.role};
  for (const RunPeer& peer : spec.peers) {
    if (peer.role == kServerRole && !world_->servers_.contains(peer.endpoint)) {
      ++world_->blind_clients_;
    }
  }
  if (++world_->running_on_[host_] > 1) ++world_->overlaps_;
  After(absl::Milliseconds(5), [this, id] {
    if (runs_[id].ended) return;
    RunStarted started;
    started.started_at = loop_->Now();
    started.metrics = {{"latency", "ns", Direction::kLowerIsBetter, "", 0}};
    runs_[id].events->OnRunStarted(id, started);
    if (runs_[id].spec.role == kServerRole) return Serve(id);
    Step(id, static_cast<uint32_t>(1 + random_.Below(4)));
  });
}

// Until it is told to finish, or crashes.
void FakeLauncher::Serve(RunId id) {
  After(world_->options_.run_time_max * random_.Uniform() / 10, [this, id] {
    if (runs_[id].ended) return;
    const std::string endpoint = absl::StrFormat("%s:%d", host_, id.value);
    world_->servers_[endpoint] = true;
    runs_[id].events->OnRunReady(id, {endpoint, {}});
    if (random_.Uniform() > 2 * world_->options_.crashed_runs) return;
    After(world_->options_.run_time_max * random_.Uniform() / 2,
          [this, id] { End(id, Outcome::kCrashed, "signal 9"); });
  });
}

void FakeLauncher::Step(RunId id, uint32_t chunks_left) {
  const auto chunk_time = world_->options_.run_time_max * (random_.Uniform() / 4);
  After(chunk_time, [this, id, chunks_left] {
    Run& run = runs_[id];
    if (run.ended) return;
    for (const RunPeer& peer : run.spec.peers) {
      if (!world_->servers_[peer.endpoint]) return End(id, Outcome::kFailed, "its server is gone");
    }
    std::vector<int64_t> values(1 + random_.Below(100));
    for (int64_t& value : values) value = static_cast<int64_t>(1000 + random_.Below(50));
    run.events->OnRunChunk(id, {"latency", run.written, static_cast<uint32_t>(values.size()),
                                Encoding::kDeltaVarint, EncodeDeltaVarint(values), 1, false});
    run.written += values.size();
    if (random_.Uniform() < world_->options_.crashed_runs) {
      End(id, Outcome::kCrashed, "signal 11");
    } else if (chunks_left == 1) {
      End(id, Outcome::kOk, "");
    } else {
      Step(id, chunks_left - 1);
    }
  });
}

void FakeLauncher::End(RunId id, Outcome outcome, const std::string& message) {
  Run& run = runs_[id];
  if (run.ended) return;
  run.ended = true;
  world_->servers_[absl::StrFormat("%s:%d", host_, id.value)] = false;
  --world_->running_on_[host_];
  world_->witnessed_[id].samples = run.written;
  world_->witnessed_[id].outcome = outcome;
  RunFinished finished;
  finished.outcome = outcome;
  finished.message = message;
  finished.started_at = finished.finished_at = loop_->Now();
  run.events->OnRunFinished(id, std::move(finished));
}

void FakeLauncher::Finish(RunId id) {
  After(absl::Milliseconds(20), [this, id] {
    if (runs_.count(id) != 0) End(id, Outcome::kOk, "");
  });
}

void FakeLauncher::Stop(RunId id, Outcome outcome, const std::string& reason) {
  After(absl::Milliseconds(100), [this, id, outcome, reason] {
    if (runs_.count(id) != 0) End(id, outcome, reason);
  });
}

// ---- the network. A connection is a Link at the agent and a Stream at the coordinator; each holds
// the other weakly, so that a crash of one side is a broken connection for the other.

class World::Stream : public AgentStream {
 public:
  Stream(World* world, Link* link, uint64_t connection);
  void Send(CoordinatorMessage message) override;
  void ReadNext() override { Deliver(1); }
  void Close() override;
  void Arrive(AgentMessage message);
  void Break();  // the agent's end is gone

  SessionId session = 0;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);

 private:
  void Deliver(size_t credits);

  World* const world_;
  Link* const link_;  // valid while connected_
  const uint64_t connection_;
  bool connected_ = true;
  size_t credits_ = 0;
  std::deque<AgentMessage> arrived_;
  absl::Time last_arrival_ = absl::InfinitePast();
};

class World::Link : public CoordinatorLink {
 public:
  Link(World* world, std::string name) : world_(world), name_(std::move(name)) {}
  ~Link() override {
    *alive_ = false;
    Sever();
  }
  void Connect(LinkEvents* events) override;
  void Send(AgentMessage message) override;
  void Close() override { Sever(); }
  // The connection is lost; both ends hear of it.
  void Break();

  void Receive(CoordinatorMessage message, uint64_t connection, absl::Duration delay);
  void CoordinatorClosed(uint64_t connection, absl::Duration delay);

 private:
  void Sever();
  void Tell(uint64_t connection, absl::Duration delay, std::function<void()> task);

  World* const world_;
  const std::string name_;  // as its certificate says
  LinkEvents* events_ = nullptr;
  std::shared_ptr<Stream> stream_;
  uint64_t connection_ = 0;  // counts attempts; 0 before the first
  bool connected_ = false;
  absl::Time last_out_ = absl::InfinitePast();
  absl::Time last_in_ = absl::InfinitePast();
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  friend class Stream;
};

struct World::Coordinator {
  Coordinator(World* world, Store* store)
      : queue(store, &world->loop_, &world->random_),
        fleet({}, &world->loop_, &queue, nullptr,
              [world](const absl::Status& status) { world->OnStorageFailure(status); }),
        scheduler({}, &world->loop_, &queue, &fleet, nullptr,
                  [world](const absl::Status& status) { world->OnStorageFailure(status); }) {}

  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
  std::vector<std::weak_ptr<Stream>> streams;
  SimulatedStoreQueue queue;
  Fleet fleet;
  Scheduler scheduler;
};

struct World::Agent {
  std::string name;
  std::unique_ptr<MemorySpool> spool;
  std::unique_ptr<FakeHost> host;
  std::unique_ptr<FakeLauncher> launcher;
  std::unique_ptr<Link> link;
  std::unique_ptr<AgentSession> session;
};

World::Stream::Stream(World* world, Link* link, uint64_t connection)
    : world_(world), link_(link), connection_(connection) {}

void World::Stream::Send(CoordinatorMessage message) {
  if (!connected_) return;
  ++world_->messages_;
  const bool may_be_lost =
      std::holds_alternative<Desired>(message) || std::holds_alternative<Ack>(message);
  if (world_->faults_on_ && may_be_lost &&
      world_->random_.Uniform() < world_->options_.faults.drop) {
    ++world_->dropped_;
    return;
  }
  const bool twice = world_->faults_on_ && may_be_lost &&
                     world_->random_.Uniform() < world_->options_.faults.repeat;
  if (twice) {
    ++world_->repeated_;
    // The copy comes at any time: behind newer ones as well.
    link_->Receive(message, connection_, world_->Latency() * 20);
  }
  link_->Receive(std::move(message), connection_, world_->Latency());
}

void World::Stream::Close() {
  if (!connected_) return;
  link_->CoordinatorClosed(connection_, world_->Latency());
}

void World::Stream::Arrive(AgentMessage message) {
  if (!connected_) return;
  arrived_.push_back(std::move(message));
  Deliver(0);
}

void World::Stream::Deliver(size_t credits) {
  credits_ += credits;
  if (credits_ == 0 || arrived_.empty()) return;
  --credits_;
  AgentMessage message = std::move(arrived_.front());
  arrived_.pop_front();
  world_->loop_.Post([this, alive = alive, message = std::move(message)]() mutable {
    if (*alive && world_->coordinator_ != nullptr) {
      world_->coordinator_->fleet.OnMessage(session, std::move(message), 1000);
    }
  });
}

void World::Stream::Break() {
  if (!connected_) return;
  connected_ = false;
  world_->loop_.PostAfter(world_->Latency(), [this, alive = alive] {
    if (*alive && world_->coordinator_ != nullptr) world_->coordinator_->fleet.OnGone(session);
  });
}

void World::Link::Connect(LinkEvents* events) {
  Sever();
  events_ = events;
  const uint64_t connection = ++connection_;
  world_->loop_.PostAfter(world_->Latency(), [this, alive = alive_, connection] {
    if (!*alive || connection != connection_) return;
    if (world_->coordinator_ == nullptr || world_->isolated_until_[name_] > world_->loop_.Now()) {
      events_->OnDisconnected(absl::UnavailableError("nobody answers"));
      return;
    }
    Coordinator& coordinator = *world_->coordinator_;
    stream_ = std::make_shared<Stream>(world_, this, connection);
    stream_->alive = coordinator.alive;
    connected_ = true;
    coordinator.streams.push_back(stream_);
    stream_->session = coordinator.fleet.OnConnected(name_, stream_);
    events_->OnConnected();
  });
}

void World::Link::Send(AgentMessage message) {
  if (!connected_) return;
  ++world_->messages_;
  const bool is_state = std::holds_alternative<AgentState>(message);
  const Faults& faults = world_->options_.faults;
  if (world_->faults_on_ && is_state && world_->random_.Uniform() < faults.drop) {
    ++world_->dropped_;
    return;
  }
  const bool is_hello = std::holds_alternative<Hello>(message);
  const int copies =
      world_->faults_on_ && !is_hello && world_->random_.Uniform() < faults.repeat ? 2 : 1;
  world_->repeated_ += copies == 2;
  for (int copy = 0; copy < copies; ++copy) {
    // In order, as on a stream; only whole messages may be missing or doubled.
    last_out_ = std::max(last_out_, world_->loop_.Now() + world_->Latency());
    world_->loop_.PostAfter(last_out_ - world_->loop_.Now(), [stream = stream_, message] {
      if (*stream->alive) stream->Arrive(message);
    });
  }
}

void World::Link::Tell(uint64_t connection, absl::Duration delay, std::function<void()> task) {
  world_->loop_.PostAfter(delay, [this, alive = alive_, connection, task = std::move(task)] {
    if (*alive && connected_ && connection == connection_) task();
  });
}

void World::Link::Receive(CoordinatorMessage message, uint64_t connection, absl::Duration delay) {
  last_in_ = std::max(last_in_, world_->loop_.Now() + delay);
  // A welcome comes first in any case; what else is late is late.
  const absl::Duration wait = std::holds_alternative<Welcome>(message)
                                  ? last_in_ - world_->loop_.Now()
                                  : delay + (last_in_ - world_->loop_.Now());
  Tell(connection, wait, [this, message = std::move(message)] { events_->OnMessage(message); });
}

void World::Link::CoordinatorClosed(uint64_t connection, absl::Duration delay) {
  last_in_ = std::max(last_in_, world_->loop_.Now() + delay);
  Tell(connection, last_in_ - world_->loop_.Now() + absl::Milliseconds(1), [this] {
    LinkEvents* const events = events_;
    Sever();
    events->OnDisconnected(absl::OkStatus());
  });
}

void World::Link::Sever() {
  if (!connected_) {
    ++connection_;  // an attempt under way is given up
    return;
  }
  connected_ = false;
  stream_->Break();
  stream_.reset();
}

void World::Link::Break() {
  if (!connected_) return;
  ++world_->broken_connections_;
  LinkEvents* const events = events_;
  Sever();
  world_->loop_.Post([alive = alive_, events] {
    if (*alive) events->OnDisconnected(absl::UnavailableError("the connection broke"));
  });
}

// ---- the world

World::World(WorldOptions options, Store* store)
    : options_(options),
      store_(store),
      random_(options.seed),
      loop_(absl::FromUnixSeconds(1'700'000'000)) {
  StartCoordinator();
  for (uint32_t i = 0; i < options_.agents; ++i) {
    auto agent = std::make_unique<Agent>();
    agent->name = absl::StrFormat("host-%04d", i);
    agent->spool = std::make_unique<MemorySpool>(absl::StrFormat("spool-%04d", i));
    agents_.push_back(std::move(agent));
    StartAgent(*agents_.back());
    ScheduleFaults(*agents_.back());
  }
  ScheduleCoordinatorCrash();
}

World::~World() {
  for (auto& agent : agents_) {
    agent->session.reset();
    agent->launcher.reset();
    agent->link.reset();
  }
  if (coordinator_ != nullptr) *coordinator_->alive = false;
}

void World::OnStorageFailure(const absl::Status& status) {
  LogError("simulation: %s", Message(status));
  std::abort();  // the simulated disk never fails: this is a bug
}

absl::Duration World::Latency() {
  return absl::Microseconds(100) + options_.faults.latency_max * random_.Uniform();
}

absl::Duration World::Waiting(double per_hour) {
  if (per_hour <= 0) return absl::InfiniteDuration();
  return absl::Hours(-std::log(1 - random_.Uniform()) / per_hour);
}

void World::StartCoordinator() {
  coordinator_ = std::make_unique<Coordinator>(this, store_);
  coordinator_->fleet.Load(*store_->Identity(), *store_->Hosts(), &coordinator_->scheduler);
  coordinator_->scheduler.Load(*store_->OpenJobs(), *store_->LargestIds());
}

void World::CrashCoordinator() {
  ++coordinator_crashes_;
  *coordinator_->alive = false;
  coordinator_.reset();
  for (auto& agent : agents_) agent->link->Break();
  loop_.PostAfter(kCoordinatorDownTime, [this] { StartCoordinator(); });
}

void World::ScheduleCoordinatorCrash() {
  const absl::Duration wait = Waiting(options_.faults.crash_coordinator_per_hour);
  if (wait == absl::InfiniteDuration()) return;
  loop_.PostAfter(wait, [this] {
    if (faults_on_ && coordinator_ != nullptr) CrashCoordinator();
    ScheduleCoordinatorCrash();
  });
}

void World::StartAgent(Agent& agent) {
  AgentSessionOptions options;
  options.host = agent.name;
  options.labels = {{"kind", "local"}};
  options.agent_version = "sim";
  const ParameterDescription size{"size", "", "1", {}, false};
  options.workloads = {
      {"sim.work", "", {size}, {}, "", ""},
      {"sim.echo", "", {size}, {}, "", "", {{kClientRole, "", 1, 2}, {kServerRole, "", 1, 2}}}};
  options.seed = random_.Next();
  agent.host = std::make_unique<FakeHost>(&loop_, agent.name);
  agent.launcher = std::make_unique<FakeLauncher>(this, &loop_, random_.Next(), agent.name);
  agent.link = std::make_unique<Link>(this, agent.name);
  agent.session = std::make_unique<AgentSession>(
      options,
      AgentSurroundings{&loop_, agent.spool.get(), agent.launcher.get(), agent.link.get(),
                        agent.host.get()},
      [](const absl::Status& status) {
        LogError("simulation: an agent gave up: %s", Message(status));
        std::abort();
      });
  agent.session->Start();
}

void World::CrashAgent(Agent& agent) {
  ++agent_crashes_;
  agent.session.reset();
  agent.launcher.reset();
  agent.link = std::make_unique<Link>(this, agent.name);
  agent.spool->ForgetPending();
  loop_.PostAfter(kAgentDownTime, [this, &agent] { StartAgent(agent); });
}

void World::ScheduleFaults(Agent& agent) {
  const absl::Duration broken = Waiting(options_.faults.break_connection_per_hour);
  const absl::Duration crash = Waiting(options_.faults.crash_agent_per_hour);
  const absl::Duration wait = std::min(broken, crash);
  if (wait == absl::InfiniteDuration()) return;
  loop_.PostAfter(wait, [this, &agent, is_crash = crash < broken] {
    if (faults_on_ && agent.session != nullptr) {
      if (is_crash) {
        CrashAgent(agent);
      } else {
        agent.link->Break();
      }
    }
    ScheduleFaults(agent);
  });
}

uint64_t World::still_running() const {
  uint64_t running = 0;
  for (const auto& [host, count] : running_on_) running += count;
  return running;
}

void World::StopFaults() { faults_on_ = false; }

void World::Isolate(const std::string& host, absl::Duration duration) {
  absl::Time& until = isolated_until_[host];
  until = std::max(until, loop_.Now() + duration);
  for (auto& agent : agents_) {
    if (agent->name == host) agent->link->Break();
  }
}

bool World::Submit(const JobSpec& spec, JobId* job) {
  if (coordinator_ == nullptr) return false;
  bool done = false;
  coordinator_->scheduler.Submit(spec, "simulation", false, [&](const absl::StatusOr<Plan>& plan) {
    done = true;
    if (plan.ok()) {
      *job = plan->job;
    } else {
      LogError("simulation: %s", Message(plan.status()));
    }
  });
  for (int i = 0; i < 1000 && !done; ++i) loop_.RunFor(absl::Milliseconds(10));
  return done && *job;
}

bool World::RunUntilDone(absl::Duration limit) {
  const absl::Time end = loop_.Now() + limit;
  while (loop_.Now() < end) {
    loop_.RunFor(absl::Seconds(10));
    if (store_->OpenJobs()->empty()) return true;
  }
  return false;
}

}  // namespace benchfleet::simulation
