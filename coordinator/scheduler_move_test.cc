#include "coordinator/core_fixture_test.h"
#include "coordinator/scheduler.h"

namespace benchfleet {
namespace {

constexpr absl::Duration kPastLease = absl::Seconds(61);

class SchedulerMoveTest : public CoreFixture {
 protected:
  JobSpec Counted(uint32_t runs, uint32_t count = 1) {
    JobSpec spec = SpecOf("counted", runs);
    spec.hosts = {{"kind=local", count}};
    return spec;
  }
  // Outcomes of ok, by host.
  std::map<std::string, int> GoodRuns(JobId job) {
    std::map<std::string, int> good;
    const auto runs = store_->Runs(job, RunId(), 100);
    for (const RunResult& run : *runs) good[run.host] += run.finished.outcome == Outcome::kOk;
    std::erase_if(good, [](const auto& entry) { return entry.second == 0; });
    return good;
  }
  void Finish(FakeAgent& agent, int runs) {
    for (int i = 0; i < runs; ++i) {
      ASSERT_EQ(Wanted(agent).size(), 1u);
      Report(agent, Wanted(agent)[0], Outcome::kOk);
    }
  }
  using Counts = std::map<std::string, int>;
};

TEST_F(SchedulerMoveTest, WhatWaitsForALostHostGoesToAnotherThatMatches) {
  FakeAgent a = Join("a");
  const JobId job = Submit(Counted(3));
  FakeAgent b = Join("b");
  Finish(a, 1);
  Leave(a);
  EXPECT_TRUE(Wanted(b).empty()) << "not before the lease is over";
  loop_.RunFor(kPastLease);
  const JobStatus status = *scheduler_->StatusOf(job);
  ASSERT_EQ(status.hosts.size(), 2u);
  EXPECT_EQ(status.hosts[0].runs, 1u);
  EXPECT_EQ(status.hosts[1].runs, 2u);
  EXPECT_EQ(status.runs, 3u);
  EXPECT_EQ(status.message, "host a was away for longer than 1m: b took over its 1 waiting task");
  Finish(b, 2);
  EXPECT_EQ(Stored(job).state, State::kDone);
  EXPECT_EQ(GoodRuns(job), (Counts{{"a", 1}, {"b", 2}}));
  EXPECT_EQ(store_->JobHosts(job)->size(), 2u);
}

TEST_F(SchedulerMoveTest, AJobForAllHostsWaitsForItsHost) {
  FakeAgent a = Join("a");
  const JobId job = Submit(SpecOf("all", 2));
  FakeAgent b = Join("b");
  Leave(a);
  loop_.RunFor(kPastLease);
  EXPECT_TRUE(Wanted(b).empty());
  EXPECT_EQ(scheduler_->StatusOf(job)->message, "waits for host a");
}

TEST_F(SchedulerMoveTest, AHostThatComesLaterTakesItOver) {
  FakeAgent a = Join("a");
  const JobId job = Submit(Counted(1));
  Leave(a);
  loop_.RunFor(kPastLease);
  EXPECT_EQ(scheduler_->StatusOf(job)->message, "waits for host a");
  FakeAgent b = Join("b");
  Finish(b, 1);
  EXPECT_EQ(Stored(job).state, State::kDone);
}

TEST_F(SchedulerMoveTest, AHostThatTakesNoWorkIsPassedOver) {
  FakeAgent a = Join("a");
  FakeAgent b = Join("b");
  Tell(b, {}, "the spool is full");
  const JobId job = Submit(Counted(1));
  ASSERT_EQ(Wanted(a).size(), 1u);
  Leave(a);
  loop_.RunFor(kPastLease);
  EXPECT_EQ(scheduler_->StatusOf(job)->message, "waits for host a");
  Tell(b, {});
  Finish(b, 1);
  EXPECT_EQ(Stored(job).state, State::kDone);
}

TEST_F(SchedulerMoveTest, TwoCopiesOfACellAreNeverOnOneHost) {
  FakeAgent a = Join("a");
  FakeAgent b = Join("b");
  const JobId job = Submit(Counted(1, 2));
  Leave(a);
  loop_.RunFor(kPastLease);
  Finish(b, 1);
  EXPECT_TRUE(Wanted(b).empty());
  EXPECT_EQ(scheduler_->StatusOf(job)->message, "waits for host a");
  FakeAgent c = Join("c");
  Finish(c, 1);
  EXPECT_EQ(GoodRuns(job), (Counts{{"b", 1}, {"c", 1}}));
}

TEST_F(SchedulerMoveTest, TheLostHostsResultComesTooLate) {
  FakeAgent a = Join("a");
  const JobId job = Submit(Counted(1));
  const RunId lost = Wanted(a)[0];
  FakeAgent b = Join("b");
  Leave(a);
  loop_.RunFor(kPastLease);
  ASSERT_EQ(Wanted(b).size(), 1u);
  a = Join("a", {lost});
  EXPECT_TRUE(Wanted(a).empty()) << "it is told to stop";
  Report(a, lost, Outcome::kOk);
  Finish(b, 1);
  EXPECT_EQ(Stored(job).state, State::kDone);
  EXPECT_EQ(GoodRuns(job), (Counts{{"b", 1}}));
}

TEST_F(SchedulerMoveTest, TheLostHostsResultIsTakenWhileItsReplacementIsBusy) {
  FakeAgent a = Join("a");
  const JobId job = Submit(Counted(1));
  const RunId lost = Wanted(a)[0];
  FakeAgent b = Join("b");
  JobSpec other = SpecOf("other", 1);
  other.hosts = {{"name=b", 0}};
  Submit(other);
  Leave(a);
  loop_.RunFor(kPastLease);
  a = Join("a", {lost});
  Report(a, lost, Outcome::kOk);
  EXPECT_EQ(Stored(job).state, State::kDone);
  EXPECT_EQ(GoodRuns(job), (Counts{{"a", 1}}));
  Finish(b, 1);
  EXPECT_TRUE(Wanted(b).empty());
}

TEST_F(SchedulerMoveTest, ARestartRemembersWhereTheTaskWent) {
  FakeAgent a = Join("a");
  const JobId job = Submit(Counted(3));
  Finish(a, 1);
  FakeAgent b = Join("b");
  Leave(a);
  loop_.RunFor(kPastLease);
  const RunId running = Wanted(b).at(0);
  RestartCore();
  b = Join("b", {running});
  EXPECT_EQ(Wanted(b), std::vector<RunId>{running});
  const JobStatus status = *scheduler_->StatusOf(job);
  ASSERT_EQ(status.hosts.size(), 2u);
  EXPECT_EQ(status.hosts[0].runs_done, 1u);
  EXPECT_EQ(status.hosts[1].runs, 2u);
  Finish(b, 2);
  EXPECT_EQ(Stored(job).state, State::kDone);
  EXPECT_EQ(GoodRuns(job), (Counts{{"a", 1}, {"b", 2}}));
}

TEST_F(SchedulerMoveTest, ARestartedCoordinatorGivesUpAHostThatDoesNotComeBack) {
  FakeAgent a = Join("a");
  const JobId job = Submit(Counted(1));
  RestartCore();
  FakeAgent b = Join("b");
  EXPECT_TRUE(Wanted(b).empty());
  loop_.RunFor(kPastLease);
  Finish(b, 1);
  EXPECT_EQ(Stored(job).state, State::kDone);
}

TEST_F(SchedulerMoveTest, WhatAStoppingAgentHasNotBegunWaitsAgain) {
  FakeAgent a = Join("a");
  const JobId job = Submit(Counted(1));
  const RunId run = Wanted(a).at(0);
  AgentState state;
  state.desired_version = a.stream->last_desired->version;
  state.not_accepting = "the agent is stopping";
  state.draining = true;
  fleet_->OnMessage(a.session, AgentMessage(state), 100);
  Settle();
  const RunResult ended = store_->Runs(job, RunId(), 10)->at(0);
  EXPECT_EQ(ended.finished.outcome, Outcome::kCancelled);
  EXPECT_EQ(ended.finished.message, "the agent is stopping and had not begun it");
  const JobStatus status = *scheduler_->StatusOf(job);
  EXPECT_EQ(status.hosts.at(0).now, "takes no work: the agent is stopping");
  EXPECT_EQ(status.hosts.at(0).runs_failed, 0u);
  Leave(a);
  a = Join("a");
  ASSERT_EQ(Wanted(a).size(), 1u);
  EXPECT_NE(Wanted(a)[0], run);
  Finish(a, 1);
  EXPECT_EQ(Stored(job).state, State::kDone);
}

}  // namespace
}  // namespace benchfleet
