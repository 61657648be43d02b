// Tasks on several hosts, through the real scheduler.
#include <algorithm>

#include "coordinator/together_fixture_test.h"

namespace benchfleet {
namespace {

using TogetherTest = TogetherFixture;

TEST_F(TogetherTest, TheServerBeginsThenTheClientThenTheServerFinishes) {
  FakeAgent a = JoinAs("a");
  FakeAgent b = JoinAs("b");
  const JobId job = Submit(Echo("a", "b"));
  EXPECT_TRUE(Wanted(a).empty()) << "there is no server yet";
  const RunAssignment server = Only(b);
  EXPECT_EQ(server.spec.role, kServerRole);
  EXPECT_EQ(server.spec.peers, (std::vector<RunPeer>{{kClientRole, "a", "", {}}}));
  EXPECT_FALSE(server.finish);
  Serve(b, server.run);
  const RunAssignment client = Only(a);
  EXPECT_EQ(client.spec.role, kClientRole);
  EXPECT_EQ(client.spec.peers,
            (std::vector<RunPeer>{{kServerRole, "b", "b:4000", {{"key", "k"}}}}));
  Report(a, client.run, Outcome::kOk);
  EXPECT_TRUE(Wanted(a).empty());
  EXPECT_TRUE(Only(b).finish);
  Report(b, server.run, Outcome::kOk);
  EXPECT_TRUE(Wanted(b).empty());
  EXPECT_EQ(Stored(job).state, State::kDone);
  EXPECT_EQ(Ends(job), (std::vector<std::string>{"client ok", "server ok"}));
  EXPECT_EQ(Results(job).at(0).members,
            (std::vector<TaskMember>{{kClientRole, "a"}, {kServerRole, "b"}}));
  // Each is in a series of its own.
  const auto history = [&](const std::string& identity) {
    return store_->History({"echo", {}, "latency", "ns", identity}, 10)->size();
  };
  EXPECT_EQ(history("identity:client,server=identity"), 1u);
  EXPECT_EQ(history("identity:server,client=identity"), 1u);
  EXPECT_EQ(history("identity"), 0u);
}

TEST_F(TogetherTest, AServerThatCrashesEndsItsClientAndTheSlotIsTriedAgain) {
  FakeAgent a = JoinAs("a");
  FakeAgent b = JoinAs("b");
  JobSpec spec = Echo("a", "b");
  spec.retries = 1;
  const JobId job = Submit(spec);
  for (int attempt = 0; attempt < 2; ++attempt) {
    Serve(b, Wanted(b).at(0));
    const RunId client = Wanted(a).at(0);
    Report(b, Wanted(b).at(0), Outcome::kCrashed);
    EXPECT_EQ(std::count(Wanted(a).begin(), Wanted(a).end(), client), 0);
  }
  EXPECT_EQ(Stored(job).state, State::kFailed);
  EXPECT_EQ(Ends(job), (std::vector<std::string>{"client cancelled", "server crashed",
                                                 "client cancelled", "server crashed"}));
  EXPECT_NE(Stored(job).message.find("echo on a -> b"), std::string::npos) << Stored(job).message;
  EXPECT_NE(Stored(job).message.find("server on b"), std::string::npos) << Stored(job).message;
}

// The client's word comes first, and would fail the task by itself.
TEST_F(TogetherTest, AClientThatFailsSinceItsServerCrashedIsNoFailure) {
  FakeAgent a = JoinAs("a");
  FakeAgent b = JoinAs("b");
  const JobId job = Submit(Echo("a", "b"));
  const RunId server = Wanted(b).at(0);
  Serve(b, server);
  Report(a, Wanted(a).at(0), Outcome::kFailed);
  EXPECT_EQ(Stored(job).state, State::kRunning);
  Report(b, server, Outcome::kCrashed);
  EXPECT_NE(Wanted(b).at(0), server) << "tried again";
}

TEST_F(TogetherTest, ALostClientLetsTheServerFinishAndAllIsTriedAgain) {
  FakeAgent a = JoinAs("a");
  FakeAgent b = JoinAs("b");
  const JobId job = Submit(Echo("a", "b"));
  const RunId server = Wanted(b).at(0);
  Serve(b, server);
  const RunId client = Wanted(a).at(0);
  Leave(a);
  loop_.RunFor(absl::Seconds(61));
  EXPECT_TRUE(Only(b).finish);
  Report(b, server, Outcome::kOk);
  EXPECT_TRUE(Wanted(b).empty()) << "nothing is leased without the other host";
  // The late result comes to an attempt that is over.
  a = JoinAs("a", {{client, RunPhase::kMeasuring, 5}});
  EXPECT_EQ(std::count(Wanted(a).begin(), Wanted(a).end(), client), 0);
  Report(a, client, Outcome::kOk);
  EXPECT_EQ(Ends(job).at(0), "client lost");
  Serve(b, Wanted(b).at(0));
  Report(a, Wanted(a).at(0), Outcome::kOk);
  Report(b, Wanted(b).at(0), Outcome::kOk);
  EXPECT_EQ(Stored(job).state, State::kDone);
}

TEST_F(TogetherTest, CancelEndsAllRuns) {
  FakeAgent a = JoinAs("a");
  FakeAgent b = JoinAs("b");
  const JobId job = Submit(Echo("a", "b", 3));
  Serve(b, Wanted(b).at(0));
  scheduler_->Cancel(job, "by ann", [](const absl::Status& status) { EXPECT_TRUE(status.ok()); });
  Settle();
  EXPECT_TRUE(Wanted(a).empty());
  EXPECT_TRUE(Wanted(b).empty());
  EXPECT_EQ(Stored(job).state, State::kCancelled);
  EXPECT_EQ(Ends(job), (std::vector<std::string>{"client cancelled", "server cancelled"}));
}

TEST_F(TogetherTest, ARestartGoesOnWhereverItWas) {
  FakeAgent a = JoinAs("a");
  FakeAgent b = JoinAs("b");
  const JobId job = Submit(Echo("a", "b"));
  const RunId server = Wanted(b).at(0);
  RestartCore();  // before the server was ready
  a = JoinAs("a");
  EXPECT_TRUE(Wanted(a).empty());
  b = JoinAs("b", {{server, RunPhase::kMeasuring, 0, "b:4000", {}}});
  const RunId client = Wanted(a).at(0);
  RestartCore();  // while the client measures; its agent comes back first
  a = JoinAs("a", {{client, RunPhase::kMeasuring, 5}});
  EXPECT_EQ(Wanted(a), std::vector<RunId>{client});
  b = JoinAs("b", {{server, RunPhase::kMeasuring, 0, "b:4000", {}}});
  EXPECT_FALSE(Only(b).finish);
  Report(a, client, Outcome::kOk);
  RestartCore();  // while the server finishes
  a = JoinAs("a");
  b = JoinAs("b", {{server, RunPhase::kMeasuring, 0, "b:4000", {}}});
  EXPECT_TRUE(Only(b).finish);
  Report(b, server, Outcome::kOk);
  EXPECT_EQ(Stored(job).state, State::kDone);
  EXPECT_EQ(Ends(job), (std::vector<std::string>{"client ok", "server ok"}));
}

// Single runs of another job would keep one of the two hosts busy at any moment, for ever.
TEST_F(TogetherTest, AGroupIsNotStarvedByRunsOnItsHosts) {
  FakeAgent a = JoinAs("a");
  FakeAgent b = JoinAs("b");
  Submit(SpecOf("stream", 50));
  const JobId job = Submit(Echo("a", "b"));
  int turns = 0;
  FakeAgent* const agents[] = {&a, &b};
  while (turns < 20 && Ends(job).empty()) {
    FakeAgent& agent = *agents[turns++ % 2];
    loop_.RunFor(absl::Seconds(5));
    if (!Wanted(agent).empty()) Report(agent, Wanted(agent)[0], Outcome::kOk);
  }
  EXPECT_LT(turns, 6) << "two hosts, one run each to wait for";
  EXPECT_EQ(Only(b).spec.role, kServerRole);
}

TEST_F(TogetherTest, HostsAreNotHeldForAGroupOneOfWhichIsAway) {
  FakeAgent a = JoinAs("a");
  Leave(JoinAs("b"));
  const JobId echo = Submit(Echo("a", "b"));
  JobSpec alone = SpecOf("alone", 2);
  alone.hosts = {{"name=a", 0}};
  const JobId job = Submit(alone);
  for (int i = 0; i < 2; ++i) Report(a, Wanted(a).at(0), Outcome::kOk);
  EXPECT_EQ(Stored(job).state, State::kDone);
  EXPECT_EQ(scheduler_->StatusOf(echo)->message, "waits for host b");
}

}  // namespace
}  // namespace benchfleet
