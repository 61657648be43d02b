// A disk that fills up: nothing acknowledged is lost, and work goes on when there is space again.
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "base/ids.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "storage/sqlite_store.h"
#include "storage/store_fixture.h"

namespace benchfleet {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class DiskFullTest : public StoreTest {
 protected:
  // Records of the spool of host "a", by sequence: each but the first is a chunk of one run.
  static Record RecordAt(uint64_t sequence) {
    if (sequence == 1) return TestRecord(1, TestStarted());
    Random random(sequence);
    std::vector<int64_t> values(kSamples);
    for (int64_t& value : values) value = static_cast<int64_t>(random.Below(1'000'000));
    return TestRecord(1, TestChunk((sequence - 2) * kSamples, values));
  }

  static absl::Status IngestOne(Store& s, uint64_t sequence) {
    absl::Status own;
    const absl::Status committed = s.InTransaction([&] {
      own = s.Ingest("a", {"spool", sequence, {RecordAt(sequence)}}, TestTime(9)).status();
    });
    return own.ok() ? committed : own;
  }

  // Ingests until it fails; the number of records that were acknowledged.
  static uint64_t FillUp(Store& s, const std::string& file) {
    uint64_t acked = 0;
    absl::Status status;
    while (acked < 5000 && (status = IngestOne(s, acked + 1)).ok()) ++acked;
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
    EXPECT_THAT(Message(status), AllOf(HasSubstr(file), HasSubstr("no space left")));
    // Again and again, and reading works all the time.
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(IngestOne(s, acked + 1).ok());
    EXPECT_EQ(*s.AckedSequence("a", "spool"), acked);
    return acked;
  }

  static void ExpectAll(Store& s, uint64_t acked) {
    EXPECT_EQ(*s.AckedSequence("a", "spool"), acked);
    uint64_t position = 0;
    const auto chunks = s.Chunks(RunId{1}, &position, size_t{1} << 30);
    ASSERT_TRUE(chunks.ok()) << chunks.status();
    ASSERT_EQ(chunks->size(), acked - 1);
    for (uint64_t i = 0; i < chunks->size(); ++i) {
      EXPECT_EQ(chunks->at(i), std::get<SampleChunk>(RecordAt(i + 2).what)) << i;
    }
  }

  std::string Ballast() { return directory_.path() + "/ballast"; }

  // Runs `body` with the store on a file system of 2 MiB, half of which is ballast.
  void OnSmallFileSystem(const std::function<void()>& body) {
    int exit_code = 0;
    InChild(
        [&] {
          const int spaces = geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS;
          if (unshare(spaces) != 0 ||
              mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
              mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, "size=2m") != 0) {
            _exit(kSkipped);
          }
          std::ofstream(Ballast()) << std::string(1 << 20, 'x');
          MakeSmallJob();
          body();
        },
        &exit_code);
    if (exit_code == kSkipped) GTEST_SKIP() << "no file system may be mounted here";
    EXPECT_EQ(exit_code, 0);
  }

  static constexpr uint64_t kSamples = 1000;
};

TEST_F(DiskFullTest, AtALimitOfTheFileSize) {
  MakeSmallJob();
  Close();
  EXPECT_TRUE(InChild([&] {
    Store& s = store();
    signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    getrlimit(RLIMIT_FSIZE, &limit);
    const rlim_t before = limit.rlim_cur;
    limit.rlim_cur = 600'000;
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
    uint64_t acked = FillUp(s, SqliteFile(directory_.path()));
    EXPECT_GT(acked, 5u);
    limit.rlim_cur = before;
    setrlimit(RLIMIT_FSIZE, &limit);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(IngestOne(s, ++acked), absl::OkStatus());
    ExpectAll(s, acked);
    Reopen();
    ExpectAll(store(), acked);
    Close();
  }));
}

TEST_F(DiskFullTest, OnAFullFileSystem) {
  OnSmallFileSystem([&] {
    const uint64_t acked = FillUp(store(), SqliteFile(directory_.path()));
    EXPECT_GT(acked, 5u);
    // A restart on the full disk finds everything too, or says why it cannot start.
    Close();
    const auto reopened = OpenSqliteStore(directory_.path());
    if (reopened.ok()) {
      EXPECT_EQ(*(*reopened)->AckedSequence("a", "spool"), acked);
    } else {
      EXPECT_EQ(reopened.status().code(), absl::StatusCode::kResourceExhausted)
          << reopened.status();
    }
  });
}

TEST_F(DiskFullTest, OnAFileSystemThatGetsSpaceAgain) {
  OnSmallFileSystem([&] {
    uint64_t acked = FillUp(store(), SqliteFile(directory_.path()));
    std::filesystem::remove(Ballast());
    for (int i = 0; i < 20; ++i) EXPECT_EQ(IngestOne(store(), ++acked), absl::OkStatus());
    ExpectAll(store(), acked);
    Reopen();
    ExpectAll(store(), acked);
    Close();
  });
}

}  // namespace
}  // namespace benchfleet
