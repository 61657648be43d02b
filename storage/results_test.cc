#include "gmock/gmock.h"
#include "storage/store_fixture.h"

namespace benchfleet {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class ResultsTest : public SmallJobTest {};

TEST_F(ResultsTest, ChunksComeInPages) {
  RunStarted started = TestStarted();
  started.metrics = {{"zeta", "ns", Direction::kLowerIsBetter, "", 0},
                     {"alpha", "ns", Direction::kLowerIsBetter, "", 0}};
  std::vector<Record> records = {TestRecord(1, started)};
  std::vector<SampleChunk> expected;
  for (const char* metric : {"zeta", "alpha"}) {
    for (uint64_t i = 0; i < 5; ++i) {
      SampleChunk chunk = TestChunk(2 * i, {10, 20}, i == 0);
      chunk.metric = metric;
      chunk.operations = 3;
      expected.push_back(chunk);
    }
  }
  // As they may arrive: the metrics take turns.
  for (size_t i = 0; i < 5; ++i) {
    records.push_back(TestRecord(1, expected[5 + i]));
    records.push_back(TestRecord(1, expected[i]));
  }
  ASSERT_TRUE(Ingest(1, records).ok());
  const size_t bytes = expected[0].payload.size();
  for (const size_t page : {size_t{1}, bytes, 2 * bytes, 3 * bytes + 1, size_t{1} << 20}) {
    std::vector<SampleChunk> all;
    uint64_t position = 0;
    for (;;) {
      const auto chunks = store().Chunks(RunId{1}, &position, page);
      ASSERT_TRUE(chunks.ok()) << chunks.status();
      if (chunks->empty()) break;
      EXPECT_LE(chunks->size(), std::max<size_t>(1, page / bytes));
      all.insert(all.end(), chunks->begin(), chunks->end());
    }
    EXPECT_EQ(all, expected) << "pages of " << page;
  }
}

TEST_F(ResultsTest, RunsComeInPages) {
  Commit([](Store& s) {
    for (uint64_t i = 2; i <= 7; ++i) {
      EXPECT_EQ(s.CreateRun(TestRun(i, 1, "a", static_cast<uint32_t>(i))), absl::OkStatus());
    }
  });
  const auto page = store().Runs(JobId{1}, RunId{3}, 2);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_THAT(*page, SizeIs(2));
  EXPECT_EQ(page->at(0).run, RunId{4});
  EXPECT_EQ(page->at(1).run, RunId{5});
  EXPECT_EQ(page->at(1).state, State::kRunning);
  EXPECT_THAT(*store().Runs(JobId{1}, RunId{7}, 2), IsEmpty());
}

}  // namespace
}  // namespace benchfleet
