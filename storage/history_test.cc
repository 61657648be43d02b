#include "gmock/gmock.h"
#include "storage/store_fixture.h"

namespace benchfleet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class HistoryTest : public StoreTest {
 protected:
  void SetUp() override { MakeSmallJob(); }

  // A run of task 1 on host a (or 2 on b) that finished at `at` with these latencies.
  void Measure(uint64_t run, const std::string& host, int at, const std::vector<int64_t>& values,
               Outcome outcome = Outcome::kOk, const std::string& identity = "identity") {
    const uint64_t task = host == "a" ? 1 : 2;
    if (run > 1) {
      Commit([&](Store& s) {
        EXPECT_EQ(s.CreateRun(TestRun(run, task, host, static_cast<uint32_t>(run))),
                  absl::OkStatus());
      });
    }
    RunFinished finished = TestFinished(outcome, values.size());
    finished.finished_at = TestTime(at);
    finished.identity_digest = identity;
    uint64_t& sequence = sequences_[host];
    const auto result = Ingest(sequence + 1,
                               {TestRecord(run, TestStarted()),
                                TestRecord(run, TestChunk(0, values)), TestRecord(run, finished)},
                               host);
    ASSERT_TRUE(result.ok()) << result.status();
    sequence += 3;
  }

  std::vector<uint64_t> RunsIn(const SeriesKey& key, uint32_t limit = 100) {
    const auto points = store().History(key, limit);
    EXPECT_TRUE(points.ok()) << points.status();
    std::vector<uint64_t> runs;
    for (const HistoryPoint& point : *points) runs.push_back(point.run.value);
    return runs;
  }

  const SeriesKey key_ = {"crypto.sha256", {{"size", "1KiB"}}, "latency", "ns", "identity"};

 private:
  std::map<std::string, uint64_t> sequences_;
};

TEST_F(HistoryTest, APointTellsAllOfItsRun) {
  Measure(1, "a", 5, {100, 300});
  const auto points = store().History(key_, 10);
  ASSERT_TRUE(points.ok()) << points.status();
  ASSERT_THAT(*points, SizeIs(1));
  const HistoryPoint& point = points->at(0);
  EXPECT_EQ(point.run, RunId{1});
  EXPECT_EQ(point.job, JobId{1});
  EXPECT_EQ(point.at, TestTime(5));
  EXPECT_EQ(point.revision, "r1");
  EXPECT_EQ(point.host, "a");
  EXPECT_EQ(point.state_digest, "state");
  EXPECT_EQ(point.summary.metric, "latency");
  EXPECT_EQ(point.summary, store().Runs(JobId{1}, RunId{0}, 1)->at(0).summaries[0]);
  SeriesKey derived = key_;
  derived.metric = "rate";
  derived.unit = "B/s";
  EXPECT_THAT(RunsIn(derived), ElementsAre(1));
}

TEST_F(HistoryTest, HostsOfOneIdentityAreOneSeriesNewestFirst) {
  Measure(1, "a", 50, {1});
  Measure(2, "b", 70, {2});
  Measure(3, "a", 60, {3});
  EXPECT_THAT(RunsIn(key_), ElementsAre(2, 3, 1));
  EXPECT_THAT(RunsIn(key_, 2), ElementsAre(2, 3));
}

TEST_F(HistoryTest, OnlyRunsWithOutcomeOkAreInASeries) {
  Measure(1, "a", 50, {1}, Outcome::kInvalid);
  Measure(2, "a", 60, {2}, Outcome::kTimedOut);
  EXPECT_THAT(RunsIn(key_), IsEmpty());
  Measure(3, "a", 70, {3});
  EXPECT_THAT(RunsIn(key_), ElementsAre(3));
}

TEST_F(HistoryTest, AnotherIdentityUnitOrCellIsAnotherSeries) {
  Measure(1, "a", 50, {1});
  Measure(2, "a", 60, {2}, Outcome::kOk, "another machine");
  EXPECT_THAT(RunsIn(key_), ElementsAre(1));
  SeriesKey other = key_;
  other.identity = "another machine";
  EXPECT_THAT(RunsIn(other), ElementsAre(2));
  other = key_;
  other.unit = "us";
  EXPECT_THAT(RunsIn(other), IsEmpty());
  other = key_;
  other.parameters = {};
  EXPECT_THAT(RunsIn(other), IsEmpty());
}

TEST_F(HistoryTest, ARunThatTellsNoIdentityHasItsHosts) {
  Measure(1, "a", 50, {1}, Outcome::kOk, "");
  EXPECT_THAT(RunsIn(key_), ElementsAre(1));
}

TEST_F(HistoryTest, AHostWithoutAFingerprintIsASeriesOfItsOwn) {
  StoredHost bare = TestHost("c");
  bare.fingerprint = HostFingerprint();
  Commit([&](Store& s) {
    EXPECT_EQ(s.PutHost(bare), absl::OkStatus());
    EXPECT_EQ(s.CreateJob(TestJob(2, "bare"), {TestTask(9, 2, "c")}), absl::OkStatus());
    EXPECT_EQ(s.CreateRun(TestRun(9, 9, "c", 0)), absl::OkStatus());
  });
  RunFinished finished = TestFinished(Outcome::kOk, 1);
  finished.identity_digest = "";
  ASSERT_TRUE(Ingest(1,
                     {TestRecord(9, TestStarted()), TestRecord(9, TestChunk(0, {4})),
                      TestRecord(9, finished)},
                     "c")
                  .ok());
  SeriesKey key = key_;
  key.identity = "host:c";
  EXPECT_THAT(RunsIn(key), ElementsAre(9));
}

TEST_F(HistoryTest, ARunWithWarmUpAloneHasNoPoint) {
  ASSERT_TRUE(Ingest(1, {TestRecord(1, TestStarted()), TestRecord(1, TestChunk(0, {4}, true)),
                         TestRecord(1, TestFinished(Outcome::kOk, 1))})
                  .ok());
  EXPECT_THAT(RunsIn(key_), IsEmpty());
  EXPECT_EQ(store().Runs(JobId{1}, RunId{0}, 1)->at(0).finished.outcome, Outcome::kOk);
}

class FindSeriesTest : public HistoryTest {
 protected:
  void SetUp() override {
    HistoryTest::SetUp();
    Measure(1, "a", 50, {1});
    Measure(2, "b", 70, {2});
    Measure(3, "a", 60, {3});
    Measure(4, "a", 80, {4}, Outcome::kOk, "other machine");
  }

  // "metric/identity" of the series that fit.
  std::vector<std::string> Find(const HistoryFilter& filter) {
    const auto found = store().FindSeries(filter);
    EXPECT_TRUE(found.ok()) << found.status();
    std::vector<std::string> names;
    for (const Series& series : *found) {
      names.push_back(series.key.metric + "/" + series.key.identity);
    }
    return names;
  }

  std::vector<uint64_t> RunsOf(const HistoryFilter& filter, const HistoryPoint* after = nullptr,
                               uint32_t limit = 100) {
    const auto points = store().Points(SeriesId{1}, filter, after, limit);
    EXPECT_TRUE(points.ok()) << points.status();
    std::vector<uint64_t> runs;
    for (const HistoryPoint& point : *points) runs.push_back(point.run.value);
    return runs;
  }
};

TEST_F(FindSeriesTest, ByEveryFieldOfTheirKey) {
  EXPECT_THAT(Find({}), ElementsAre("latency/identity", "rate/identity", "latency/other machine",
                                    "rate/other machine"));
  EXPECT_THAT(Find({.workload = "crypto.*", .metric = "lat?ncy", .identity = "ident"}),
              ElementsAre("latency/identity"));
  EXPECT_THAT(Find({.workload = "crypto.sha256", .metric = "rate"}), SizeIs(2));
  EXPECT_THAT(Find({.workload = "crypto"}), IsEmpty());
  EXPECT_THAT(Find({.parameters = {{"size", "1KiB"}}}), SizeIs(4));
  EXPECT_THAT(Find({.parameters = {{"size", "2KiB"}}}), IsEmpty());
  EXPECT_THAT(Find({.series = {SeriesId{2}, SeriesId{9}}}), ElementsAre("rate/identity"));
  EXPECT_THAT(Find({.in_job = JobId{1}}), SizeIs(4));
  EXPECT_THAT(Find({.in_job = JobId{2}}), IsEmpty());
  const Series series = store().FindSeries({})->at(1);
  EXPECT_EQ(series.key.unit, "B/s");
  EXPECT_EQ(series.direction, Direction::kHigherIsBetter);
}

TEST_F(FindSeriesTest, ANameWithBracketsIsFoundAsItIs) {
  Commit([](Store& s) {
    StoredTask task = TestTask(9, 2, "a");
    task.workload = "test_sum[10-x]";
    task.host = "b";
    EXPECT_EQ(s.CreateJob(TestJob(2, "imported"), {task}), absl::OkStatus());
    EXPECT_EQ(s.CreateRun(TestRun(9, 9, "b", 0)), absl::OkStatus());
  });
  const auto ingested = Ingest(4,
                               {TestRecord(9, TestStarted()), TestRecord(9, TestChunk(0, {5})),
                                TestRecord(9, TestFinished(Outcome::kOk, 1))},
                               "b");
  ASSERT_TRUE(ingested.ok()) << ingested.status();
  EXPECT_THAT(Find({.workload = "test_sum[10-x]"}), SizeIs(2));
  EXPECT_THAT(Find({.in_job = JobId{2}}), SizeIs(2));
}

TEST_F(FindSeriesTest, PointsByHostRevisionTimeAndJob) {
  EXPECT_THAT(RunsOf({}), ElementsAre(2, 3, 1));
  EXPECT_THAT(RunsOf({.host = "a"}), ElementsAre(3, 1));
  EXPECT_THAT(RunsOf({.revision = "r1"}), SizeIs(3));
  EXPECT_THAT(RunsOf({.revision = "r2"}), IsEmpty());
  EXPECT_THAT(RunsOf({.job_name = "sweep"}), SizeIs(3));
  EXPECT_THAT(RunsOf({.job_name = "weep"}), IsEmpty());
  EXPECT_THAT(RunsOf({.labels = {{"branch", "main"}}}), IsEmpty());
  EXPECT_THAT(RunsOf({.from = TestTime(60)}), ElementsAre(2, 3));
  EXPECT_THAT(RunsOf({.before = TestTime(60)}), ElementsAre(1));
}

TEST_F(FindSeriesTest, PointsAreReadInPages) {
  const auto first = store().Points(SeriesId{1}, {}, nullptr, 2);
  ASSERT_THAT(*first, SizeIs(2));
  EXPECT_THAT(RunsOf({}, &first->back()), ElementsAre(1));
  EXPECT_EQ(store().Points(SeriesId{77}, {}, nullptr, 2).status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace benchfleet
