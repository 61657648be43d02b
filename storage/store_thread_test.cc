#include <future>
#include <latch>
#include <utility>

#include "gmock/gmock.h"
#include "storage/store_fixture.h"
#include "storage/store_queue.h"

namespace benchfleet {
namespace {

using testing::ElementsAre;

// A store whose transactions the test can watch, hold up and break; nothing else of it is used.
class FakeStore : public Store {
 public:
  absl::Status InTransaction(const std::function<void()>& body) override {
    body();
    ++commits;
    return commit_status;
  }
  absl::Status AllOrNothing(const std::function<absl::Status()>& body) override {
    ++pieces;
    return body();
  }
  void Rest() override {
    if (!jobs.empty() && !std::exchange(has_rested, true)) rested.count_down();
  }

  absl::Status CreateJob(const StoredJob& job, const std::vector<StoredTask>&) override {
    jobs.push_back(job.id.value);
    return absl::OkStatus();
  }

  absl::StatusOr<StoreIdentity> Identity() override { return Unused(); }
  absl::StatusOr<StoreStatistics> Statistics() override { return Unused(); }
  absl::Status PutHost(const StoredHost&) override { return Unused(); }
  absl::Status TouchHost(const std::string&, absl::Time) override { return Unused(); }
  absl::Status ForgetHost(const std::string&, absl::Time) override { return Unused(); }
  absl::StatusOr<std::vector<StoredHost>> Hosts() override { return Unused(); }
  absl::StatusOr<std::vector<StoredHost>> JobHosts(JobId) override { return Unused(); }
  absl::StatusOr<std::vector<StateChange>> StateChanges(const std::string&, uint32_t) override {
    return Unused();
  }
  absl::StatusOr<uint64_t> AckedSequence(const std::string&, const std::string&) override {
    return Unused();
  }
  absl::StatusOr<MaxIds> LargestIds() override { return Unused(); }
  absl::Status UpdateJob(const StoredJob&) override { return Unused(); }
  absl::Status MoveTask(TaskId, const std::string&, const std::vector<TaskMember>&) override {
    return Unused();
  }
  absl::Status UpdateTask(TaskId, State, const std::string&) override { return Unused(); }
  absl::Status CreateRun(const StoredRun&) override { return Unused(); }
  absl::Status EndRun(RunId, Outcome, const std::string&, absl::Time) override { return Unused(); }
  absl::Status RetractRun(RunId, Outcome, const std::string&, absl::Time) override {
    return Unused();
  }
  absl::StatusOr<std::vector<OpenJob>> OpenJobs() override { return Unused(); }
  absl::StatusOr<std::vector<JobOverview>> Jobs(const JobFilter&) override { return Unused(); }
  absl::StatusOr<std::vector<Series>> FindSeries(const HistoryFilter&) override { return Unused(); }
  absl::StatusOr<std::vector<HistoryPoint>> Points(SeriesId, const HistoryFilter&,
                                                   const HistoryPoint*, uint32_t) override {
    return Unused();
  }
  absl::Status SetBaseline(const Baseline&) override { return Unused(); }
  absl::StatusOr<std::vector<Baseline>> Baselines(const std::string&, uint32_t) override {
    return Unused();
  }
  absl::StatusOr<std::vector<Baseline>> BaselineSettings(const std::string&, uint32_t) override {
    return Unused();
  }
  absl::Status AddBlessing(const Blessing&) override { return Unused(); }
  absl::StatusOr<std::vector<Blessing>> Blessings(uint64_t, uint32_t) override { return Unused(); }
  absl::Status AddAcknowledgement(const Acknowledgement&) override { return Unused(); }
  absl::Status AddSelftest(const PublishedSelftest&) override { return Unused(); }
  absl::StatusOr<std::optional<PublishedSelftest>> NewestSelftest() override { return Unused(); }
  absl::StatusOr<std::vector<Acknowledgement>> Acknowledgements(uint64_t, uint32_t) override {
    return Unused();
  }
  absl::StatusOr<JobOverview> Job(JobId) override { return Unused(); }
  absl::StatusOr<double> ExpectedSeconds(const std::string&, const StringMap&,
                                         const std::string&) override {
    return Unused();
  }
  absl::StatusOr<IngestResult> Ingest(const std::string&, const RecordBatch&, absl::Time) override {
    return Unused();
  }
  absl::StatusOr<std::vector<RunResult>> Runs(JobId, RunId, uint32_t) override { return Unused(); }
  absl::StatusOr<std::vector<SampleChunk>> Chunks(RunId, uint64_t*, size_t) override {
    return Unused();
  }
  absl::StatusOr<std::vector<HistoryPoint>> History(const SeriesKey&, uint32_t) override {
    return Unused();
  }
  absl::StatusOr<JobId> ImportJob(const JobResult&) override { return Unused(); }
  absl::Status ImportRun(JobId, const RunResult&, const std::vector<SampleChunk>&) override {
    return Unused();
  }

  // Written by the storage thread, read after Stop.
  int commits = 0;
  int pieces = 0;
  std::vector<uint64_t> jobs;
  absl::Status commit_status;
  bool has_rested = false;
  std::latch rested{1};  // opened by the first rest after a job

 private:
  static absl::Status Unused() { return absl::UnimplementedError("not used by this test"); }
};

class StoreThreadTest : public testing::Test {
 protected:
  StoreThreadTest() : loop_("test-loop") { loop_.Start(); }

  // Both stopped: everything that was to happen has happened.
  void Stop() {
    thread_.Stop();
    loop_.Stop();
  }

  void Submit(StoreQueue::Work work, const std::string& name) {
    thread_.Submit(std::move(work), [this, name](const absl::Status& status) {
      EXPECT_TRUE(loop_.IsCurrent());
      done_.push_back(name + ": " + std::string(absl::StatusCodeToString(status.code())));
    });
  }

  static StoreQueue::Work Adds(uint64_t id) {
    return [id](Store& store) { return store.CreateJob(TestJob(id, "x"), {}); };
  }

  // A work that keeps the storage thread until `gate_` is opened.
  StoreQueue::Work Waits() {
    return [future = gate_.get_future().share()](Store&) {
      future.wait();
      return absl::OkStatus();
    };
  }

  ThreadLoop loop_;
  FakeStore store_;
  std::promise<void> gate_;
  std::vector<std::string> done_;  // on the loop; read after Stop
  StoreThread thread_{&store_, &loop_};
};

TEST_F(StoreThreadTest, WhateverWaitsIsOneTransactionInOrder) {
  Submit(Waits(), "first");
  thread_.Start();
  for (uint64_t i = 1; i <= 5; ++i) Submit(Adds(i), std::to_string(i));
  gate_.set_value();
  Stop();
  EXPECT_THAT(store_.jobs, ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(done_, ElementsAre("first: OK", "1: OK", "2: OK", "3: OK", "4: OK", "5: OK"));
  EXPECT_LE(store_.commits, 2);
}

TEST_F(StoreThreadTest, AFailingWorkKeepsItsOwnError) {
  Submit(Adds(1), "good");
  Submit([](Store&) { return absl::NotFoundError("no"); }, "bad");
  Submit(Adds(2), "good too");
  thread_.Start();
  Stop();
  EXPECT_THAT(done_, ElementsAre("good: OK", "bad: NOT_FOUND", "good too: OK"));
  EXPECT_EQ(store_.commits, 1);
  EXPECT_EQ(store_.pieces, 3) << "each work can be undone alone";
}

TEST_F(StoreThreadTest, ACommitThatFailsIsToldToAll) {
  store_.commit_status = absl::ResourceExhaustedError("full");
  Submit(Adds(1), "one");
  Submit([](Store&) { return absl::NotFoundError("no"); }, "two");
  thread_.Start();
  Stop();
  EXPECT_THAT(done_, ElementsAre("one: RESOURCE_EXHAUSTED", "two: NOT_FOUND"));
}

TEST_F(StoreThreadTest, StopFinishesWhatWasSubmittedAndRefusesTheRest) {
  thread_.Start();
  for (uint64_t i = 1; i <= 100; ++i) Submit(Adds(i), "x");
  thread_.Stop();
  EXPECT_EQ(store_.jobs.size(), 100u);
  Submit(Adds(101), "late");
  loop_.Stop();
  EXPECT_EQ(store_.jobs.size(), 100u);
  ASSERT_EQ(done_.size(), 101u);
  EXPECT_EQ(done_.back(), "late: UNAVAILABLE");
}

TEST_F(StoreThreadTest, TheStoreRestsWhenNobodyWaits) {
  thread_.Start();
  Submit(Adds(1), "x");
  store_.rested.wait();
  Stop();
  EXPECT_EQ(store_.commits, 1);
}

TEST(StoreThreadMetricsTest, CommitsAreCounted) {
  ThreadLoop loop("test-loop");
  loop.Start();
  FakeStore store;
  size_t works = 0;
  StoreThread thread(&store, &loop, {[&](size_t n, absl::Duration) { works += n; }});
  for (int i = 0; i < 7; ++i) {
    thread.Submit([](Store&) { return absl::OkStatus(); }, [](const absl::Status&) {});
  }
  thread.Start();
  thread.Stop();
  loop.Stop();
  EXPECT_EQ(works, 7u);
}

}  // namespace
}  // namespace benchfleet
