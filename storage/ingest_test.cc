#include <filesystem>

#include "gmock/gmock.h"
#include "storage/store_fixture.h"

namespace benchfleet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class IngestTest : public StoreTest {
 protected:
  void SetUp() override { MakeSmallJob(); }

  RunResult OnlyRun() {
    const auto runs = store().Runs(JobId{1}, RunId{0}, 10);
    EXPECT_TRUE(runs.ok()) << runs.status();
    EXPECT_THAT(*runs, SizeIs(1));
    return runs->at(0);
  }

  std::vector<SampleChunk> AllChunks(uint64_t run) {
    uint64_t position = 0;
    const auto chunks = store().Chunks(RunId{run}, &position, 1 << 20);
    EXPECT_TRUE(chunks.ok()) << chunks.status();
    return *chunks;
  }
};

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

}  // namespace
}  // namespace benchfleet
