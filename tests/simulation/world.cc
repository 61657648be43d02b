#include "tests/simulation/world.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/log.h"
#include "base/status.h"
#include "tests/simulation/world_parts.h"

namespace benchfleet::simulation {
namespace {

constexpr absl::Duration kCoordinatorDownTime = absl::Seconds(5);
constexpr absl::Duration kAgentDownTime = absl::Seconds(3);

}  // namespace

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
