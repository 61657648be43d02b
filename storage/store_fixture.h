// What the tests of this folder share: a store in a directory of its own, and short ways to fill
// it.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "storage/store.h"

namespace benchfleet {

// A directory that is empty at first and gone at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

absl::Time TestTime(int seconds);  // some moment, and `seconds` after it

HostFingerprint TestFingerprint(const std::string& identity, const std::string& state);
StoredHost TestHost(const std::string& name);
// One task for each host name; ids count up from those given.
StoredJob TestJob(uint64_t id, const std::string& name);
StoredTask TestTask(uint64_t id, uint64_t job, const std::string& host);
StoredRun TestRun(uint64_t id, uint64_t task, const std::string& host, uint32_t repetition,
                  uint32_t attempt = 0);

// "latency" in ns, and "rate", which is derived from it.
RunStarted TestStarted();
SampleChunk TestChunk(uint64_t first_index, const std::vector<int64_t>& values,
                      bool warmup = false);
RunFinished TestFinished(Outcome outcome, uint64_t latency_samples);

template <typename What>
Record TestRecord(uint64_t run, What what) {
  return {RunId{run}, std::move(what)};
}

// Runs `body`, which uses EXPECT, in a child process of its own, where it may change limits and
// users or be killed. True when it met no failure; `exit_code` gets what it exited with.
bool InChild(const std::function<void()>& body, int* exit_code = nullptr);
inline constexpr int kSkipped = 77;  // for a body to _exit with

// Opened on demand, closed at the end.
class StoreTest : public testing::Test {
 protected:
  Store& store();
  void Close() { store_.reset(); }
  void Reopen() { Close(); }  // the next use opens it
  // Runs `body` in a transaction and expects it to commit.
  void Commit(const std::function<void(Store&)>& body);
  // Hosts "a" and "b", job 1 ("sweep") with task 1 on a and task 2 on b, run 1 of task 1.
  void MakeSmallJob();
  absl::StatusOr<IngestResult> Ingest(uint64_t first_sequence, std::vector<Record> records,
                                      const std::string& host = "a");

  TemporaryDirectory directory_;

 private:
  std::unique_ptr<Store> store_;
};

// With the small job, and short ways to read it back.
class SmallJobTest : public StoreTest {
 protected:
  void SetUp() override { MakeSmallJob(); }
  RunResult OnlyRun();
  std::vector<SampleChunk> AllChunks(uint64_t run);
};

}  // namespace benchfleet
