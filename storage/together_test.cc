// Tasks on several hosts.
#include "base/status.h"
#include "gmock/gmock.h"
#include "storage/store_fixture.h"

namespace benchfleet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::vector<TaskMember>& Members() {
  static const auto* const members =
      new std::vector<TaskMember>{{kClientRole, "a"}, {kServerRole, "b"}};
  return *members;
}

class TogetherStoreTest : public StoreTest {
 protected:
  // Run 1 is the client's, on a; run 2 the server's, on b.
  void SetUp() override {
    Commit([](Store& s) {
      for (const char* name : {"a", "b"}) {
        StoredHost host = TestHost(name);
        host.fingerprint = TestFingerprint(std::string("i") + name, "state");
        EXPECT_EQ(s.PutHost(host), absl::OkStatus());
      }
      StoredTask task = TestTask(1, 1, "a");
      task.members = Members();
      EXPECT_EQ(s.CreateJob(TestJob(1, "j"), {task}), absl::OkStatus());
    });
    Make(1, 0);
  }
  void Make(uint64_t first, uint32_t attempt) {
    Commit([&](Store& s) {
      for (uint32_t i = 0; i < 2; ++i) {
        StoredRun run = TestRun(first + i, 1, Members()[i].host, 0, attempt);
        run.member = i;
        run.role = Members()[i].role;
        EXPECT_EQ(s.CreateRun(run), absl::OkStatus());
      }
    });
  }
  absl::StatusOr<IngestResult> Report(const std::string& host, uint64_t run, uint64_t sequence) {
    RunFinished finished = TestFinished(Outcome::kOk, 2);
    finished.identity_digest = host == "a" ? "ia" : "ib";
    return Ingest(sequence,
                  {TestRecord(run, TestStarted()), TestRecord(run, TestChunk(0, {10, 30})),
                   TestRecord(run, finished)},
                  host);
  }
  size_t HistoryOf(const std::string& identity) {
    const StoredTask task = TestTask(1, 1, "a");
    return store().History({task.workload, task.parameters, "latency", "ns", identity}, 10)->size();
  }
};

TEST_F(TogetherStoreTest, TheTaskKnowsItsMembersAndRunsTheirRoles) {
  const OpenJob open = store().OpenJobs()->at(0);
  EXPECT_EQ(open.tasks.at(0).members, Members());
  ASSERT_THAT(open.runs, SizeIs(2));
  EXPECT_EQ(open.runs[1].host, "b");
  EXPECT_EQ(open.runs[1].role, kServerRole);
  EXPECT_EQ(open.runs[1].member, 1u);
  const std::vector<RunResult> results = *store().Runs(JobId{1}, RunId{0}, 10);
  EXPECT_EQ(results.at(0).role, kClientRole);
  EXPECT_EQ(results.at(1).members, Members());
}

TEST_F(TogetherStoreTest, TheSeriesIsOfAllMachines) {
  ASSERT_TRUE(Report("a", 1, 1).ok());
  ASSERT_TRUE(Report("b", 2, 1).ok());
  EXPECT_EQ(HistoryOf("ia:client,server=ib"), 1u);
  EXPECT_EQ(HistoryOf("ib:server,client=ia"), 1u);
  EXPECT_EQ(HistoryOf("ia"), 0u);
  EXPECT_EQ(store().Job(JobId{1})->runs_done, 1u) << "the attempt counts once";
}

TEST_F(TogetherStoreTest, AMovedTaskKeepsItsRunsWithThoseWhoTookPart) {
  const std::vector<TaskMember> moved = {{kClientRole, "a"}, {kServerRole, "c"}};
  Commit([&](Store& s) {
    EXPECT_EQ(s.MoveTask(TaskId{1}, "a", moved).code(), absl::StatusCode::kNotFound);
    StoredHost host = TestHost("c");
    host.fingerprint = TestFingerprint("ic", "state");
    EXPECT_EQ(s.PutHost(host), absl::OkStatus());
    EXPECT_EQ(s.MoveTask(TaskId{1}, "a", moved), absl::OkStatus());
  });
  Make(3, 1);
  const OpenJob open = store().OpenJobs()->at(0);
  EXPECT_EQ(open.tasks.at(0).members, moved);
  EXPECT_EQ(open.runs.at(1).host, "b");
  EXPECT_EQ(open.runs.at(3).host, "c");
  const std::vector<RunResult> results = *store().Runs(JobId{1}, RunId{0}, 10);
  EXPECT_EQ(results.at(0).members, Members());
  EXPECT_EQ(results.at(2).members, moved);
  ASSERT_TRUE(Report("a", 1, 1).ok());
  ASSERT_TRUE(Report("a", 3, 4).ok());
  EXPECT_EQ(HistoryOf("ia:client,server=ib"), 1u);
  EXPECT_EQ(HistoryOf("ia:client,server=ic"), 1u);
}

TEST_F(TogetherStoreTest, ARetractedRunLeavesItsSeries) {
  ASSERT_TRUE(Report("a", 1, 1).ok());
  Commit([](Store& s) {
    EXPECT_EQ(s.RetractRun(RunId{1}, Outcome::kCancelled, "in vain", TestTime(9)),
              absl::OkStatus());
  });
  EXPECT_EQ(HistoryOf("ia:client,server=ib"), 0u);
  const RunResult run = store().Runs(JobId{1}, RunId{0}, 1)->at(0);
  EXPECT_EQ(run.state, State::kCancelled);
  EXPECT_EQ(run.finished.message, "in vain");
  EXPECT_EQ(store().Job(JobId{1})->runs_done, 0u);
  // And what is retracted first stays so.
  Commit([](Store& s) {
    EXPECT_EQ(s.RetractRun(RunId{2}, Outcome::kLost, "away", TestTime(9)), absl::OkStatus());
  });
  const auto late = Report("b", 2, 1);
  ASSERT_TRUE(late.ok());
  EXPECT_THAT(late->finished, IsEmpty()) << "other hosts took part: that attempt is over";
  Make(3, 1);
}

TEST_F(TogetherStoreTest, ExportedRunsComeInWithTheirTask) {
  JobResult job;
  job.status.state = State::kDone;
  job.spec = TestJob(5, "elsewhere").spec;
  JobId id;
  Commit([&](Store& s) {
    id = *s.ImportJob(job);
    for (uint32_t i = 0; i < 2; ++i) {
      RunResult run;
      run.run = RunId{i + 1};
      run.host = Members()[i].host;
      run.role = Members()[i].role;
      run.members = Members();
      run.workload = "net.rtt";
      run.finished = TestFinished(Outcome::kOk, 0);
      EXPECT_EQ(s.ImportRun(id, run, {}), absl::OkStatus());
    }
    RunResult stray;
    stray.host = "c";
    stray.role = kClientRole;
    stray.members = Members();
    stray.workload = "net.rtt";
    EXPECT_EQ(s.ImportRun(id, stray, {}).code(), absl::StatusCode::kInvalidArgument);
  });
  const std::vector<RunResult> runs = *store().Runs(id, RunId{0}, 10);
  ASSERT_THAT(runs, SizeIs(2));
  EXPECT_EQ(runs[0].task, runs[1].task);
  EXPECT_EQ(runs[1].host, "b");
  EXPECT_EQ(runs[1].members, Members());
}

}  // namespace
}  // namespace benchfleet
