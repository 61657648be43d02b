#include <cmath>

#include "base/status.h"
#include "gmock/gmock.h"
#include "storage/store_fixture.h"

namespace benchfleet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class IngestTest : public SmallJobTest {};

TEST_F(IngestTest, AWholeRunIsStoredAndSummarised) {
  const SampleChunk warm = TestChunk(0, {900, 901}, true);
  const SampleChunk first = TestChunk(2, {100, 300});
  const SampleChunk second = TestChunk(4, {200});
  const auto result =
      Ingest(1, {TestRecord(1, TestStarted()), TestRecord(1, warm), TestRecord(1, first),
                 TestRecord(1, second), TestRecord(1, TestFinished(Outcome::kOk, 5))});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->acked_sequence, 5u);
  EXPECT_EQ(result->new_records, 5u);
  EXPECT_EQ(result->new_samples, 5u);
  EXPECT_EQ(result->new_payload_bytes,
            warm.payload.size() + first.payload.size() + second.payload.size());
  EXPECT_THAT(result->refused, IsEmpty());
  ASSERT_THAT(result->started, SizeIs(1));
  EXPECT_EQ(result->started[0].at, TestTime(3));
  ASSERT_THAT(result->finished, SizeIs(1));
  EXPECT_EQ(result->finished[0].outcome, Outcome::kOk);
  EXPECT_EQ(result->finished[0].samples, 5u);

  const RunResult run = OnlyRun();
  EXPECT_EQ(run.state, State::kDone);
  EXPECT_EQ(run.host, "a");
  EXPECT_EQ(run.workload, "crypto.sha256");
  EXPECT_EQ(run.parameters, (StringMap{{"size", "1KiB"}}));
  EXPECT_EQ(run.metrics, TestStarted().metrics);
  EXPECT_EQ(run.finished.usage.max_rss_bytes, 4096);
  EXPECT_EQ(
      run.finished.facts,
      (StringMap{{"clock_pair_ns", "31.5"}, {"openssl.version", "3.0"}, {"prover.version", "1"}}));
  ASSERT_THAT(run.summaries, SizeIs(2));
  EXPECT_EQ(run.summaries[0],
            (MetricSummary{"latency", 3, 100, 300, 200, 100, 200, 290, 298, false}));
  EXPECT_EQ(run.summaries[1].metric, "rate");
  EXPECT_DOUBLE_EQ(run.summaries[1].median, 1024 / 200e-9);
  EXPECT_THAT(AllChunks(1), ElementsAre(warm, first, second));
}

TEST_F(IngestTest, ARepeatedBatchIsHarmless) {
  const std::vector<Record> records = {TestRecord(1, TestStarted()),
                                       TestRecord(1, TestChunk(0, {1, 2, 3}))};
  ASSERT_TRUE(Ingest(1, records).ok());
  const auto again = Ingest(1, records);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->acked_sequence, 2u);
  EXPECT_EQ(again->new_records, 0u);
  EXPECT_THAT(again->started, IsEmpty());
  EXPECT_THAT(again->refused, IsEmpty());
  EXPECT_THAT(AllChunks(1), SizeIs(1));
  EXPECT_EQ(*store().AckedSequence("a", "spool of a"), 2u);
  EXPECT_EQ(*store().AckedSequence("a", "another spool"), 0u);
  EXPECT_EQ(*store().AckedSequence("nobody", "spool of a"), 0u);
}

TEST_F(IngestTest, AnOverlappingBatchAddsItsNewPart) {
  ASSERT_TRUE(Ingest(1, {TestRecord(1, TestStarted()), TestRecord(1, TestChunk(0, {1}))}).ok());
  const auto result =
      Ingest(2, {TestRecord(1, TestChunk(0, {1})), TestRecord(1, TestChunk(1, {2}))});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->acked_sequence, 3u);
  EXPECT_EQ(result->new_records, 1u);
  EXPECT_EQ(result->new_samples, 1u);
  EXPECT_THAT(AllChunks(1), SizeIs(2));
}

TEST_F(IngestTest, BatchesOutOfOrderAreTakenInOrder) {
  const std::vector<Record> first = {TestRecord(1, TestStarted())};
  const std::vector<Record> second = {TestRecord(1, TestChunk(0, {1}))};
  const auto gap = Ingest(2, second);
  EXPECT_EQ(gap.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Message(gap.status()), HasSubstr("skips from record 0 to record 2"));
  EXPECT_EQ(Ingest(0, second).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(*store().AckedSequence("a", "spool of a"), 0u);
  EXPECT_TRUE(Ingest(1, first).ok());
  EXPECT_EQ(Ingest(2, second)->acked_sequence, 2u);
  EXPECT_EQ(Ingest(1, first)->acked_sequence, 2u);
  EXPECT_THAT(AllChunks(1), SizeIs(1));
}

TEST_F(IngestTest, AnUnknownHostIsNamed) {
  const auto result = Ingest(1, {TestRecord(1, TestStarted())}, "nobody");
  EXPECT_EQ(result.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Message(result.status()), HasSubstr("'nobody'"));
}

TEST_F(IngestTest, WhatNoCorrectAgentSendsIsRefusedAndTheRestGoesOn) {
  SampleChunk damaged = TestChunk(1, {1, 2, 3});
  damaged.payload.pop_back();
  SampleChunk unannounced = TestChunk(0, {1});
  unannounced.metric = "surprise";
  SampleChunk derived = TestChunk(0, {1});
  derived.metric = "rate";
  RunStarted twice_named = TestStarted();
  twice_named.metrics.push_back(twice_named.metrics[0]);
  const auto result = Ingest(
      1, {TestRecord(1, twice_named), TestRecord(1, TestStarted()), TestRecord(1, TestStarted()),
          TestRecord(1, TestChunk(0, {5})), TestRecord(1, damaged),
          TestRecord(1, TestChunk(0, {5})), TestRecord(1, unannounced), TestRecord(1, derived),
          TestRecord(99, TestChunk(0, {5})), TestRecord(1, TestChunk(4, {6}))});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->acked_sequence, 10u);
  EXPECT_EQ(result->new_samples, 2u);
  EXPECT_THAT(
      result->refused,
      ElementsAre(HasSubstr("run 1: metric 'latency' is named twice"),
                  HasSubstr("run 1: it started before"), HasSubstr("the payload is damaged"),
                  HasSubstr("from index 0 are stored already"),
                  HasSubstr("metric 'surprise' was not announced"), HasSubstr("'rate' is derived"),
                  HasSubstr("run 99: there is no such run")));
  EXPECT_THAT(AllChunks(1), SizeIs(2));
}

TEST_F(IngestTest, AnotherHostsRunIsRefused) {
  const auto result = Ingest(1, {TestRecord(1, TestFinished(Outcome::kOk, 0))}, "b");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->refused, ElementsAre(HasSubstr("another host's run")));
  EXPECT_EQ(OnlyRun().state, State::kRunning);
}

TEST_F(IngestTest, AtMostTenRefusalsAreListed) {
  std::vector<Record> records(25, TestRecord(99, TestChunk(0, {1})));
  const auto result = Ingest(1, std::move(records));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->refused, SizeIs(10));
  EXPECT_EQ(result->acked_sequence, 25u);
}

TEST_F(IngestTest, MetricsThatCannotBeAreRefused) {
  const auto refusal = [&](uint64_t sequence, const std::vector<Metric>& metrics) {
    RunStarted started = TestStarted();
    started.metrics = metrics;
    const auto result = Ingest(sequence, {TestRecord(1, started)});
    EXPECT_TRUE(result.ok()) << result.status();
    EXPECT_THAT(result->refused, SizeIs(1));
    return result->refused[0];
  };
  const Metric latency{"latency", "ns", Direction::kLowerIsBetter, "", 0};
  const Metric bytes{"size", "B", Direction::kLowerIsBetter, "", 0};
  EXPECT_THAT(refusal(1, {{"", "ns", Direction::kNeutral, "", 0}}), HasSubstr("has no name"));
  EXPECT_THAT(refusal(2, {latency, {"x", "", Direction::kNeutral, "y", 1}}),
              HasSubstr("cannot be derived from 'y'"));
  EXPECT_THAT(refusal(3, {bytes, {"x", "", Direction::kNeutral, "size", 1}}),
              HasSubstr("no measured time"));
  EXPECT_THAT(refusal(4, {latency,
                          {"x", "ns", Direction::kNeutral, "latency", 1},
                          {"y", "", Direction::kNeutral, "x", 1}}),
              HasSubstr("cannot be derived from 'x'"));
  EXPECT_THAT(refusal(5, {{"x", "", Direction::kNeutral, "", std::nan("")}}),
              HasSubstr("not finite"));
  EXPECT_THAT(refusal(6, std::vector<Metric>(65, latency)), HasSubstr("a run may have 64"));
}

TEST_F(IngestTest, ARestartInTheMiddleOfARunLosesNothing) {
  ASSERT_TRUE(Ingest(1, {TestRecord(1, TestStarted()), TestRecord(1, TestChunk(0, {1, 2}))}).ok());
  Reopen();
  const auto result = Ingest(3, {TestRecord(1, TestChunk(1, {9})), TestRecord(1, TestChunk(2, {3})),
                                 TestRecord(1, TestFinished(Outcome::kOk, 3))});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->refused, ElementsAre(HasSubstr("from index 1 are stored already")));
  ASSERT_THAT(result->finished, SizeIs(1));
  EXPECT_EQ(result->finished[0].outcome, Outcome::kOk);
  EXPECT_EQ(OnlyRun().summaries[0].median, 2);
}

TEST_F(IngestTest, AMethodThatFailedLaterInTheTransactionDoesNotConfuseTheNext) {
  ASSERT_TRUE(Ingest(1, {TestRecord(1, TestStarted())}).ok());
  const absl::Status status = store().InTransaction([&] {
    EXPECT_TRUE(store()
                    .Ingest("a", {"spool of a", 2, {TestRecord(1, TestChunk(0, {1}))}}, TestTime(1))
                    .ok());
    EXPECT_FALSE(store().CreateJob(TestJob(1, "again"), {}).ok());
    EXPECT_TRUE(store()
                    .Ingest("a", {"spool of a", 3, {TestRecord(1, TestChunk(1, {2}))}}, TestTime(1))
                    .ok());
  });
  EXPECT_EQ(status, absl::OkStatus());
  EXPECT_THAT(AllChunks(1), SizeIs(2));
  EXPECT_EQ(store().Job(JobId{1})->samples, 2u);
}

TEST_F(IngestTest, AFingerprintIsKeptAndTold) {
  const HostFingerprint changed = TestFingerprint("identity", "another kernel");
  const auto result = Ingest(1, {TestRecord(0, changed)});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->fingerprints, ElementsAre(changed));
  EXPECT_EQ(store().Hosts()->at(0).fingerprint, changed);
  const auto changes = store().StateChanges("a", 5);
  ASSERT_TRUE(changes.ok()) << changes.status();
  ASSERT_THAT(*changes, SizeIs(1));
  EXPECT_EQ(changes->at(0).at, TestTime(10));
}

}  // namespace
}  // namespace benchfleet
