#include "coordinator/history_reader.h"

#include "gmock/gmock.h"
#include "storage/temporary_store.h"

namespace benchfleet {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class HistoryReaderTest : public testing::Test {
 protected:
  // Imports a job with one aggregate-only run after another, each a second later.
  void Import(const std::string& revision, const std::string& workload, int runs) {
    const absl::Status committed = store_->InTransaction([&] {
      JobResult job;
      job.status.state = State::kDone;
      job.spec.name = "imported";
      job.spec.revision = revision;
      const auto id = store_->ImportJob(job);
      ASSERT_TRUE(id.ok()) << id.status();
      for (int i = 0; i < runs; ++i) {
        RunResult run;
        run.host = "laptop";
        run.workload = workload;
        run.repetition = static_cast<uint32_t>(i);
        run.state = State::kDone;
        run.finished.outcome = Outcome::kOk;
        run.finished.started_at = absl::FromUnixSeconds(1'700'000'000 + ++seconds_);
        run.finished.finished_at = run.finished.started_at;
        run.metrics = {{"latency", "ns", Direction::kLowerIsBetter, "", 0}};
        run.summaries = {{"latency", 3, 1, 3, 2, 1, 1.0 * seconds_, 3, 3, true}};
        ASSERT_EQ(store_->ImportRun(*id, run, {}), absl::OkStatus());
      }
    });
    ASSERT_EQ(committed, absl::OkStatus());
  }

  // All pieces, as they come.
  std::vector<SeriesHistory> Read(HistoryQuery query) {
    HistoryReader reader(std::move(query));
    std::vector<SeriesHistory> all;
    while (true) {
      std::vector<SeriesHistory> pieces;
      const absl::Status status = reader.Next(*store_.get(), &pieces);
      EXPECT_EQ(status, absl::OkStatus());
      if (pieces.empty() || !status.ok()) return all;
      std::move(pieces.begin(), pieces.end(), std::back_inserter(all));
    }
  }

  TemporaryStore store_;
  int seconds_ = 0;
};

TEST_F(HistoryReaderTest, TheNewestPointsOfEachSeries) {
  Import("r1", "sort", 3);
  Import("r2", "hash", 2);
  Import("r3", "sort", 1);
  const auto all = Read({{}, 2});
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0].series.key.workload, "sort");
  ASSERT_THAT(all[0].points, SizeIs(2));
  EXPECT_EQ(all[0].points[0].revision, "r3") << "newest first";
  EXPECT_EQ(all[0].points[1].summary.median, 3);
  EXPECT_THAT(all[1].points, SizeIs(2));
}

TEST_F(HistoryReaderTest, SeriesAloneWhenNoPointsAreAskedFor) {
  Import("r1", "sort", 3);
  Import("r2", "hash", 2);
  const auto all = Read({});
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_THAT(all[0].points, IsEmpty());
  HistoryQuery of_revision;
  of_revision.filter.revision = "r2";
  ASSERT_THAT(Read(of_revision), SizeIs(1));
  EXPECT_EQ(Read(of_revision)[0].series.key.workload, "hash");
}

TEST_F(HistoryReaderTest, ASeriesWithoutAPointThatFitsIsLeftOut) {
  Import("r1", "sort", 3);
  Import("r2", "hash", 2);
  HistoryQuery query{{}, 10};
  query.filter.revision = "r1";
  const auto all = Read(query);
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_THAT(all[0].points, SizeIs(3));
}

TEST_F(HistoryReaderTest, ALongHistoryComesInSeveralPieces) {
  constexpr int kRuns = 10'000;
  Import("r1", "sort", kRuns);
  Import("r2", "hash", 1);
  const auto all = Read({{}, kRuns - 1});
  ASSERT_GT(all.size(), 2u);
  std::vector<double> medians;
  for (const SeriesHistory& piece : all) {
    if (piece.series.key.workload != "sort") continue;
    for (const HistoryPoint& point : piece.points) medians.push_back(point.summary.median);
  }
  ASSERT_THAT(medians, SizeIs(kRuns - 1));
  for (int i = 0; i < kRuns - 1; ++i) ASSERT_EQ(medians[static_cast<size_t>(i)], kRuns - i);
  EXPECT_EQ(all.back().series.key.workload, "hash");
  EXPECT_THAT(all.back().points, SizeIs(1));
}

TEST_F(HistoryReaderTest, AJobThatDoesNotExistIsNamed) {
  HistoryQuery query;
  query.filter.in_job = JobId{5};
  HistoryReader reader(query);
  std::vector<SeriesHistory> pieces;
  EXPECT_EQ(reader.Next(*store_.get(), &pieces).message(), "there is no job 5");
}

}  // namespace
}  // namespace benchfleet
