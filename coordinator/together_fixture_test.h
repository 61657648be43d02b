// Agents that know a workload with roles, for tests of tasks on several hosts. Private to the tests
// of coordinator/.
#pragma once

#include <string>
#include <vector>

#include "coordinator/core_fixture_test.h"

namespace benchfleet {

class TogetherFixture : public CoreFixture {
 protected:
  FakeAgent JoinAs(const std::string& name, const std::vector<RunStatus>& runs = {}) {
    FakeAgent agent = Connect(name);
    Hello hello = HelloOf(name);
    hello.workloads.push_back(
        {"echo", "", {}, {}, "", "", {{kClientRole, "", 1, 2}, {kServerRole, "", 1, 1}}});
    fleet_->OnMessage(agent.session, hello, 100);
    Settle();
    if (agent.stream->welcome) agent.sequence = agent.stream->welcome->acked_sequence;
    TellRuns(agent, runs);
    return agent;
  }
  void TellRuns(const FakeAgent& agent, const std::vector<RunStatus>& runs) {
    AgentState state;
    state.desired_version = agent.stream->last_desired ? agent.stream->last_desired->version : 0;
    state.runs = runs;
    fleet_->OnMessage(agent.session, AgentMessage(state), 100);
    Settle();
  }
  // The agent's server run is ready.
  void Serve(const FakeAgent& agent, RunId run) {
    TellRuns(agent, {{run, RunPhase::kMeasuring, 0, agent.name + ":4000", {{"key", "k"}}}});
  }
  static JobSpec Echo(const std::string& client, const std::string& server, uint32_t runs = 1) {
    JobSpec spec;
    spec.name = "echo";
    spec.workloads = {{"echo", {}, {}}};
    spec.hosts = {{"name=" + client, 0, kClientRole}, {"name=" + server, 0, kServerRole}};
    spec.runs = runs;
    spec.seed = 1;
    return spec;
  }
  // One attempt that succeeds, on these agents alone.
  void Do(FakeAgent& client, FakeAgent& server) {
    ASSERT_EQ(Wanted(server).size(), 1u) << server.name;
    Serve(server, Wanted(server)[0]);
    ASSERT_EQ(Wanted(client).size(), 1u) << client.name;
    Report(client, Wanted(client)[0], Outcome::kOk);
    Report(server, Wanted(server).at(0), Outcome::kOk);
  }
  std::vector<RunResult> Results(JobId job) { return *store_->Runs(job, RunId(), 100); }
  // "client ok", in order of run.
  std::vector<std::string> Ends(JobId job) {
    std::vector<std::string> ends;
    for (const RunResult& run : Results(job)) {
      ends.push_back(run.role + " " + std::string(OutcomeName(run.finished.outcome)));
    }
    return ends;
  }
  static const RunAssignment& Only(const FakeAgent& agent) {
    EXPECT_EQ(agent.stream->last_desired->runs.size(), 1u);
    return agent.stream->last_desired->runs.at(0);
  }
};

}  // namespace benchfleet
