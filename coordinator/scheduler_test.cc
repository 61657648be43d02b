#include "coordinator/scheduler.h"

#include <algorithm>

#include "coordinator/core_fixture_test.h"

namespace benchfleet {
namespace {

using SchedulerTest = CoreFixture;

TEST_F(SchedulerTest, RunsGoOneByOneAndTheJobEnds) {
  FakeAgent agent = Join("a");
  const JobId job = Submit(SpecOf("j", 3));
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(Wanted(agent).size(), 1u);
    Report(agent, Wanted(agent)[0], Outcome::kOk);
  }
  EXPECT_TRUE(Wanted(agent).empty());
  EXPECT_EQ(Stored(job).state, State::kDone);
  EXPECT_FALSE(scheduler_->StatusOf(job).has_value());
}

TEST_F(SchedulerTest, ADryRunPlansAndStoresNothing) {
  FakeAgent agent = Join("a");
  Plan plan;
  scheduler_->Submit(SpecOf("j", 3), "ann", true,
                     [&](const absl::StatusOr<Plan>& made) { plan = *made; });
  Settle();
  EXPECT_EQ(plan.runs.size(), 3u);
  EXPECT_EQ(plan.runs_without_estimate, 3u);
  EXPECT_TRUE(store_->Jobs({})->empty());
}

TEST_F(SchedulerTest, AJobForAHostThatIsAwayWaitsAndSaysForWhat) {
  Leave(Join("a"));
  const JobId job = Submit(SpecOf("j", 1));
  const JobStatus status = *scheduler_->StatusOf(job);
  EXPECT_EQ(status.message, "waits for host a");
  EXPECT_EQ(status.hosts.at(0).now, "away; its runs wait");
  FakeAgent agent = Join("a");
  ASSERT_EQ(Wanted(agent).size(), 1u);
  Report(agent, Wanted(agent)[0], Outcome::kOk);
  EXPECT_EQ(Stored(job).state, State::kDone);
}

TEST_F(SchedulerTest, HigherPriorityGoesFirst) {
  FakeAgent agent = Join("a");
  Submit(SpecOf("first", 3));
  JobSpec urgent = SpecOf("urgent", 1);
  urgent.priority = 5;
  const JobId job = Submit(urgent);
  Report(agent, Wanted(agent)[0], Outcome::kOk);  // the first job's first run was under way
  EXPECT_NE(scheduler_->WhatRunsOn("a").find(absl::StrFormat("of job %d", job.value)),
            std::string::npos);
}

TEST_F(SchedulerTest, EqualJobsShareAHostByTime) {
  FakeAgent agent = Join("a");
  const JobId slow = Submit(SpecOf("slow", 10));
  const JobId quick = Submit(SpecOf("quick", 10));
  std::map<uint64_t, int> runs;
  for (int i = 0; i < 9; ++i) {
    const std::string now = scheduler_->WhatRunsOn("a");
    const bool is_slow = now.find(absl::StrFormat("of job %d", slow.value)) != std::string::npos;
    ++runs[is_slow ? slow.value : quick.value];
    loop_.RunFor(is_slow ? absl::Seconds(20) : absl::Seconds(5));
    Report(agent, Wanted(agent)[0], Outcome::kOk);
  }
  // About 20 s each: two of the slow ones against seven of the quick ones.
  EXPECT_LE(runs[slow.value], 3);
  EXPECT_GE(runs[quick.value], 6);
}

TEST_F(SchedulerTest, SharedJobsRunSideBySideAndAnExclusiveOneWaitsForAnEmptyHost) {
  FakeAgent agent = Join("a");
  JobSpec shared = SpecOf("shared", 3);
  shared.exclusive = false;
  Submit(shared);
  EXPECT_EQ(Wanted(agent).size(), 3u);
  Submit(SpecOf("alone", 1));
  EXPECT_EQ(Wanted(agent).size(), 3u);
  for (const RunId run : Wanted(agent)) Report(agent, run, Outcome::kOk);
  ASSERT_EQ(Wanted(agent).size(), 1u);
  EXPECT_TRUE(agent.stream->last_desired->runs[0].exclusive);
}

TEST_F(SchedulerTest, AHostAwayLongerThanTheLeaseLosesItsRuns) {
  FakeAgent agent = Join("a");
  const JobId job = Submit(SpecOf("j", 1));
  const RunId first = Wanted(agent)[0];
  Leave(agent);
  loop_.RunFor(absl::Seconds(61));
  EXPECT_EQ(store_->Runs(job, RunId(), 10)->at(0).finished.outcome, Outcome::kLost);
  agent = Join("a");
  ASSERT_EQ(Wanted(agent).size(), 1u);
  EXPECT_NE(Wanted(agent)[0], first);
  Report(agent, Wanted(agent)[0], Outcome::kOk);
  EXPECT_EQ(Stored(job).state, State::kDone);
}

TEST_F(SchedulerTest, AShortAbsenceKeepsTheRun) {
  FakeAgent agent = Join("a");
  Submit(SpecOf("j", 1));
  const RunId run = Wanted(agent)[0];
  Leave(agent);
  loop_.RunFor(absl::Seconds(30));
  agent = Join("a");
  loop_.RunFor(absl::Seconds(120));
  EXPECT_EQ(Wanted(agent), std::vector<RunId>{run});
}

TEST_F(SchedulerTest, ALostRunThatItsAgentStillHasIsTakenBack) {
  FakeAgent agent = Join("a");
  const JobId job = Submit(SpecOf("j", 1));
  const RunId run = Wanted(agent)[0];
  Leave(agent);
  loop_.RunFor(absl::Seconds(61));
  EXPECT_EQ(store_->Runs(job, RunId(), 10)->at(0).finished.outcome, Outcome::kLost);
  agent = Join("a", {run});
  EXPECT_EQ(Wanted(agent), std::vector<RunId>{run});
  Report(agent, run, Outcome::kOk);
  EXPECT_EQ(Stored(job).state, State::kDone);
  const auto runs = *store_->Runs(job, RunId(), 10);
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_EQ(runs[0].finished.outcome, Outcome::kOk);
}

TEST_F(SchedulerTest, ALateResultOfALostRunIsTakenAfterAll) {
  FakeAgent agent = Join("a");
  const JobId job = Submit(SpecOf("j", 1));
  const RunId run = Wanted(agent)[0];
  Leave(agent);
  loop_.RunFor(absl::Seconds(61));
  // Its first state was lost on the way; its records come all the same.
  FakeAgent back = Connect("a");
  fleet_->OnMessage(back.session, HelloOf("a"), 100);
  Settle();
  Report(back, run, Outcome::kOk);
  EXPECT_EQ(Stored(job).state, State::kDone);
  EXPECT_EQ(store_->Runs(job, RunId(), 10)->size(), 1u);
}

TEST_F(SchedulerTest, ARunThatTheAgentDoesNotKnowIsLost) {
  FakeAgent agent = Join("a");
  Submit(SpecOf("j", 1));
  const RunId run = Wanted(agent)[0];
  Tell(agent, {run});
  EXPECT_EQ(Wanted(agent), std::vector<RunId>{run});
  Tell(agent, {});
  ASSERT_EQ(Wanted(agent).size(), 1u);
  EXPECT_NE(Wanted(agent)[0], run);
}

TEST_F(SchedulerTest, AnAgentThatTakesNoWorkGetsNone) {
  FakeAgent agent = Join("a");
  Tell(agent, {}, "the spool is full");
  const JobId job = Submit(SpecOf("j", 1));
  EXPECT_TRUE(Wanted(agent).empty());
  EXPECT_EQ(scheduler_->StatusOf(job)->hosts.at(0).now, "takes no work: the spool is full");
  EXPECT_EQ(scheduler_->StatusOf(job)->message, "host a takes no work: the spool is full");
  Tell(agent, {});
  EXPECT_EQ(Wanted(agent).size(), 1u);
  EXPECT_EQ(scheduler_->StatusOf(job)->message, "");
}

TEST_F(SchedulerTest, ARunThatItsHostDoesNotBeginWaitsToo) {
  FakeAgent agent = Join("a");
  std::string told;
  const JobId job = Submit(SpecOf("j", 1));
  scheduler_->Watch(job, [&](const JobStatus& status) { told = status.message; });
  AgentState state;
  state.desired_version = agent.stream->last_desired->version;
  state.runs = {{Wanted(agent)[0], RunPhase::kStarting, 0}};
  state.not_accepting = "the spool cannot be used: disk full";
  fleet_->OnMessage(agent.session, AgentMessage(state), 100);
  Settle();
  EXPECT_EQ(told, "host a takes no work: the spool cannot be used: disk full");
  // What it has begun goes on, whatever else it takes.
  Tell(agent, Wanted(agent), "the agent is stopping");
  EXPECT_EQ(told, "");
}

TEST_F(SchedulerTest, WhatAHostHasToDoKeepsItFromBeingForgotten) {
  FakeAgent a = Join("a");
  FakeAgent b = Join("b");
  EXPECT_EQ(scheduler_->OpenWorkOn("a"), "");
  JobSpec spec = SpecOf("j", 2);
  spec.hosts = {{"name=a", 0}};
  const JobId job = Submit(spec);
  EXPECT_EQ(scheduler_->OpenWorkOn("a"), absl::StrFormat("open runs of job %d", job.value));
  EXPECT_EQ(scheduler_->OpenWorkOn("b"), "");
  const JobId next = Submit(spec);
  EXPECT_EQ(scheduler_->OpenWorkOn("a"),
            absl::StrFormat("open runs of jobs %d, %d", job.value, next.value));
  // Of a task that failed, no other repetition is tried.
  for (int i = 0; i < 2; ++i) Report(a, Wanted(a).at(0), Outcome::kFailed);
  EXPECT_EQ(Stored(job).state, State::kFailed);
  EXPECT_EQ(Stored(next).state, State::kFailed);
  EXPECT_EQ(scheduler_->OpenWorkOn("a"), "");
}

TEST_F(SchedulerTest, CancelTakesTheRunBackAndFreesTheHost) {
  FakeAgent agent = Join("a");
  const JobId job = Submit(SpecOf("j", 5));
  const JobId next = Submit(SpecOf("next", 1));
  const RunId run = Wanted(agent)[0];
  absl::Status cancelled = absl::UnknownError("not called");
  scheduler_->Cancel(job, "cancelled by ann",
                     [&](absl::Status status) { cancelled = std::move(status); });
  Settle();
  EXPECT_TRUE(cancelled.ok());
  EXPECT_EQ(Stored(job).state, State::kCancelled);
  EXPECT_EQ(Stored(job).message, "cancelled by ann");
  ASSERT_EQ(Wanted(agent).size(), 1u);
  EXPECT_NE(Wanted(agent)[0], run);
  Report(agent, run, Outcome::kCancelled);  // the agent's own word comes late and changes nothing
  Report(agent, Wanted(agent)[0], Outcome::kOk);
  EXPECT_EQ(Stored(next).state, State::kDone);
  scheduler_->Cancel(job, "again", [&](absl::Status status) { cancelled = std::move(status); });
  EXPECT_EQ(cancelled.code(), absl::StatusCode::kNotFound);
}

TEST_F(SchedulerTest, ARestartGoesOnWhereItWas) {
  FakeAgent agent = Join("a");
  const JobId job = Submit(SpecOf("j", 3));
  Report(agent, Wanted(agent)[0], Outcome::kOk);
  const RunId second = Wanted(agent)[0];
  RestartCore();
  agent = Join("a");
  EXPECT_EQ(Wanted(agent), std::vector<RunId>{second});
  Report(agent, second, Outcome::kOk);
  Report(agent, Wanted(agent)[0], Outcome::kOk);
  EXPECT_EQ(Stored(job).state, State::kDone);
  EXPECT_EQ(store_->Runs(job, RunId(), 10)->size(), 3u);
}

TEST_F(SchedulerTest, WatchersSeeTheEnd) {
  FakeAgent agent = Join("a");
  const JobId job = Submit(SpecOf("j", 2));
  std::vector<JobStatus> seen;
  EXPECT_NE(scheduler_->Watch(job, [&](const JobStatus& status) { seen.push_back(status); }), 0u);
  Report(agent, Wanted(agent)[0], Outcome::kOk);
  Report(agent, Wanted(agent)[0], Outcome::kFailed);
  ASSERT_GE(seen.size(), 2u);
  EXPECT_EQ(seen.back().state, State::kFailed);
  EXPECT_EQ(seen.back().runs_done, 1u);
  EXPECT_NE(
      seen.back().message.find("1 of 1 tasks failed; the first: work on a, run 2 of 2 failed"),
      std::string::npos)
      << seen.back().message;
  EXPECT_EQ(scheduler_->Watch(job, [](const JobStatus&) {}), 0u);
}

TEST_F(SchedulerTest, TooManyOpenJobsAreRefused) {
  Leave(Join("a"));
  JobSpec spec = SpecOf("big", 100'000);
  absl::Status status;
  for (int i = 0; i < 6 && status.ok(); ++i) {
    scheduler_->Submit(spec, "ann", false,
                       [&](const absl::StatusOr<Plan>& plan) { status = plan.status(); });
    Settle();
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace benchfleet
