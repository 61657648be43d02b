// How a run ends: by its agent's word, by the coordinator's, or by both.
#include "gmock/gmock.h"
#include "storage/store_fixture.h"

namespace benchfleet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class RunEndTest : public SmallJobTest {};

TEST_F(RunEndTest, EverySpoolCountsForItself) {
  ASSERT_TRUE(Ingest(1, {TestRecord(1, TestStarted())}).ok());
  absl::StatusOr<IngestResult> other = absl::UnknownError("");
  Commit([&](Store& s) {
    other = s.Ingest("a", {"a new spool", 1, {TestRecord(1, TestChunk(0, {1}))}}, TestTime(11));
  });
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_EQ(other->acked_sequence, 1u);
  EXPECT_EQ(*store().AckedSequence("a", "spool of a"), 1u);
  EXPECT_EQ(*store().AckedSequence("a", "a new spool"), 1u);
}

TEST_F(RunEndTest, CountsThatDifferMakeARunGarbled) {
  const auto result = Ingest(1, {TestRecord(1, TestStarted()), TestRecord(1, TestChunk(0, {1, 2})),
                                 TestRecord(1, TestFinished(Outcome::kOk, 3))});
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_THAT(result->finished, SizeIs(1));
  EXPECT_EQ(result->finished[0].outcome, Outcome::kGarbled);
  EXPECT_EQ(result->finished[0].message, "latency: 2 samples stored, 3 reported");
  EXPECT_EQ(OnlyRun().finished.outcome, Outcome::kGarbled);
  EXPECT_EQ(store().Job(JobId{1})->runs_done, 0u);
}

TEST_F(RunEndTest, CountsThatAreMissingMakeARunGarbledToo) {
  RunFinished crashed = TestFinished(Outcome::kCrashed, 0);
  crashed.message = "signal 11";
  const auto result = Ingest(1, {TestRecord(1, TestStarted()), TestRecord(1, TestChunk(0, {1, 2})),
                                 TestRecord(1, crashed)});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->finished[0].outcome, Outcome::kGarbled);
  EXPECT_EQ(result->finished[0].message,
            "latency: 2 samples stored, none reported; the run itself crashed: signal 11");
}

TEST_F(RunEndTest, ARunWithoutAnOutcomeIsGarbled) {
  const auto result = Ingest(1, {TestRecord(1, TestFinished(Outcome::kUnspecified, 0))});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->finished[0].outcome, Outcome::kGarbled);
}

TEST_F(RunEndTest, AFailedRunKeepsItsWords) {
  RunFinished failed = TestFinished(Outcome::kInvalid, 0);
  failed.message = "the proof did not verify";
  failed.stderr_tail = "details";
  const auto result = Ingest(1, {TestRecord(1, failed)});
  ASSERT_TRUE(result.ok()) << result.status();
  const RunResult run = OnlyRun();
  EXPECT_EQ(run.state, State::kFailed);
  EXPECT_EQ(run.finished.outcome, Outcome::kInvalid);
  EXPECT_EQ(run.finished.message, "the proof did not verify");
  EXPECT_EQ(run.finished.stderr_tail, "details");
  EXPECT_EQ(run.finished.started_at, TestTime(3));
  EXPECT_EQ(run.finished.finished_at, TestTime(5));
  EXPECT_THAT(run.summaries, IsEmpty());
}

TEST_F(RunEndTest, NothingIsTakenAfterTheEnd) {
  ASSERT_TRUE(
      Ingest(1, {TestRecord(1, TestStarted()), TestRecord(1, TestFinished(Outcome::kOk, 0))}).ok());
  const auto result = Ingest(3, {TestRecord(1, TestChunk(0, {1})), TestRecord(1, TestStarted()),
                                 TestRecord(1, TestFinished(Outcome::kFailed, 0))});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->refused, ElementsAre(HasSubstr("after the end"), HasSubstr("started before"),
                                           HasSubstr("ended before")));
  EXPECT_THAT(result->finished, IsEmpty());
  EXPECT_EQ(OnlyRun().finished.outcome, Outcome::kOk);
}

class LateResultTest : public SmallJobTest {
 protected:
  void End(Outcome outcome) {
    Commit([&](Store& s) {
      EXPECT_EQ(s.EndRun(RunId{1}, outcome, "given up", TestTime(4)), absl::OkStatus());
    });
  }
  absl::StatusOr<IngestResult> Report() {
    return Ingest(1, {TestRecord(1, TestStarted()), TestRecord(1, TestChunk(0, {1, 2})),
                      TestRecord(1, TestFinished(Outcome::kOk, 2))});
  }
};

TEST_F(LateResultTest, OfALostRunIsTakenAfterAll) {
  End(Outcome::kLost);
  const auto result = Report();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->refused, IsEmpty());
  ASSERT_THAT(result->finished, SizeIs(1));
  EXPECT_EQ(result->finished[0].outcome, Outcome::kOk);
  EXPECT_EQ(OnlyRun().state, State::kDone);
  EXPECT_EQ(store().Job(JobId{1})->runs_done, 1u);
}

TEST_F(LateResultTest, OfALostRunThatWasTriedAgainIsKeptButDoesNotCount) {
  End(Outcome::kLost);
  Commit([](Store& s) {
    EXPECT_EQ(s.CreateRun(TestRun(2, 1, "a", 0, 1)), absl::OkStatus());
    EXPECT_EQ(s.CreateRun(TestRun(3, 1, "a", 1, 0)), absl::OkStatus());
  });
  const auto result = Report();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->refused, IsEmpty());
  EXPECT_THAT(result->finished, IsEmpty());
  EXPECT_EQ(result->new_samples, 2u);
  const auto runs = store().Runs(JobId{1}, RunId{0}, 10);
  ASSERT_TRUE(runs.ok()) << runs.status();
  EXPECT_EQ(runs->at(0).finished.outcome, Outcome::kLost);
  EXPECT_EQ(runs->at(0).finished.message, "given up");
  EXPECT_EQ(runs->at(0).finished.usage.max_rss_bytes, 4096);
  EXPECT_THAT(AllChunks(1), SizeIs(1));
  EXPECT_EQ(store().Job(JobId{1})->runs_done, 0u);
}

TEST_F(LateResultTest, AnotherRepetitionIsNoLaterAttempt) {
  End(Outcome::kLost);
  Commit([](Store& s) { EXPECT_EQ(s.CreateRun(TestRun(3, 1, "a", 1, 5)), absl::OkStatus()); });
  EXPECT_THAT(Report()->finished, SizeIs(1));
}

TEST_F(LateResultTest, OfACancelledRunDoesNotUndoTheCancelling) {
  End(Outcome::kCancelled);
  const auto result = Report();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->refused, IsEmpty());
  EXPECT_THAT(result->finished, IsEmpty());
  EXPECT_EQ(OnlyRun().finished.outcome, Outcome::kCancelled);
}

}  // namespace
}  // namespace benchfleet
