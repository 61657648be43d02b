#include "gmock/gmock.h"
#include "storage/store_fixture.h"

namespace benchfleet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class JobsTest : public StoreTest {
 protected:
  void SetUp() override { MakeSmallJob(); }

  StoredRun OnlyRun() {
    const auto open = store().OpenJobs();
    EXPECT_TRUE(open.ok()) << open.status();
    EXPECT_THAT(open->at(0).runs, SizeIs(1));
    return open->at(0).runs.at(0);
  }

  // An ok run of task `task` on `host` that took `seconds`.
  void Measure(uint64_t run, uint64_t task, const std::string& host, double seconds,
               uint64_t sequence) {
    Commit([&](Store& s) {
      EXPECT_EQ(s.CreateRun(TestRun(run, task, host, static_cast<uint32_t>(run))),
                absl::OkStatus());
    });
    RunFinished finished = TestFinished(Outcome::kOk, 0);
    finished.usage.wall_ns = static_cast<int64_t>(seconds * 1e9);
    finished.identity_digest = "";  // the host's is taken
    ASSERT_TRUE(Ingest(sequence, {TestRecord(run, finished)}, host).ok());
  }
};

TEST_F(JobsTest, ARestartedSchedulerFindsWhatIsOpen) {
  StoredJob job = TestJob(1, "sweep");
  Commit([&](Store& s) {
    EXPECT_EQ(s.CreateJob(TestJob(2, "done"), {TestTask(3, 2, "a")}), absl::OkStatus());
    StoredJob done = TestJob(2, "done");
    done.state = State::kDone;
    EXPECT_EQ(s.UpdateJob(done), absl::OkStatus());
    EXPECT_EQ(s.CreateRun(TestRun(2, 1, "a", 1, 3)), absl::OkStatus());
    EXPECT_EQ(s.UpdateTask(TaskId{2}, State::kRunning, "for host b"), absl::OkStatus());
    job.state = State::kRunning;
    job.message = "half way";
    job.started_at = TestTime(4);
    EXPECT_EQ(s.UpdateJob(job), absl::OkStatus());
    EXPECT_EQ(s.EndRun(RunId{1}, Outcome::kLost, "agent gone", TestTime(5)), absl::OkStatus());
  });
  Reopen();
  const auto open = store().OpenJobs();
  ASSERT_TRUE(open.ok()) << open.status();
  ASSERT_THAT(*open, SizeIs(1));
  const StoredJob& found = open->at(0).job;
  EXPECT_EQ(found.id, JobId{1});
  EXPECT_EQ(found.spec, job.spec);
  EXPECT_EQ(found.state, State::kRunning);
  EXPECT_EQ(found.message, "half way");
  EXPECT_EQ(found.submitted_by, "ada");
  EXPECT_EQ(found.created_at, TestTime(1));
  EXPECT_EQ(found.started_at, TestTime(4));
  EXPECT_EQ(found.finished_at, absl::InfinitePast());
  ASSERT_THAT(open->at(0).tasks, SizeIs(2));
  const StoredTask& task = open->at(0).tasks[1];
  EXPECT_EQ(task.id, TaskId{2});
  EXPECT_EQ(task.job, JobId{1});
  EXPECT_EQ(task.host, "b");
  EXPECT_EQ(task.workload, "crypto.sha256");
  EXPECT_EQ(task.parameters, (StringMap{{"size", "1KiB"}}));
  EXPECT_EQ(task.state, State::kRunning);
  EXPECT_EQ(task.message, "for host b");
  ASSERT_THAT(open->at(0).runs, SizeIs(2));
  const StoredRun& lost = open->at(0).runs[0];
  EXPECT_EQ(lost.state, State::kFailed);
  EXPECT_EQ(lost.outcome, Outcome::kLost);
  EXPECT_EQ(lost.message, "agent gone");
  const StoredRun& running = open->at(0).runs[1];
  EXPECT_EQ(running.id, RunId{2});
  EXPECT_EQ(running.task, TaskId{1});
  EXPECT_EQ(running.host, "a");
  EXPECT_EQ(running.repetition, 1u);
  EXPECT_EQ(running.attempt, 3u);
  EXPECT_EQ(running.state, State::kRunning);
  EXPECT_EQ(running.created_at, TestTime(2));
  const auto ids = store().LargestIds();
  ASSERT_TRUE(ids.ok()) << ids.status();
  EXPECT_EQ(ids->job, JobId{2});
  EXPECT_EQ(ids->task, TaskId{3});
  EXPECT_EQ(ids->run, RunId{2});
}

TEST_F(JobsTest, OverviewsCount) {
  Commit([](Store& s) {
    EXPECT_EQ(s.UpdateTask(TaskId{1}, State::kDone, ""), absl::OkStatus());
    EXPECT_EQ(s.UpdateTask(TaskId{2}, State::kFailed, "no disk"), absl::OkStatus());
  });
  ASSERT_TRUE(Ingest(1, {TestRecord(1, TestStarted()), TestRecord(1, TestChunk(0, {1, 2})),
                         TestRecord(1, TestFinished(Outcome::kOk, 2))})
                  .ok());
  const auto overview = store().Job(JobId{1});
  ASSERT_TRUE(overview.ok()) << overview.status();
  EXPECT_EQ(overview->tasks, 2u);
  EXPECT_EQ(overview->tasks_done, 1u);
  EXPECT_EQ(overview->tasks_failed, 1u);
  EXPECT_EQ(overview->runs_done, 1u);
  EXPECT_EQ(overview->samples, 2u);
  const auto statistics = store().Statistics();
  ASSERT_TRUE(statistics.ok()) << statistics.status();
  EXPECT_EQ(statistics->samples, 2u);
  EXPECT_EQ(statistics->runs, 1u);
  EXPECT_GT(statistics->file_bytes, 4096u);
  // A task that is tried again is neither done nor failed.
  Commit(
      [](Store& s) { EXPECT_EQ(s.UpdateTask(TaskId{2}, State::kRunning, ""), absl::OkStatus()); });
  EXPECT_EQ(store().Job(JobId{1})->tasks_failed, 0u);
}

TEST_F(JobsTest, JobsAreListedNewestFirstAndByName) {
  Commit([](Store& s) {
    EXPECT_EQ(s.CreateJob(TestJob(2, "other"), {}), absl::OkStatus());
    EXPECT_EQ(s.CreateJob(TestJob(3, "sweep"), {}), absl::OkStatus());
  });
  const auto ids = [&](uint32_t limit, const std::string& name) {
    const auto jobs = store().Jobs({limit, name, "", {}});
    EXPECT_TRUE(jobs.ok()) << jobs.status();
    std::vector<uint64_t> found;
    for (const JobOverview& job : *jobs) found.push_back(job.job.id.value);
    return found;
  };
  EXPECT_THAT(ids(10, ""), ElementsAre(3, 2, 1));
  EXPECT_THAT(ids(2, ""), ElementsAre(3, 2));
  EXPECT_THAT(ids(10, "sweep"), ElementsAre(3, 1));
  EXPECT_THAT(ids(10, "none"), IsEmpty());
}

TEST_F(JobsTest, AMovedTaskKeepsItsRunsWhereTheyWere) {
  Commit([](Store& s) {
    EXPECT_EQ(s.MoveTask(TaskId{1}, "b", {}), absl::OkStatus());
    EXPECT_EQ(s.CreateRun(TestRun(2, 1, "b", 1)), absl::OkStatus());
  });
  const OpenJob open = store().OpenJobs()->at(0);
  EXPECT_EQ(open.tasks.at(0).host, "b");
  EXPECT_EQ(open.runs.at(0).host, "a");
  EXPECT_EQ(open.runs.at(1).host, "b");
  EXPECT_THAT(*store().JobHosts(JobId{1}), SizeIs(2)) << "a still has a run";
}

TEST_F(JobsTest, JobsAreFoundByRevisionAndLabels) {
  Commit([](Store& s) {
    StoredJob job = TestJob(2, "sweep");
    job.spec.revision = "r2";
    job.spec.labels = {{"branch", "main"}, {"suite", "nightly"}};
    EXPECT_EQ(s.CreateJob(job, {}), absl::OkStatus());
    job = TestJob(3, "sweep");
    job.spec.revision = "r2";
    job.spec.labels = {{"branch", "dev"}, {"suite", "nightly"}};
    EXPECT_EQ(s.CreateJob(job, {}), absl::OkStatus());
  });
  const auto ids = [&](const JobFilter& filter) {
    const auto jobs = store().Jobs(filter);
    EXPECT_TRUE(jobs.ok()) << jobs.status();
    std::vector<uint64_t> found;
    for (const JobOverview& job : *jobs) found.push_back(job.job.id.value);
    return found;
  };
  EXPECT_THAT(ids({10, "", "r2", {}}), ElementsAre(3, 2));
  EXPECT_THAT(ids({10, "", "", {{"suite", "nightly"}}}), ElementsAre(3, 2));
  EXPECT_THAT(ids({10, "", "", {{"suite", "nightly"}, {"branch", "main"}}}), ElementsAre(2));
  EXPECT_THAT(ids({10, "other", "r2", {}}), IsEmpty());
}

TEST_F(JobsTest, WhatIsNotThereIsNamed) {
  EXPECT_EQ(store().Job(JobId{9}).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(store().Runs(JobId{9}, RunId{0}, 1).status().code(), absl::StatusCode::kNotFound);
  Commit([](Store& s) {
    EXPECT_EQ(s.UpdateJob(TestJob(9, "x")).code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(s.UpdateTask(TaskId{9}, State::kDone, "").code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(s.CreateRun(TestRun(9, 9, "a", 0)).code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(s.MoveTask(TaskId{9}, "a", {}).code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(s.MoveTask(TaskId{1}, "nobody", {}).code(), absl::StatusCode::kNotFound);
    const absl::Status no_host = s.CreateJob(TestJob(9, "x"), {TestTask(9, 9, "nobody")});
    EXPECT_EQ(no_host.code(), absl::StatusCode::kNotFound);
    EXPECT_THAT(std::string(no_host.message()), HasSubstr("'nobody'"));
  });
}

TEST_F(JobsTest, AFailedMethodLeavesNoTraceAndTheOthersStand) {
  Commit([](Store& s) {
    EXPECT_EQ(s.CreateJob(TestJob(5, "before"), {}), absl::OkStatus());
    EXPECT_FALSE(s.CreateJob(TestJob(6, "half"), {TestTask(7, 6, "a"), TestTask(8, 6, "?")}).ok());
    EXPECT_EQ(s.CreateJob(TestJob(1, "again"), {}).code(), absl::StatusCode::kAlreadyExists);
    EXPECT_EQ(s.CreateRun(TestRun(4, 1, "a", 0)).code(), absl::StatusCode::kAlreadyExists)
        << "the same attempt twice";
    EXPECT_EQ(s.CreateJob(TestJob(7, "alien"), {TestTask(9, 1, "a")}).code(),
              absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(s.CreateJob(TestJob(8, "after"), {}), absl::OkStatus());
  });
  Reopen();
  EXPECT_TRUE(store().Job(JobId{5}).ok());
  EXPECT_FALSE(store().Job(JobId{6}).ok());
  EXPECT_FALSE(store().Job(JobId{7}).ok());
  EXPECT_TRUE(store().Job(JobId{8}).ok());
  EXPECT_EQ(store().Job(JobId{1})->job.spec.name, "sweep");
  EXPECT_EQ(store().LargestIds()->task, TaskId{2});
}

TEST_F(JobsTest, SeveralMethodsAreAllOrNothing) {
  Commit([](Store& s) {
    const absl::Status failed = s.AllOrNothing([&] {
      EXPECT_EQ(s.CreateJob(TestJob(5, "undone"), {TestTask(7, 5, "a")}), absl::OkStatus());
      EXPECT_EQ(s.CreateRun(TestRun(8, 7, "a", 0)), absl::OkStatus());
      return s.UpdateTask(TaskId{99}, State::kDone, "");
    });
    EXPECT_EQ(failed.code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(s.AllOrNothing([&] { return s.CreateJob(TestJob(6, "done"), {}); }),
              absl::OkStatus());
  });
  EXPECT_FALSE(store().Job(JobId{5}).ok());
  EXPECT_TRUE(store().Job(JobId{6}).ok());
  EXPECT_EQ(store().LargestIds()->run, RunId{1});
}

TEST_F(JobsTest, WritingOutsideATransactionIsRefused) {
  EXPECT_EQ(store().CreateJob(TestJob(5, "x"), {}).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(store().Job(JobId{5}).ok());
}

TEST_F(JobsTest, EndingARunThatHasEndedChangesNothing) {
  Commit([](Store& s) {
    EXPECT_EQ(s.EndRun(RunId{1}, Outcome::kCancelled, "by ada", TestTime(5)), absl::OkStatus());
    EXPECT_EQ(s.EndRun(RunId{1}, Outcome::kLost, "too late", TestTime(6)), absl::OkStatus());
    EXPECT_EQ(s.EndRun(RunId{77}, Outcome::kLost, "no such run", TestTime(6)), absl::OkStatus());
  });
  EXPECT_EQ(OnlyRun().state, State::kCancelled);
  EXPECT_EQ(OnlyRun().outcome, Outcome::kCancelled);
  EXPECT_EQ(OnlyRun().message, "by ada");
}

TEST_F(JobsTest, ExpectedSecondsAreTheMeanOfTheLastTenHere) {
  const StringMap cell = {{"size", "1KiB"}};
  EXPECT_EQ(*store().ExpectedSeconds("crypto.sha256", cell, "a"), 0);
  EXPECT_EQ(*store().ExpectedSeconds("crypto.sha256", cell, "nobody"), 0);
  Measure(10, 1, "a", 1000, 1);
  for (uint64_t i = 1; i <= 10; ++i) Measure(10 + i, 1, "a", static_cast<double>(i), 1 + i);
  EXPECT_DOUBLE_EQ(*store().ExpectedSeconds("crypto.sha256", cell, "a"), 5.5);
  EXPECT_EQ(*store().ExpectedSeconds("crypto.sha256", {}, "a"), 0);
  EXPECT_EQ(*store().ExpectedSeconds("exec", cell, "a"), 0);
  // Host b has measured nothing itself, but is the same kind of machine.
  EXPECT_DOUBLE_EQ(*store().ExpectedSeconds("crypto.sha256", cell, "b"), 5.5);
  Measure(30, 2, "b", 3, 1);
  EXPECT_DOUBLE_EQ(*store().ExpectedSeconds("crypto.sha256", cell, "b"), 3);
}

TEST_F(JobsTest, AnIdentityIsDrawnOnce) {
  const auto first = store().Identity();
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->coordinator_id.size(), 32u);
  EXPECT_NE(first->coordinator_id, first->host_salt);
  Reopen();
  EXPECT_EQ(store().Identity()->coordinator_id, first->coordinator_id);
  EXPECT_EQ(store().Identity()->host_salt, first->host_salt);
}

}  // namespace
}  // namespace benchfleet
