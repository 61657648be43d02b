// The whole fleet under faults, from a seed. BENCHFLEET_SIMULATION_SEED runs another world; a
// failure prints the seed that shows it again.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "gtest/gtest.h"
#include "proto/chunk.h"
#include "storage/temporary_store.h"
#include "tests/simulation/world.h"

namespace benchfleet::simulation {
namespace {

uint64_t Seed() {
  const char* const text = std::getenv("BENCHFLEET_SIMULATION_SEED");
  return text == nullptr ? 20'261'121 : std::strtoull(text, nullptr, 10);
}

JobSpec Sweep(const std::string& name, uint32_t sizes, uint32_t runs) {
  JobSpec spec;
  spec.name = name;
  spec.workloads = {{"sim.work", {}, {}}};
  for (uint32_t i = 0; i < sizes; ++i) {
    spec.workloads[0].parameters["size"].push_back(std::to_string(i + 1));
  }
  spec.hosts = {{"kind=local", 0}};
  spec.runs = runs;
  spec.seed = 7;
  spec.retries = 10;
  return spec;
}

// Every one of `clients` with every one of `servers`, in groups of `per_task`.
JobSpec Pairs(const std::string& name, const std::string& clients, const std::string& servers,
              uint32_t per_task, uint32_t runs) {
  JobSpec spec = Sweep(name, 1, runs);
  spec.workloads[0].name = "sim.echo";
  spec.hosts = {{"name=" + clients, 0, kClientRole, per_task},
                {"name=" + servers, 0, kServerRole, per_task}};
  return spec;
}

// Every repetition of every task has exactly one good run (of each client, in a task on several
// hosts), and the store holds what the runners wrote.
void CheckBooks(Store& store, const World& world, JobId job, uint64_t tasks, uint32_t runs) {
  std::map<std::tuple<uint64_t, uint32_t, std::string>, int> good;
  uint64_t seen = 0;
  RunId after;
  for (;;) {
    const auto page = store.Runs(job, after, 500);
    ASSERT_TRUE(page.ok()) << Message(page.status());
    if (page->empty()) break;
    for (const RunResult& run : *page) {
      after = run.run;
      ++seen;
      EXPECT_TRUE(IsFinal(run.state)) << "run " << run.run.value << " is still open";
      if (run.finished.outcome != Outcome::kOk || run.role == kServerRole) continue;
      ++good[{run.task.value, run.repetition, run.role.empty() ? "" : run.host}];
      const auto witnessed = world.witnessed().find(run.run);
      ASSERT_NE(witnessed, world.witnessed().end());
      EXPECT_EQ(witnessed->second.host, run.host);
      uint64_t stored = 0;
      uint64_t position = 0;
      for (;;) {
        const auto chunks = store.Chunks(run.run, &position, 1 << 20);
        ASSERT_TRUE(chunks.ok());
        if (chunks->empty()) break;
        for (const SampleChunk& chunk : *chunks) {
          EXPECT_EQ(chunk.first_index, stored);
          stored += chunk.count;
        }
      }
      EXPECT_EQ(stored, witnessed->second.samples) << "run " << run.run.value;
    }
  }
  EXPECT_EQ(good.size(), tasks * runs);
  for (const auto& [slot, count] : good) EXPECT_EQ(count, 1) << "task " << std::get<0>(slot);
  EXPECT_GE(seen, tasks * runs);
}

// Tasks of two clients and two servers that may have moved: every repetition was done once, by a
// whole group, whose members are those on record.
void CheckGroups(Store& store, JobId job, uint64_t tasks, uint32_t runs) {
  using Attempt = std::tuple<uint64_t, uint32_t, uint32_t>;  // task, repetition, attempt
  std::map<Attempt, std::vector<RunResult>> attempts;
  const auto all = store.Runs(job, RunId(), 100'000);
  ASSERT_TRUE(all.ok()) << Message(all.status());
  for (const RunResult& run : *all) {
    EXPECT_TRUE(IsFinal(run.state)) << "run " << run.run.value << " is still open";
    attempts[{run.task.value, run.repetition, run.attempt}].push_back(run);
  }
  std::map<std::pair<uint64_t, uint32_t>, int> done;
  for (const auto& [attempt, took_part] : attempts) {
    std::vector<TaskMember> who;
    int good = 0;
    for (const RunResult& run : took_part) {
      who.push_back({run.role, run.host});
      EXPECT_EQ(run.members, took_part[0].members);
      good += run.role == kClientRole && run.finished.outcome == Outcome::kOk;
    }
    EXPECT_EQ(who, took_part[0].members);
    EXPECT_TRUE(good == 0 || good == 2) << "half an attempt is in a series";
    done[{std::get<0>(attempt), std::get<1>(attempt)}] += good / 2;
  }
  EXPECT_EQ(done.size(), tasks * runs);
  for (const auto& [slot, count] : done) EXPECT_EQ(count, 1) << "task " << slot.first;
  EXPECT_NE(store.Job(job)->job.message.find("took over"), std::string::npos) << "no task moved";
}

class SimulationTest : public testing::Test {
 protected:
  // A stop or the end of a job may still be on its way, or lost: the next connection brings it.
  static void ExpectAllServersEnd(World& world) {
    for (int i = 0; i < 360 && world.still_running() > 0; ++i) world.RunFor(absl::Seconds(10));
    EXPECT_EQ(world.still_running(), 0u);
  }
  // Thousands of lost connections make thousands of warnings.
  void SetUp() override { ASSERT_TRUE(InitLog("simulation", "error").ok()); }
  TemporaryStore store_;
};

TEST_F(SimulationTest, AQuietWorldDoesEveryRunOnce) {
  WorldOptions options;
  options.seed = Seed();
  options.agents = 5;
  World world(options, store_.get());
  world.RunFor(absl::Seconds(10));
  JobId job;
  ASSERT_TRUE(world.Submit(Sweep("quiet", 3, 4), &job));
  ASSERT_TRUE(world.RunUntilDone(absl::Hours(2)));
  CheckBooks(*store_.get(), world, job, 15, 4);
  EXPECT_EQ(world.witnessed().size(), 60u);
  EXPECT_EQ(world.overlaps(), 0u);
}

TEST_F(SimulationTest, ThousandAgentsThroughLossRepeatsAndCrashes) {
  WorldOptions options;
  options.seed = Seed();
  options.agents = 1000;
  options.crashed_runs = 0.02;
  options.faults = {.drop = 0.02,
                    .repeat = 0.05,
                    .break_connection_per_hour = 6,
                    .crash_agent_per_hour = 2,
                    .crash_coordinator_per_hour = 20};
  World world(options, store_.get());
  world.RunFor(absl::Seconds(90));  // all have said hello
  JobId first;
  JobId second;
  ASSERT_TRUE(world.Submit(Sweep("first", 3, 2), &first));
  while (!world.Submit(Sweep("second", 1, 1), &second)) world.RunFor(absl::Seconds(1));
  // 100 tasks that need two hosts each, and 25 that need four, among all the others' runs.
  JobId pairs;
  JobId fours;
  while (!world.Submit(Pairs("pairs", "host-000*", "host-001*", 1, 2), &pairs)) {
    world.RunFor(absl::Seconds(1));
  }
  while (!world.Submit(Pairs("fours", "host-001*", "host-002*", 2, 1), &fours)) {
    world.RunFor(absl::Seconds(1));
  }
  // Four tasks of two clients and two servers by count, of whom two are away for long.
  JobSpec counted = Pairs("counted", "host-003*", "host-004*", 2, 4);
  counted.hosts[0].count = counted.hosts[1].count = 4;
  JobId moving;
  while (!world.Submit(counted, &moving)) world.RunFor(absl::Seconds(1));
  const absl::StatusOr<std::vector<OpenJob>> open = store_->OpenJobs();
  ASSERT_TRUE(open.ok()) << open.status();
  for (const OpenJob& job : *open) {
    if (job.job.id != moving) continue;
    world.Isolate(job.tasks.front().members.front().host, absl::Minutes(5));
    world.Isolate(job.tasks.front().members.back().host, absl::Minutes(5));
  }
  const bool done = world.RunUntilDone(absl::Hours(6));
  SCOPED_TRACE("BENCHFLEET_SIMULATION_SEED=" + std::to_string(options.seed));
  ASSERT_TRUE(done);
  CheckBooks(*store_.get(), world, first, 3000, 2);
  CheckBooks(*store_.get(), world, second, 1000, 1);
  CheckBooks(*store_.get(), world, pairs, 100, 2);
  CheckBooks(*store_.get(), world, fours, 2 * 25, 1);
  CheckGroups(*store_.get(), moving, 4, 4);
  EXPECT_EQ(world.overlaps(), 0u);
  EXPECT_EQ(world.blind_clients(), 0u);
  ExpectAllServersEnd(world);
  // The world was as bad as it was meant to be.
  EXPECT_GT(world.coordinator_crashes(), 0u);
  EXPECT_GT(world.agent_crashes(), 10u);
  EXPECT_GT(world.broken_connections(), 100u);
  EXPECT_GT(world.dropped(), 100u);
  EXPECT_GT(world.repeated(), 100u);
}

// Groups that overlap in every way, on few hosts that fail often, beside a stream of short runs: no
// two groups wait for each other, and none is starved.
TEST_F(SimulationTest, TasksOnSeveralHostsGetAllTheirHostsOrNone) {
  for (uint64_t round = 0; round < 5; ++round) {
    TemporaryStore store;
    WorldOptions options;
    options.seed = Seed() + round;
    options.agents = 8;
    options.crashed_runs = 0.03;
    options.faults = {.drop = 0.02,
                      .repeat = 0.05,
                      .break_connection_per_hour = 20,
                      .crash_agent_per_hour = 10,
                      .crash_coordinator_per_hour = 10};
    SCOPED_TRACE("BENCHFLEET_SIMULATION_SEED=" + std::to_string(options.seed));
    World world(options, store.get());
    world.RunFor(absl::Seconds(90));
    const JobSpec specs[] = {Sweep("alone", 5, 5), Pairs("all", "host-*", "host-*", 1, 1),
                             Pairs("four", "host-*", "host-*", 2, 1)};
    JobId jobs[3];
    for (int i = 0; i < 3; ++i) {
      while (!world.Submit(specs[i], &jobs[i])) world.RunFor(absl::Seconds(1));
    }
    ASSERT_TRUE(world.RunUntilDone(absl::Hours(12)));
    CheckBooks(*store.get(), world, jobs[0], 40, 5);
    CheckBooks(*store.get(), world, jobs[1], 56, 1);
    CheckBooks(*store.get(), world, jobs[2], 2 * 12, 1);
    EXPECT_EQ(world.overlaps(), 0u);
    EXPECT_EQ(world.blind_clients(), 0u);
    ExpectAllServersEnd(world);
  }
}

// Hosts are cut off for longer than the lease, some for ever, and their runs end meanwhile.
TEST_F(SimulationTest, TasksPlacedByCountMoveAwayFromLostHostsAndAreDoneOnce) {
  WorldOptions options;
  options.seed = Seed();
  options.agents = 12;
  options.crashed_runs = 0.02;
  options.run_time_max = absl::Minutes(4);
  options.faults = {.drop = 0.02,
                    .repeat = 0.05,
                    .break_connection_per_hour = 20,
                    .crash_agent_per_hour = 5,
                    .crash_coordinator_per_hour = 10};
  SCOPED_TRACE("BENCHFLEET_SIMULATION_SEED=" + std::to_string(options.seed));
  World world(options, store_.get());
  world.RunFor(absl::Seconds(90));
  JobSpec spec = Sweep("counted", 4, 6);
  spec.hosts = {{"kind=local", 3}};
  JobId job;
  while (!world.Submit(spec, &job)) world.RunFor(absl::Seconds(1));
  Random random(options.seed);
  for (int i = 0; i < 200 && !store_->OpenJobs()->empty(); ++i) {
    const std::vector<StoredTask> tasks = store_->OpenJobs()->at(0).tasks;
    const std::string& host = tasks[random.Below(tasks.size())].host;
    world.Isolate(host, i < 4 ? absl::InfiniteDuration() : absl::Minutes(2 + random.Below(5)));
    world.RunFor(absl::Minutes(3));
  }
  ASSERT_TRUE(world.RunUntilDone(absl::Hours(24)));
  CheckBooks(*store_.get(), world, job, 12, 6);
  EXPECT_EQ(world.overlaps(), 0u);
  std::map<uint64_t, std::set<std::string>> hosts_of_task;
  const auto runs = store_->Runs(job, RunId(), 10'000);
  for (const RunResult& run : *runs) hosts_of_task[run.task.value].insert(run.host);
  EXPECT_TRUE(std::any_of(hosts_of_task.begin(), hosts_of_task.end(), [](const auto& task) {
    return task.second.size() > 1;
  })) << "no task moved";
}

// The same for tasks on several hosts: clients and servers are lost while they wait, begin, measure
// and finish; some come back with runs that nobody wants any more.
TEST_F(SimulationTest, GroupsPlacedByCountMoveAwayFromLostHostsAndAreDoneOnce) {
  for (uint64_t round = 0; round < 3; ++round) {
    TemporaryStore store;
    WorldOptions options;
    options.seed = Seed() + round;
    options.agents = 20;
    options.crashed_runs = 0.02;
    options.run_time_max = absl::Minutes(2);
    options.faults = {.drop = 0.02,
                      .repeat = 0.05,
                      .break_connection_per_hour = 20,
                      .crash_agent_per_hour = 5,
                      .crash_coordinator_per_hour = 10};
    SCOPED_TRACE("BENCHFLEET_SIMULATION_SEED=" + std::to_string(options.seed));
    World world(options, store.get());
    world.RunFor(absl::Seconds(90));
    // Clients among the first ten hosts, servers among the others, two of each in a task.
    JobSpec spec = Pairs("counted", "host-000*", "host-001*", 2, 4);
    spec.hosts[0].count = spec.hosts[1].count = 4;
    JobId job;
    while (!world.Submit(spec, &job)) world.RunFor(absl::Seconds(1));
    Random random(options.seed);
    for (int i = 0; i < 200 && !store.get()->OpenJobs()->empty(); ++i) {
      const std::vector<StoredTask> tasks = store.get()->OpenJobs()->at(0).tasks;
      const std::vector<TaskMember>& members = tasks[random.Below(tasks.size())].members;
      const std::string& host = members[random.Below(members.size())].host;
      world.Isolate(host, i < 4 ? absl::InfiniteDuration() : absl::Minutes(2 + random.Below(5)));
      world.RunFor(absl::Minutes(3));
    }
    ASSERT_TRUE(world.RunUntilDone(absl::Hours(24)));
    CheckGroups(*store.get(), job, 4, 4);
    EXPECT_EQ(world.overlaps(), 0u);
    EXPECT_EQ(world.blind_clients(), 0u);
  }
}

TEST_F(SimulationTest, TheSameSeedMakesTheSameWorld) {
  std::vector<uint64_t> messages;
  for (int i = 0; i < 2; ++i) {
    TemporaryStore store;
    WorldOptions options;
    options.seed = Seed();
    options.agents = 10;
    options.faults = {.drop = 0.05,
                      .repeat = 0.1,
                      .break_connection_per_hour = 60,
                      .crash_agent_per_hour = 30,
                      .crash_coordinator_per_hour = 30};
    World world(options, store.get());
    world.RunFor(absl::Seconds(30));
    JobId job;
    while (!world.Submit(Sweep("same", 2, 3), &job)) world.RunFor(absl::Seconds(1));
    ASSERT_TRUE(world.RunUntilDone(absl::Hours(6)));
    CheckBooks(*store.get(), world, job, 20, 3);
    messages.push_back(world.messages());
  }
  EXPECT_EQ(messages[0], messages[1]);
}

}  // namespace
}  // namespace benchfleet::simulation
