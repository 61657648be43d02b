#include "coordinator/job.h"

#include "base/limits.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

Job MakeJob(uint32_t tasks, uint32_t runs, uint32_t retries = 2) {
  StoredJob stored;
  stored.id = JobId{1};
  stored.spec.runs = runs;
  stored.spec.interleave = false;
  stored.spec.retries = retries;
  std::vector<StoredTask> stored_tasks;
  for (uint32_t i = 0; i < tasks; ++i) {
    stored_tasks.push_back(
        {TaskId{i + 1}, JobId{1}, "host", "w" + std::to_string(i), {}, State::kWaiting, ""});
  }
  return Job(stored, stored_tasks);
}

// Takes the next slot of the host and gives it an outcome.
uint32_t RunNext(Job& job, Outcome outcome, const std::string& message = "") {
  const uint32_t slot = *job.NextWaiting("host");
  job.TakeWaiting("host");
  job.slot(slot).state = SlotState::kRunning;
  job.Apply(slot, {"host"}, outcome, message);
  return slot;
}

TEST(JobTest, AllRunsOkMakeADoneJob) {
  Job job = MakeJob(2, 3);
  while (job.NextWaiting("host") != nullptr) RunNext(job, Outcome::kOk);
  EXPECT_TRUE(job.finished());
  EXPECT_EQ(job.FinalState(), State::kDone);
  EXPECT_EQ(job.progress.at("host").runs_done, 6u);
  EXPECT_EQ(job.changed_tasks, (std::vector<uint32_t>{0, 1}));
  EXPECT_EQ(job.tasks[0].state, State::kDone);
}

TEST(JobTest, ABrokenWorkloadFailsItsTaskAndSparesTheRest) {
  Job job = MakeJob(2, 3);
  RunNext(job, Outcome::kInvalid, "digest differs");
  EXPECT_EQ(job.tasks[0].state, State::kFailed);
  EXPECT_EQ(job.tasks[0].message, "run 1 of 3 invalid result: digest differs");
  EXPECT_EQ(job.open_slots, 3u);  // the task's two other repetitions were cancelled
  while (job.NextWaiting("host") != nullptr) RunNext(job, Outcome::kOk);
  EXPECT_TRUE(job.finished());
  EXPECT_EQ(job.FinalState(), State::kFailed);
}

TEST(JobTest, ACrashIsTriedAgainAsOftenAsTheJobSays) {
  Job job = MakeJob(1, 1, 2);
  const uint32_t slot = RunNext(job, Outcome::kCrashed);
  EXPECT_EQ(*job.NextWaiting("host"), slot);
  RunNext(job, Outcome::kGarbled);
  EXPECT_FALSE(job.finished());
  RunNext(job, Outcome::kCrashed, "signal 11");
  EXPECT_TRUE(job.finished());
  EXPECT_EQ(job.tasks[0].message, "run 1 of 1 crashed: signal 11");
}

TEST(JobTest, ALostAgentIsNotTheWorkloadsFault) {
  Job job = MakeJob(1, 1, 0);
  for (uint32_t i = 0; i < limits::kMaxLostAttempts; ++i) RunNext(job, Outcome::kLost);
  EXPECT_FALSE(job.finished());
  RunNext(job, Outcome::kOk);
  EXPECT_EQ(job.FinalState(), State::kDone);

  Job doomed = MakeJob(1, 1, 0);
  while (!doomed.finished()) RunNext(doomed, Outcome::kLost);
  EXPECT_EQ(doomed.FinalState(), State::kFailed);
  EXPECT_EQ(doomed.tasks[0].message, "run 1 of 1 lost its agent 11 times");
}

TEST(JobTest, AnAttemptThatNeverBeganIsNotCounted) {
  Job job = MakeJob(1, 1, 0);
  for (uint32_t i = 0; i <= 2 * limits::kMaxLostAttempts; ++i) RunNext(job, Outcome::kCancelled);
  RunNext(job, Outcome::kOk);
  EXPECT_EQ(job.FinalState(), State::kDone);
}

TEST(JobTest, OnlyTasksThatWaitMoveAndProgressGoesWithThem) {
  Job job = MakeJob(2, 2);
  RunNext(job, Outcome::kOk);
  RunNext(job, Outcome::kOk);  // the first task is complete
  RunNext(job, Outcome::kOk);
  EXPECT_EQ(job.WaitingTasks("host"), std::vector<uint32_t>{1});
  job.MoveWaiting("host", "other");
  EXPECT_EQ(job.tasks[0].host, "host");
  EXPECT_EQ(job.tasks[1].host, "other");
  EXPECT_EQ(job.NextWaiting("host"), nullptr);
  ASSERT_NE(job.NextWaiting("other"), nullptr);
  EXPECT_EQ(job.progress.at("host").runs, 3u);
  EXPECT_EQ(job.progress.at("other").runs, 1u);
  EXPECT_EQ(job.progress.at("other").host, "other");
}

TEST(JobTest, ATaskOnSeveralHostsMovesWithOneOfThem) {
  StoredJob stored;
  stored.spec.runs = 2;
  stored.spec.interleave = false;
  StoredTask task{TaskId{1}, JobId{1}, "b", "w", {}, State::kWaiting, ""};
  task.members = {{kClientRole, "b"}, {kClientRole, "c"}, {kServerRole, "s"}};
  Job job(stored, {task});
  job.RemoveWaiting(0);
  job.slot(0).state = SlotState::kRunning;
  job.Apply(0, {"b", "c", "s"}, Outcome::kOk, "");
  job.MoveWaiting("c", "a");
  const std::vector<TaskMember> moved = {
      {kClientRole, "a"}, {kClientRole, "b"}, {kServerRole, "s"}};
  EXPECT_EQ(job.tasks[0].members, moved) << "each role in order of name";
  EXPECT_EQ(job.tasks[0].host, "a");
  EXPECT_FALSE(job.Waits("c"));
  EXPECT_TRUE(job.Waits("a"));
  EXPECT_EQ(job.progress.at("c").runs, 1u);
  EXPECT_EQ(job.progress.at("a").runs, 1u);
  EXPECT_EQ(job.progress.at("b").runs, 2u);
  // A restart learns last who had taken part in the first repetition.
  Job again(stored, {job.tasks[0]});
  again.RemoveWaiting(0);
  again.slot(0).state = SlotState::kRunning;
  again.Apply(0, {"b", "c", "s"}, Outcome::kOk, "");
  for (const char* host : {"a", "b", "c", "s"}) {
    EXPECT_EQ(again.progress.at(host).runs, job.progress.at(host).runs) << host;
    EXPECT_EQ(again.progress.at(host).runs_done, job.progress.at(host).runs_done) << host;
  }
}

TEST(JobTest, CancelClosesWhatWaitsAndWhatComesBack) {
  Job job = MakeJob(2, 2);
  RunNext(job, Outcome::kOk);
  const uint32_t running = *job.NextWaiting("host");
  job.TakeWaiting("host");
  job.slot(running).state = SlotState::kRunning;
  job.CancelWaiting("cancelled by ann");
  EXPECT_EQ(job.open_slots, 1u);
  job.Apply(running, {"host"}, Outcome::kCancelled, "");
  EXPECT_TRUE(job.finished());
  EXPECT_EQ(job.FinalState(), State::kCancelled);
  EXPECT_EQ(job.tasks[1].state, State::kCancelled);
}

TEST(JobTest, EveryRunHasItsOwnSeed) {
  Job job = MakeJob(2, 2);
  EXPECT_NE(job.SpecOf(0).seed, job.SpecOf(1).seed);
  EXPECT_EQ(job.SpecOf(3).workload, "w1");
  EXPECT_EQ(job.Describe(3), "w1, run 2 of 2");
}

}  // namespace
}  // namespace benchfleet
