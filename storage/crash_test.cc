// SIGKILL at any moment, and a log that stays bounded.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/ids.h"
#include "gmock/gmock.h"
#include "storage/sqlite_store.h"
#include "storage/store_fixture.h"

namespace benchfleet {
namespace {

constexpr int kCrashes = 12;
constexpr uint64_t kSamplesPerRecord = 500;

// Record `sequence` of the spool: each run is started, gets three chunks and is finished.
constexpr uint64_t kRecordsPerRun = 5;
uint64_t RunOf(uint64_t sequence) { return 1 + (sequence - 1) / kRecordsPerRun; }

Record RecordAt(uint64_t sequence) {
  const uint64_t run = RunOf(sequence);
  const uint64_t step = (sequence - 1) % kRecordsPerRun;
  if (step == 0) return TestRecord(run, TestStarted());
  if (step == 4) return TestRecord(run, TestFinished(Outcome::kOk, 3 * kSamplesPerRecord));
  Random random(sequence);
  std::vector<int64_t> values(kSamplesPerRecord);
  for (int64_t& value : values) value = static_cast<int64_t>(random.Below(1'000'000));
  return TestRecord(run, TestChunk((step - 1) * kSamplesPerRecord, values));
}

class CrashTest : public StoreTest {
 protected:
  // The child: goes on behind what is stored, two batches of three records in a transaction, and
  // tells through `fd` what is acknowledged after each commit.
  [[noreturn]] void IngestForEver(int fd) {
    uint64_t acked = *store().AckedSequence("a", "spool of a");
    for (;;) {
      Commit([&](Store& s) {
        for (int batch = 0; batch < 2; ++batch) {
          RecordBatch records{"spool of a", acked + 1, {}};
          for (int i = 0; i < 3; ++i) records.records.push_back(RecordAt(++acked));
          for (const Record& record : records.records) {
            if (std::holds_alternative<RunStarted>(record.what)) {
              (void)s.CreateRun(
                  TestRun(record.run.value, 1, "a", static_cast<uint32_t>(record.run.value)));
            }
          }
          const auto result = s.Ingest("a", records, TestTime(1));
          if (!result.ok() || !result->refused.empty()) _exit(1);
          acked = result->acked_sequence;
        }
      });
      if (HasFailure() || write(fd, &acked, sizeof acked) != sizeof acked) _exit(1);
    }
  }

  // Exactly the records up to `acked` are there.
  void ExpectPrefix(uint64_t acked) {
    const auto runs = store().Runs(JobId{1}, RunId{0}, 100'000);
    ASSERT_TRUE(runs.ok()) << runs.status();
    uint64_t records = 0;
    uint64_t samples = 0;
    for (const RunResult& run : *runs) {
      uint64_t position = 0;
      const auto chunks = store().Chunks(run.run, &position, size_t{1} << 30);
      ASSERT_TRUE(chunks.ok()) << chunks.status();
      records += chunks->size() + (run.metrics.empty() ? 0 : 1);
      if (run.state == State::kDone) ++records;
      const uint64_t first = (run.run.value - 1) * kRecordsPerRun + 2;
      for (uint64_t i = 0; i < chunks->size(); ++i) {
        EXPECT_EQ(chunks->at(i), std::get<SampleChunk>(RecordAt(first + i).what));
        samples += chunks->at(i).count;
      }
    }
    EXPECT_EQ(records, acked);
    EXPECT_EQ(store().Job(JobId{1})->samples, samples);
    EXPECT_EQ(store().Job(JobId{1})->runs_done, acked / kRecordsPerRun);
  }
};

TEST_F(CrashTest, AfterSigkillExactlyWhatWasAcknowledgedIsThere) {
  MakeSmallJob();
  Close();
  Random random(RandomSeed());
  for (int crash = 0; crash < kCrashes; ++crash) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      close(ends[0]);
      IngestForEver(ends[1]);
    }
    close(ends[1]);
    uint64_t told = 0;
    for (uint64_t commits = 1 + random.Below(25); commits > 0; --commits) {
      ASSERT_EQ(read(ends[0], &told, sizeof told), ssize_t{sizeof told});
    }
    // Somewhere within the next commit.
    usleep(static_cast<useconds_t>(random.Below(1500)));
    ASSERT_EQ(kill(child, SIGKILL), 0);
    while (read(ends[0], &told, sizeof told) == ssize_t{sizeof told}) {
    }
    close(ends[0]);
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    const uint64_t stored = *store().AckedSequence("a", "spool of a");
    // A commit may have been made and not yet told.
    EXPECT_TRUE(stored == told || stored == told + 6) << stored << " after " << told;
    ExpectPrefix(stored);
    Close();
  }
}

class LogTest : public StoreTest {
 protected:
  uint64_t SizeOf(const std::string& suffix) {
    return std::filesystem::file_size(SqliteFile(directory_.path()) + suffix);
  }

  // Commits about `mebibytes` of samples of run 1.
  void Write(size_t mebibytes) {
    const std::vector<int64_t> values = {0};
    for (size_t i = 0; i < mebibytes * 2; ++i) {
      SampleChunk chunk = TestChunk(next_index_, values);
      chunk.encoding = Encoding::kFloat64;
      chunk.count = 65536;
      chunk.payload.assign(65536 * 8, '\0');
      next_index_ += chunk.count;
      ASSERT_EQ(Ingest(++sequence_, {TestRecord(1, chunk)})->new_samples, 65536u);
    }
  }

 private:
  uint64_t next_index_ = 0;
  uint64_t sequence_ = 1;
};

TEST_F(LogTest, StaysBoundedAndMovesIntoTheFileAtRest) {
  MakeSmallJob();
  ASSERT_TRUE(Ingest(1, {TestRecord(1, TestStarted())}).ok());
  Write(8);
  EXPECT_LT(SizeOf(""), 4u << 20) << "nothing is moved within a commit while the log is small";
  store().Rest();
  EXPECT_GT(SizeOf(""), 7u << 20);
  Write(150);
  EXPECT_LT(SizeOf("-wal"), 70u << 20);
  EXPECT_GT(SizeOf(""), 80u << 20);
  EXPECT_GT(store().Statistics()->file_bytes, 150u << 20);
}

}  // namespace
}  // namespace benchfleet
