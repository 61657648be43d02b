#include "agent/spool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "agent/memory_spool.h"
#include "base/limits.h"

namespace benchfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr RunId kRun7{7};

Record Chunk(RunId run, uint32_t count, size_t bytes = 0) {
  SampleChunk chunk;
  chunk.metric = "latency";
  chunk.count = count;
  chunk.encoding = Encoding::kDeltaVarint;
  chunk.payload = std::string(std::max<size_t>(bytes, count), 'x');
  return {run, chunk};
}

Record Finished(RunId run) {
  RunFinished finished;
  finished.outcome = Outcome::kOk;
  return {run, finished};
}

// What both spools promise.
class SpoolContract : public ::testing::TestWithParam<bool> {
 protected:
  SpoolContract() {
    if (GetParam()) {
      spool_ = std::make_unique<MemorySpool>("0123");
      return;
    }
    directory_ = ::testing::TempDir() + "spool_contract";
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directory(directory_);
    auto opening = OpenSqliteSpool(directory_);
    spool_ = std::move(opening->spool);
  }
  ~SpoolContract() override {
    if (!directory_.empty()) std::filesystem::remove_all(directory_);
  }

  std::string directory_;
  std::unique_ptr<Spool> spool_;
};

INSTANTIATE_TEST_SUITE_P(Both, SpoolContract, ::testing::Bool(),
                         [](const auto& which) { return which.param ? "Memory" : "Sqlite"; });

TEST_P(SpoolContract, GivesSequencesAndMakesThemDurableTogether) {
  EXPECT_EQ(spool_->Append(Chunk(kRun7, 10)), 1);
  EXPECT_EQ(spool_->Append(Chunk(kRun7, 20)), 2);
  EXPECT_EQ(spool_->last_sequence(), 2);
  EXPECT_EQ(spool_->durable_sequence(), 0);
  EXPECT_THAT(*spool_->Read(1, 1000), IsEmpty());
  ASSERT_TRUE(spool_->Commit().ok());
  EXPECT_EQ(spool_->durable_sequence(), 2);
  EXPECT_THAT(*spool_->Read(1, 1000), ElementsAre(Chunk(kRun7, 10), Chunk(kRun7, 20)));
}

TEST_P(SpoolContract, ReadsWithinABoundButAtLeastOne) {
  for (int i = 0; i < 4; ++i) spool_->Append(Chunk(kRun7, 1, 1000));
  ASSERT_TRUE(spool_->Commit().ok());
  EXPECT_THAT(*spool_->Read(1, 10), SizeIs(1));
  EXPECT_THAT(*spool_->Read(2, 2500), SizeIs(2));
  EXPECT_THAT(*spool_->Read(3, 1'000'000), SizeIs(2));
  EXPECT_THAT(*spool_->Read(5, 1'000'000), IsEmpty());
}

TEST_P(SpoolContract, TrimsWhatIsAckedAndForgetsRunsThatEndThere) {
  ASSERT_TRUE(spool_->Assign(kRun7).ok());
  ASSERT_TRUE(spool_->Assign(RunId{8}).ok());
  spool_->Append(Chunk(kRun7, 10));
  spool_->Append(Finished(kRun7));
  spool_->Append(Chunk(RunId{8}, 3));
  ASSERT_TRUE(spool_->Commit().ok());
  ASSERT_THAT(spool_->Runs(), ElementsAre(SpooledRun{kRun7, 2, {{"latency", 10}}},
                                          SpooledRun{RunId{8}, 0, {{"latency", 3}}}));
  ASSERT_TRUE(spool_->Trim(1).ok());
  EXPECT_THAT(spool_->Runs(), SizeIs(2));
  ASSERT_TRUE(spool_->Trim(2).ok());
  EXPECT_THAT(spool_->Runs(), ElementsAre(SpooledRun{RunId{8}, 0, {{"latency", 3}}}));
  EXPECT_EQ(spool_->trimmed_sequence(), 2);
  EXPECT_THAT(*spool_->Read(0, 1000), ElementsAre(Chunk(RunId{8}, 3)));
  ASSERT_TRUE(spool_->Trim(1).ok());  // older: nothing
  ASSERT_TRUE(spool_->Trim(100).ok());
  EXPECT_EQ(spool_->trimmed_sequence(), 3);
  EXPECT_EQ(spool_->bytes(), 0);
  EXPECT_EQ(spool_->Append(Chunk(RunId{8}, 1)), 4);
}

TEST_P(SpoolContract, RenewNumbersFromOneUnderANewId) {
  for (int i = 0; i < 5; ++i) spool_->Append(Chunk(kRun7, 1));
  spool_->Append(Finished(kRun7));
  ASSERT_TRUE(spool_->Commit().ok());
  ASSERT_TRUE(spool_->Trim(3).ok());
  const std::string old_id = spool_->id();
  ASSERT_TRUE(spool_->Renew().ok());
  EXPECT_NE(spool_->id(), old_id);
  EXPECT_EQ(spool_->trimmed_sequence(), 0);
  EXPECT_EQ(spool_->durable_sequence(), 3);
  EXPECT_THAT(*spool_->Read(1, 1000), SizeIs(3));
  EXPECT_EQ(spool_->Runs()[0].finished_sequence, 3);
  EXPECT_EQ(spool_->Append(Chunk(kRun7, 1)), 4);
}

TEST_P(SpoolContract, SetAsideBeginsAnEmptySpool) {
  ASSERT_TRUE(spool_->Assign(kRun7).ok());
  ASSERT_TRUE(spool_->SetNote("coordinator", "c1").ok());
  spool_->Append(Chunk(kRun7, 10));
  ASSERT_TRUE(spool_->Commit().ok());
  const std::string old_id = spool_->id();
  ASSERT_TRUE(spool_->SetAside("other-coordinator").ok());
  EXPECT_NE(spool_->id(), old_id);
  EXPECT_EQ(spool_->last_sequence(), 0);
  EXPECT_EQ(spool_->bytes(), 0);
  EXPECT_THAT(spool_->Runs(), IsEmpty());
  EXPECT_EQ(spool_->Note("coordinator"), "");
  EXPECT_EQ(spool_->Append(Chunk(kRun7, 1)), 1);
  EXPECT_TRUE(spool_->Commit().ok());
}

class SqliteSpoolTest : public ::testing::Test {
 protected:
  SqliteSpoolTest() : directory_(::testing::TempDir() + "spool_test") {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directory(directory_);
  }
  ~SqliteSpoolTest() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<Spool> Open() {
    auto opening = OpenSqliteSpool(directory_);
    EXPECT_TRUE(opening.ok()) << opening.status();
    moved_to_ = opening->moved_damaged_file_to;
    return std::move(opening->spool);
  }
  std::vector<std::string> Files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      names.push_back(entry.path().filename());
    }
    return names;
  }

  const std::string directory_;
  std::string moved_to_;
};

TEST_F(SqliteSpoolTest, ContinuesWhereItWas) {
  auto spool = Open();
  const std::string id = spool->id();
  EXPECT_THAT(id, SizeIs(32));
  ASSERT_TRUE(spool->Assign(kRun7).ok());
  ASSERT_TRUE(spool->SetNote("host_salt", "pepper").ok());
  for (int i = 0; i < 5; ++i) spool->Append(Chunk(kRun7, 10));
  ASSERT_TRUE(spool->Commit().ok());
  ASSERT_TRUE(spool->Trim(2).ok());
  const uint64_t bytes = spool->bytes();
  spool->Append(Chunk(kRun7, 10));  // pending: not kept
  spool = nullptr;
  spool = Open();
  EXPECT_EQ(moved_to_, "");
  EXPECT_EQ(spool->id(), id);
  EXPECT_EQ(spool->trimmed_sequence(), 2);
  EXPECT_EQ(spool->durable_sequence(), 5);
  EXPECT_EQ(spool->bytes(), bytes);
  EXPECT_EQ(spool->Note("host_salt"), "pepper");
  EXPECT_THAT(spool->Runs(), ElementsAre(SpooledRun{kRun7, 0, {{"latency", 50}}}));
  EXPECT_EQ(spool->Append(Finished(kRun7)), 6);
}

TEST_F(SqliteSpoolTest, AFullyTrimmedSpoolDoesNotBeginAgainAtOne) {
  auto spool = Open();
  spool->Append(Chunk(kRun7, 1));
  ASSERT_TRUE(spool->Commit().ok());
  ASSERT_TRUE(spool->Trim(1).ok());
  spool = nullptr;
  EXPECT_EQ(Open()->Append(Chunk(kRun7, 1)), 2);
}

// The child appends and tells each sequence that Commit promised; whatever it told must be there.
TEST_F(SqliteSpoolTest, KeepsWhatWasCommittedWhenItsProcessIsKilled) {
  for (int round = 0; round < 5; ++round) {
    int pipe_fds[2];
    ASSERT_EQ(pipe(pipe_fds), 0);
    const pid_t child = fork();
    if (child == 0) {
      auto opening = OpenSqliteSpool(directory_);
      for (;;) {
        for (int i = 0; i < 3; ++i) opening->spool->Append(Chunk(kRun7, 5, 3000));
        if (!opening->spool->Commit().ok()) _exit(1);
        const uint64_t promised = opening->spool->durable_sequence();
        if (write(pipe_fds[1], &promised, sizeof promised) < 0) _exit(1);
      }
    }
    close(pipe_fds[1]);
    uint64_t promised = 0;
    for (int i = 0; i < 10 + 7 * round; ++i) {
      ASSERT_EQ(read(pipe_fds[0], &promised, sizeof promised),
                static_cast<ssize_t>(sizeof promised));
    }
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    while (read(pipe_fds[0], &promised, sizeof promised) > 0) {
    }
    close(pipe_fds[0]);
    const auto spool = Open();
    EXPECT_EQ(moved_to_, "");
    EXPECT_GE(spool->durable_sequence(), promised);
    EXPECT_EQ(spool->durable_sequence() % 3, 0);  // transactions are whole
    EXPECT_EQ(spool->Runs()[0].samples.at("latency"), 5 * spool->durable_sequence());
  }
}

TEST_F(SqliteSpoolTest, ADamagedFileIsMovedAsideAndANewSpoolBegins) {
  auto spool = Open();
  const std::string id = spool->id();
  for (int i = 0; i < 50; ++i) spool->Append(Chunk(kRun7, 1, 5000));
  ASSERT_TRUE(spool->Commit().ok());
  spool = nullptr;
  {
    std::fstream file(directory_ + "/spool.db", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096);
    file << std::string(3 * 4096, '\xa5');
  }
  spool = Open();
  EXPECT_THAT(moved_to_, HasSubstr("spool.db.damaged-"));
  EXPECT_TRUE(std::filesystem::exists(moved_to_));
  EXPECT_NE(spool->id(), id);
  EXPECT_EQ(spool->last_sequence(), 0);
  spool->Append(Chunk(kRun7, 1));
  EXPECT_TRUE(spool->Commit().ok());
}

TEST_F(SqliteSpoolTest, AFileThatIsNoSpoolIsMovedAside) {
  std::ofstream(directory_ + "/spool.db")
      << "Dear diary, today I was overwritten. " << std::string(4096, '!');
  EXPECT_EQ(Open()->last_sequence(), 0);
  EXPECT_THAT(moved_to_, HasSubstr("damaged"));
}

TEST_F(SqliteSpoolTest, MissingRecordsAreDamage) {
  auto spool = Open();
  for (int i = 0; i < 5; ++i) spool->Append(Chunk(kRun7, 1));
  ASSERT_TRUE(spool->Commit().ok());
  spool = nullptr;
  // Through another connection, as a person with a tool would.
  ASSERT_EQ(
      system(("python3 -c \"import sqlite3; c = sqlite3.connect('" + directory_ +
              "/spool.db'); c.execute('delete from records where sequence = 3'); c.commit()\"")
                 .c_str()),
      0);
  EXPECT_EQ(Open()->last_sequence(), 0);
  EXPECT_THAT(moved_to_, HasSubstr("damaged"));
}

TEST_F(SqliteSpoolTest, ASecondAgentIsTurnedAway) {
  const auto spool = Open();
  const auto second = OpenSqliteSpool(directory_);
  EXPECT_TRUE(absl::IsFailedPrecondition(second.status())) << second.status();
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("another agent"));
}

TEST_F(SqliteSpoolTest, ANewerFormatIsLeftAlone) {
  Open() = nullptr;
  ASSERT_EQ(system(("python3 -c \"import sqlite3; c = sqlite3.connect('" + directory_ +
                    "/spool.db'); c.execute('pragma user_version=2')\"")
                       .c_str()),
            0);
  const auto opening = OpenSqliteSpool(directory_);
  EXPECT_TRUE(absl::IsFailedPrecondition(opening.status())) << opening.status();
  EXPECT_THAT(std::string(opening.status().message()), HasSubstr("newer bench-agent"));
  EXPECT_TRUE(std::filesystem::exists(directory_ + "/spool.db"));
}

TEST_F(SqliteSpoolTest, AMissingDirectoryIsAnError) {
  EXPECT_FALSE(OpenSqliteSpool(directory_ + "/no/such").ok());
}

TEST_F(SqliteSpoolTest, SetAsideKeepsTheFileUnlessItIsEmpty) {
  auto spool = Open();
  ASSERT_TRUE(spool->SetAside("other-coordinator").ok());
  EXPECT_THAT(Files(), Not(::testing::Contains(HasSubstr("other-coordinator"))));
  spool->Append(Chunk(kRun7, 1));
  ASSERT_TRUE(spool->Commit().ok());
  ASSERT_TRUE(spool->SetAside("other-coordinator").ok());
  EXPECT_THAT(Files(), ::testing::Contains(HasSubstr("spool.db.other-coordinator-")));
}

TEST_F(SqliteSpoolTest, GivesRoomBackAfterALargeBacklog) {
  auto spool = Open();
  for (int i = 0; i < 64; ++i) {
    spool->Append(Chunk(kRun7, 1, 800'000));
    ASSERT_TRUE(spool->Commit().ok());
  }
  ASSERT_TRUE(spool->Trim(64).ok());
  spool = nullptr;
  EXPECT_LT(std::filesystem::file_size(directory_ + "/spool.db"), 24u << 20);
}

// On a file system of its own, which only a process with a mount namespace can make.
class FullDiskTest : public SqliteSpoolTest {
 protected:
  // Runs `body` in a child whose spool directory is a disk of `bytes`; 77 is "cannot be done here".
  template <typename Body>
  int OnDiskOf(size_t bytes, const Body& body) {
    const pid_t child = fork();
    if (child == 0) {
      const uid_t uid = getuid();
      const std::string size = "size=" + std::to_string(bytes);
      if (unshare(uid == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) != 0 ||
          mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
          mount("tmpfs", directory_.c_str(), "tmpfs", 0, size.c_str()) != 0) {
        _exit(77);
      }
      body();
      _exit(::testing::Test::HasFailure() ? 1 : 0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  void FillDeliverAndGoOn() {
    auto spool = Open();
    ASSERT_TRUE(spool->Assign(kRun7).ok());
    absl::Status status;
    while (status.ok()) {
      spool->Append(Chunk(kRun7, 1, 500'000));
      status = spool->Commit();
    }
    EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
    const uint64_t durable = spool->durable_sequence();
    EXPECT_GT(durable, 5);
    EXPECT_EQ(spool->last_sequence(), durable + 1);
    EXPECT_FALSE(spool->Commit().ok());  // still pending, still no room
    spool->Append(Finished(kRun7));
    status = spool->Commit();  // the reserve is for this
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(spool->durable_sequence(), durable + 2);
    EXPECT_TRUE(absl::IsResourceExhausted(spool->Assign(RunId{8})));
    EXPECT_THAT(spool->Runs(), SizeIs(1));

    spool = nullptr;
    spool = Open();  // a restart on a full disk
    EXPECT_EQ(spool->durable_sequence(), durable + 2);
    for (uint64_t acked = 5; acked < durable + 2; acked += 5) {
      status = spool->Trim(acked);
      EXPECT_TRUE(status.ok()) << status;
    }
    status = spool->Trim(durable + 2);
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(spool->bytes(), 0);
    status = spool->Assign(RunId{8});
    EXPECT_TRUE(status.ok()) << status;
    spool = nullptr;
    EXPECT_EQ(Open()->trimmed_sequence(), durable + 2);
  }
};

TEST_F(FullDiskTest, RefusesCleanlyKeepsTheRestAndHasRoomForTheEnd) {
  for (const size_t mebibytes : {20, 33, 64}) {
    SCOPED_TRACE(mebibytes);
    const int result = OnDiskOf(mebibytes << 20, [this] { FillDeliverAndGoOn(); });
    if (result == 77) GTEST_SKIP() << "no mount namespace to be had";
    EXPECT_EQ(result, 0);
  }
}

}  // namespace
}  // namespace benchfleet
