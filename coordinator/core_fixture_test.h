// A coordinator's core with hand-driven agents on a simulated loop. Private to the tests of
// coordinator/.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/status.h"
#include "base/task_loop.h"
#include "coordinator/fleet.h"
#include "coordinator/scheduler.h"
#include "gtest/gtest.h"
#include "proto/chunk.h"
#include "storage/simulated_store_queue.h"
#include "storage/temporary_store.h"

namespace benchfleet {

// What an agent would see of the coordinator.
class FakeStream : public AgentStream {
 public:
  void Send(CoordinatorMessage message) override {
    if (auto* desired = std::get_if<Desired>(&message)) {
      last_desired = *desired;
    } else if (auto* ack = std::get_if<Ack>(&message)) {
      acked = ack->through_sequence;
    } else if (auto* refusal = std::get_if<Refusal>(&message)) {
      refused = *refusal;
    } else {
      welcome = std::get<Welcome>(message);
    }
  }
  void ReadNext() override { ++credits; }
  void Close() override { closed = true; }

  std::optional<Welcome> welcome;
  std::optional<Refusal> refused;
  std::optional<Desired> last_desired;
  uint64_t acked = 0;
  int credits = 0;
  bool closed = false;
};

// An agent without a brain: the test says what it tells.
struct FakeAgent {
  std::string name;
  std::shared_ptr<FakeStream> stream;
  SessionId session = 0;
  uint64_t sequence = 0;
};

class CoreFixture : public testing::Test {
 protected:
  CoreFixture() : random_(1), loop_(absl::FromUnixSeconds(1'700'000'000)) {
    EXPECT_TRUE(InitLog("test", "error").ok());
    StartCore();
  }

  void StartCore() {
    queue_ = std::make_unique<SimulatedStoreQueue>(store_.get(), &loop_, &random_);
    const auto fail = [](const absl::Status& status) { ADD_FAILURE() << Message(status); };
    fleet_ = std::make_unique<Fleet>(Fleet::Options(), &loop_, queue_.get(), nullptr, fail);
    scheduler_ = std::make_unique<Scheduler>(Scheduler::Options(), &loop_, queue_.get(),
                                             fleet_.get(), nullptr, fail);
    fleet_->Load(*store_->Identity(), *store_->Hosts(), scheduler_.get());
    scheduler_->Load(*store_->OpenJobs(), *store_->LargestIds());
  }
  // As after SIGKILL: what was not committed is gone.
  void RestartCore() {
    scheduler_.reset();
    fleet_.reset();
    queue_.reset();
    StartCore();
  }

  void Settle() { loop_.RunFor(absl::Milliseconds(500)); }

  static Hello HelloOf(const std::string& name) {
    Hello hello;
    hello.host = name;
    hello.labels = {{"kind", "local"}};
    hello.agent_version = "test";
    hello.fingerprint = {"identity", "state", "host-" + name, "{}", "{}", {}};
    hello.workloads = {{"work", "", {{"size", "", "1", {}, false}}, {}, "", ""}};
    hello.spool_id = "spool-" + name;
    return hello;
  }

  FakeAgent Connect(const std::string& certificate_name) {
    FakeAgent agent{certificate_name, std::make_shared<FakeStream>(), 0, 0};
    agent.session = fleet_->OnConnected(certificate_name, agent.stream);
    return agent;
  }
  FakeAgent Join(const std::string& name, const std::vector<RunId>& runs = {}) {
    FakeAgent agent = Connect(name);
    fleet_->OnMessage(agent.session, HelloOf(name), 100);
    Settle();
    EXPECT_TRUE(agent.stream->welcome.has_value()) << name;
    if (agent.stream->welcome) agent.sequence = agent.stream->welcome->acked_sequence;
    Tell(agent, runs);
    return agent;
  }
  void Leave(const FakeAgent& agent) {
    fleet_->OnGone(agent.session);
    Settle();
  }

  // The agent's state: it has heard the newest Desired, and these runs are going on.
  void Tell(const FakeAgent& agent, const std::vector<RunId>& runs,
            const std::string& not_accepting = "") {
    AgentState state;
    state.desired_version = agent.stream->last_desired ? agent.stream->last_desired->version : 0;
    for (const RunId run : runs) state.runs.push_back({run, RunPhase::kMeasuring, 5});
    state.not_accepting = not_accepting;
    fleet_->OnMessage(agent.session, AgentMessage(state), 100);
    Settle();
  }

  static std::vector<RunId> Wanted(const FakeAgent& agent) {
    std::vector<RunId> runs;
    if (!agent.stream->last_desired) return runs;
    for (const RunAssignment& run : agent.stream->last_desired->runs) runs.push_back(run.run);
    return runs;
  }

  // The run's whole story in one batch: three samples, then this end.
  void Report(FakeAgent& agent, RunId run, Outcome outcome) {
    RunStarted started;
    started.started_at = loop_.Now();
    started.metrics = {{"latency", "ns", Direction::kLowerIsBetter, "", 0}};
    RunFinished finished;
    finished.outcome = outcome;
    finished.started_at = finished.finished_at = loop_.Now();
    finished.sample_counts = {{"latency", 3}};
    const SampleChunk chunk{"latency",
                            0,
                            3,
                            Encoding::kDeltaVarint,
                            EncodeDeltaVarint(std::vector<int64_t>{10, 11, 12}),
                            1,
                            false};
    SendBatch(agent, {{run, started}, {run, chunk}, {run, finished}});
  }
  void SendBatch(FakeAgent& agent, std::vector<Record> records) {
    RecordBatch batch{"spool-" + agent.name, agent.sequence + 1, std::move(records)};
    agent.sequence += batch.records.size();
    fleet_->OnMessage(agent.session, AgentMessage(std::move(batch)), 500);
    Settle();
  }

  JobSpec SpecOf(const std::string& name, uint32_t runs) {
    JobSpec spec;
    spec.name = name;
    spec.workloads = {{"work", {}, {}}};
    spec.hosts = {{"kind=local", 0}};
    spec.runs = runs;
    spec.seed = 1;
    return spec;
  }
  JobId Submit(const JobSpec& spec) {
    JobId id;
    scheduler_->Submit(spec, "ann", false, [&](const absl::StatusOr<Plan>& plan) {
      ASSERT_TRUE(plan.ok()) << Message(plan.status());
      id = plan->job;
    });
    Settle();
    return id;
  }
  StoredJob Stored(JobId id) { return store_->Job(id)->job; }

  TemporaryStore store_;
  Random random_;
  SimulatedLoop loop_;
  std::unique_ptr<SimulatedStoreQueue> queue_;
  std::unique_ptr<Fleet> fleet_;
  std::unique_ptr<Scheduler> scheduler_;
};

}  // namespace benchfleet
