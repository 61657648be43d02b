// Workloads about the machine: memory, storage, TLS, protobuf, the clock.
#include <filesystem>

#include "gtest/gtest.h"
#include "workloads/builtins.h"
#include "workloads/testing.h"

namespace benchfleet {
namespace {

void ExpectRuns(const std::string& workload, const StringMap& parameters,
                const std::string& scratch_dir = "") {
  const CollectingSink sink = RunBuiltin(workload, parameters, scratch_dir);
  EXPECT_EQ(sink.finished()->outcome, Outcome::kOk)
      << workload << " " << FormatParameters(parameters) << ": " << sink.finished()->message;
  EXPECT_GE(sink.Values(kLatency).size(), 2u);
}

TEST(SystemTest, MemoryBandwidth) {
  for (const char* operation : {"read", "write", "copy"}) {
    for (const char* size : {"4KiB", "1MiB"}) {
      ExpectRuns("memory.bandwidth", {{"operation", operation}, {"size", size}});
    }
  }
  const CollectingSink sink = RunBuiltin("memory.bandwidth", {{"size", "10kB"}});
  EXPECT_EQ(sink.started()->metrics[1].numerator, 8192);  // whole pages
}

TEST(SystemTest, MemoryLatency) {
  for (const char* size : {"4KiB", "1MiB"}) ExpectRuns("memory.latency", {{"size", size}});
  EXPECT_EQ(RunBuiltin("memory.latency", {{"size", "1"}}).finished()->outcome,
            Outcome::kNotStarted);
}

TEST(SystemTest, Protobuf) {
  for (const char* workload : {"protobuf.serialize", "protobuf.parse"}) {
    for (const char* size : {"64", "1KiB", "1MiB"}) ExpectRuns(workload, {{"size", size}});
    const CollectingSink sink = RunBuiltin(workload, {{"size", "64KiB"}});
    const double bytes = sink.started()->metrics[1].numerator;
    EXPECT_NEAR(bytes, 65536, 500);
    EXPECT_EQ(sink.finished()->facts.at("message_bytes"), std::to_string(static_cast<int>(bytes)));
  }
}

TEST(SystemTest, TlsHandshakesOfEveryKey) {
  for (const char* key : {"p256", "ed25519", "rsa2048"}) {
    for (const char* resumed : {"false", "true"}) {
      ExpectRuns("tls.handshake", {{"key", key}, {"resumed", resumed}});
    }
  }
}

class StorageTest : public testing::Test {
 protected:
  StorageTest() {
    std::string pattern = testing::TempDir() + "/workloads-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    folder_ = pattern;
  }
  ~StorageTest() override { std::filesystem::remove_all(folder_); }
  std::string folder_;
};

TEST_F(StorageTest, FsyncTellsWriteAndSyncApartAndLeavesNothing) {
  for (const char* mode : {"append", "overwrite"}) {
    for (const char* size : {"1", "4KiB", "1MiB"}) {
      ExpectRuns("storage.fsync", {{"mode", mode}, {"size", size}}, folder_);
    }
  }
  const CollectingSink sink = RunBuiltin("storage.fsync", {}, folder_);
  const std::vector<double> whole = sink.Values(kLatency);
  for (size_t i = 0; i < whole.size(); ++i) {
    EXPECT_GE(whole[i], sink.Values("write")[i] + sink.Values("sync")[i]);
  }
  EXPECT_NE(sink.finished()->facts.at("storage.filesystem"), "unknown");
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(StorageTest, AppendingStartsAnewBeforeTheFileIsTooLarge) {
  static const Catalog catalog = Catalog::Builtins();
  RunnerRequest request;
  request.spec.workload = "storage.fsync";
  request.spec.parameters = {{"size", "16MiB"}};
  request.spec.measurement = {0, 9, 9, absl::Milliseconds(1), 0};
  request.scratch_dir = folder_;
  CollectingSink sink;
  ASSERT_TRUE(ExecuteRun(request, catalog, SystemStopwatch(), sink).ok());
  EXPECT_EQ(sink.finished()->outcome, Outcome::kOk) << sink.finished()->message;
  EXPECT_EQ(sink.Values(kLatency).size(), 9u);
}

TEST(SystemTest, StorageNeedsAFolder) {
  const CollectingSink sink = RunBuiltin("storage.fsync", {});
  EXPECT_EQ(sink.finished()->outcome, Outcome::kFailed);
  EXPECT_NE(sink.finished()->message.find("scratch folder"), std::string::npos);
}

TEST(SystemTest, NoopAndSleep) {
  ExpectRuns("bench.noop", {});
  ExpectRuns("bench.sleep", {{"duration", "1us"}});
  const CollectingSink sink = RunBuiltin("bench.sleep", {{"duration", "2ms"}});
  for (const double value : sink.Values(kLatency)) EXPECT_GE(value, 2e6);
}

}  // namespace
}  // namespace benchfleet
