// Files that are not what they should be, directories that are taken or closed.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

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

class DamageTest : public StoreTest {
 protected:
  std::string File() { return SqliteFile(directory_.path()); }

  // Some hundred pages of samples.
  void FillAndClose() {
    MakeSmallJob();
    Random random(1);
    ASSERT_TRUE(Ingest(1, {TestRecord(1, TestStarted())}).ok());
    for (uint64_t i = 0; i < 50; ++i) {
      std::vector<int64_t> values(2000);
      for (int64_t& value : values) value = static_cast<int64_t>(random.Below(1'000'000));
      ASSERT_TRUE(Ingest(2 + i, {TestRecord(1, TestChunk(i * 2000, values))}).ok());
    }
    Close();
  }

  void ExpectDataLoss(const absl::Status& status) {
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_THAT(Message(status), AllOf(HasSubstr(File()), HasSubstr("restore it from a backup")));
  }

  absl::Status ReadAll() {
    auto opened = OpenSqliteStore(directory_.path());
    BF_RETURN_IF_ERROR(opened.status());
    BF_RETURN_IF_ERROR((*opened)->Runs(JobId{1}, RunId{0}, 100).status());
    uint64_t position = 0;
    for (;;) {
      BF_ASSIGN_OR_RETURN(const auto chunks, (*opened)->Chunks(RunId{1}, &position, 1));
      if (chunks.empty()) return absl::OkStatus();
    }
  }
};

TEST_F(DamageTest, GarbageIsNamed) {
  std::ofstream(File()) << std::string(20000, 'x');
  ExpectDataLoss(OpenSqliteStore(directory_.path()).status());
}

TEST_F(DamageTest, ATruncatedFileIsNamed) {
  FillAndClose();
  ASSERT_EQ(ReadAll(), absl::OkStatus());
  const auto size = static_cast<off_t>(std::filesystem::file_size(File()));
  for (const off_t left : {size - 4096, size / 2, off_t{4096 * 3 + 17}, off_t{50}}) {
    ASSERT_EQ(truncate(File().c_str(), left), 0);
    ExpectDataLoss(ReadAll());
  }
}

TEST_F(DamageTest, OverwrittenPagesAreNamed) {
  FillAndClose();
  {
    std::fstream file(File(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096 * 30);
    file << std::string(4096 * 60, '\xee');
  }
  ExpectDataLoss(ReadAll());
}

TEST_F(DamageTest, ASecondCoordinatorIsRefused) {
  store();
  const auto second = OpenSqliteStore(directory_.path());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(Message(second.status()),
              AllOf(HasSubstr(directory_.path()), HasSubstr("another bench-coordinator"),
                    HasSubstr(std::to_string(getpid()))));
  Close();
  EXPECT_TRUE(OpenSqliteStore(directory_.path()).ok());
}

TEST_F(DamageTest, TheLockOfADeadCoordinatorHoldsNobodyUp) {
  EXPECT_FALSE(InChild([&] {
    store();
    abort();
  }));
  EXPECT_TRUE(OpenSqliteStore(directory_.path()).ok());
}

TEST_F(DamageTest, ADirectoryThatCannotBeWrittenIsNamed) {
  ASSERT_EQ(chmod(directory_.path().c_str(), 0555), 0);
  EXPECT_TRUE(InChild([&] {
    if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0) _exit(kSkipped);  // not for root
    const auto opened = OpenSqliteStore(directory_.path());
    EXPECT_EQ(opened.status().code(), absl::StatusCode::kPermissionDenied);
    EXPECT_THAT(Message(opened.status()), HasSubstr(directory_.path()));
  }));
}

TEST_F(DamageTest, AMissingDirectoryIsMadeForTheOwnerAlone) {
  const std::string made = directory_.path() + "/x/y/data";
  ASSERT_TRUE(OpenSqliteStore(made).ok());
  struct stat info {};
  ASSERT_EQ(stat(made.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
  ASSERT_EQ(stat(SqliteFile(made).c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  std::ofstream(directory_.path() + "/file") << "";
  const auto under_file = OpenSqliteStore(directory_.path() + "/file/data");
  EXPECT_FALSE(under_file.ok());
  EXPECT_THAT(Message(under_file.status()), HasSubstr("/file"));
}

}  // namespace
}  // namespace benchfleet
