#include "base/status.h"
#include "gmock/gmock.h"
#include "storage/store_fixture.h"

namespace benchfleet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class ImportTest : public StoreTest {
 protected:
  static JobResult TestJobResult() {
    JobResult job;
    job.status.job = JobId{5};  // where it was measured
    job.status.state = State::kDone;
    job.status.message = "fine";
    job.status.submitted_by = "grace";
    job.status.created_at = TestTime(-9);
    job.status.finished_at = TestTime(-5);
    job.spec = TestJob(5, "elsewhere").spec;
    job.source = "results.json";
    HostStatus host;
    host.name = "a";
    host.labels = {{"kind", "tee"}};
    host.fingerprint = TestFingerprint("imported identity", "imported state");
    job.hosts = {host};
    return job;
  }

  static RunResult TestRunResult(uint64_t run) {
    RunResult result;
    result.run = RunId{run};
    result.task = TaskId{3};
    result.host = "a";
    result.workload = "proving.prove";
    result.parameters = {{"circuit", "age"}};
    result.repetition = static_cast<uint32_t>(run);
    result.attempt = 1;
    result.state = State::kDone;
    result.finished = TestFinished(Outcome::kOk, 3);
    result.finished.identity_digest = "imported identity";
    result.metrics = TestStarted().metrics;
    return result;
  }

  // Both in one transaction, as the coordinator does.
  absl::StatusOr<JobId> Import(const JobResult& job, const std::vector<RunResult>& runs,
                               const std::vector<SampleChunk>& chunks) {
    absl::StatusOr<JobId> id = absl::UnknownError("not run");
    absl::Status status;
    Commit([&](Store& s) {
      id = s.ImportJob(job);
      for (const RunResult& run : runs) {
        if (id.ok() && status.ok()) status = s.ImportRun(*id, run, chunks);
      }
    });
    if (!status.ok()) return status;
    return id;
  }
};

TEST_F(ImportTest, AJobComesBackUnderNewIds) {
  MakeSmallJob();
  const std::vector<SampleChunk> chunks = {TestChunk(0, {7}, true), TestChunk(1, {100, 300})};
  const auto id = Import(TestJobResult(), {TestRunResult(1), TestRunResult(2)}, chunks);
  ASSERT_TRUE(id.ok()) << id.status();
  EXPECT_EQ(*id, kFirstImportedJob);
  const auto job = store().Job(*id);
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->job.spec, TestJobResult().spec);
  EXPECT_EQ(job->job.state, State::kDone);
  EXPECT_EQ(job->job.submitted_by, "grace");
  EXPECT_EQ(job->job.source, "results.json");
  EXPECT_EQ(job->job.created_at, TestTime(-9));
  EXPECT_EQ(job->job.finished_at, TestTime(-5));
  EXPECT_EQ(job->tasks, 1u);
  EXPECT_EQ(job->tasks_done, 1u);
  EXPECT_EQ(job->runs_done, 2u);
  EXPECT_EQ(job->samples, 6u);

  const auto runs = store().Runs(*id, RunId{0}, 10);
  ASSERT_TRUE(runs.ok()) << runs.status();
  ASSERT_THAT(*runs, SizeIs(2));
  const RunResult& run = runs->at(0);
  EXPECT_EQ(run.run, kFirstImportedRun);
  EXPECT_EQ(run.task, kFirstImportedTask);
  EXPECT_EQ(run.workload, "proving.prove");
  EXPECT_EQ(run.parameters, TestRunResult(1).parameters);
  EXPECT_EQ(run.repetition, 1u);
  EXPECT_EQ(run.attempt, 1u);
  EXPECT_EQ(run.finished, TestRunResult(1).finished);
  EXPECT_EQ(run.metrics, TestRunResult(1).metrics);
  ASSERT_THAT(run.summaries, SizeIs(2));
  EXPECT_EQ(run.summaries[0].median, 200);
  EXPECT_FALSE(run.summaries[0].aggregate_only);
  uint64_t position = 0;
  EXPECT_EQ(*store().Chunks(run.run, &position, 1 << 20), chunks);

  // The scheduler's ids go on below, and its own open jobs are as before.
  EXPECT_EQ(store().LargestIds()->job, JobId{1});
  EXPECT_EQ(store().LargestIds()->task, TaskId{2});
  EXPECT_EQ(store().LargestIds()->run, RunId{1});
  EXPECT_THAT(*store().OpenJobs(), SizeIs(1));
}

TEST_F(ImportTest, ImportedHostsAreApartFromTheFleets) {
  MakeSmallJob();
  const auto first = Import(TestJobResult(), {}, {});
  const auto second = Import(TestJobResult(), {}, {});
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_NE(*first, *second);
  const auto fleet = store().Hosts();
  ASSERT_THAT(*fleet, SizeIs(2));
  EXPECT_EQ(fleet->at(0).labels, (StringMap{{"kind", "local"}}));
  EXPECT_EQ(fleet->at(0).fingerprint.identity_digest, "identity");
  const auto imported = store().JobHosts(*second);
  ASSERT_TRUE(imported.ok()) << imported.status();
  ASSERT_THAT(*imported, SizeIs(1));
  EXPECT_EQ(imported->at(0).labels, (StringMap{{"kind", "tee"}}));
  EXPECT_EQ(imported->at(0).fingerprint.identity_digest, "imported identity");
  EXPECT_EQ(imported->at(0).last_seen, absl::InfinitePast());
}

TEST_F(ImportTest, ARunOnAHostThatTheFileDoesNotDescribe) {
  RunResult run = TestRunResult(1);
  run.host = "unheard of";
  run.finished.sample_counts.clear();
  run.finished.identity_digest.clear();
  const auto id = Import(TestJobResult(), {run}, {});
  ASSERT_TRUE(id.ok()) << id.status();
  EXPECT_EQ(store().Runs(*id, RunId{0}, 1)->at(0).host, "unheard of");
  EXPECT_THAT(*store().JobHosts(*id), SizeIs(2));
  EXPECT_THAT(*store().Hosts(), IsEmpty());
}

TEST_F(ImportTest, SummariesWithoutSamplesAreMarked) {
  RunResult run = TestRunResult(1);
  run.metrics = {{"latency", "ns", Direction::kLowerIsBetter, "", 0},
                 {"rate", "B/s", Direction::kHigherIsBetter, "latency", 8}};
  run.summaries = {{"latency", 30, 1, 9, 5, 2, 5, 8, 9, false},
                   {"rate", 30, 2, 3, 4, 5, 6, 7, 8, false}};
  const auto id = Import(TestJobResult(), {run}, {});
  ASSERT_TRUE(id.ok()) << id.status();
  const RunResult stored = store().Runs(*id, RunId{0}, 1)->at(0);
  EXPECT_EQ(stored.finished.outcome, Outcome::kOk);
  ASSERT_THAT(stored.summaries, SizeIs(2));
  run.summaries[0].aggregate_only = true;
  run.summaries[1].aggregate_only = true;
  EXPECT_EQ(stored.summaries, run.summaries);
  const auto points = store().History(
      {"proving.prove", {{"circuit", "age"}}, "latency", "ns", "imported identity"}, 10);
  ASSERT_TRUE(points.ok()) << points.status();
  ASSERT_THAT(*points, SizeIs(1));
  EXPECT_TRUE(points->at(0).summary.aggregate_only);
}

TEST_F(ImportTest, WhatCannotBeTrueIsRefused) {
  const auto error = [&](const JobResult& job, const RunResult& run,
                         const std::vector<SampleChunk>& chunks) {
    const auto id = Import(job, {run}, chunks);
    EXPECT_EQ(id.status().code(), absl::StatusCode::kInvalidArgument);
    return Message(id.status());
  };
  const JobResult job = TestJobResult();
  const RunResult run = TestRunResult(1);
  JobResult open = job;
  open.status.state = State::kRunning;
  EXPECT_THAT(error(open, run, {}), HasSubstr("job 'elsewhere' is running"));
  SampleChunk damaged = TestChunk(0, {1, 2, 3});
  damaged.payload += "x";
  EXPECT_THAT(error(job, run, {damaged}), HasSubstr("the payload is damaged"));
  EXPECT_THAT(error(job, run, {TestChunk(0, {1, 2})}), HasSubstr("not as many"));
  EXPECT_THAT(error(job, run, {TestChunk(0, {1, 2}), TestChunk(1, {3})}),
              HasSubstr("stored already"));
  RunResult odd = run;
  odd.metrics.push_back(odd.metrics[0]);
  EXPECT_THAT(error(job, odd, {}), HasSubstr("named twice"));
  RunResult undescribed = run;
  undescribed.summaries = {{"mystery", 1, 1, 1, 1, 0, 1, 1, 1, true}};
  EXPECT_THAT(error(job, undescribed, {}), HasSubstr("'mystery'"));
  // Nothing of the refused runs is there.
  const auto jobs = store().Jobs({});
  ASSERT_TRUE(jobs.ok()) << jobs.status();
  for (const JobOverview& overview : *jobs) {
    EXPECT_EQ(overview.tasks, 0u);
    EXPECT_EQ(overview.samples, 0u);
    EXPECT_THAT(*store().Runs(overview.job.id, RunId{0}, 10), IsEmpty());
  }
}

TEST_F(ImportTest, ARunForAJobThatIsNotThere) {
  absl::Status status;
  Commit([&](Store& s) {
    status = s.ImportRun(JobId{77}, TestRunResult(1), {TestChunk(0, {1, 2, 3})});
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace benchfleet
