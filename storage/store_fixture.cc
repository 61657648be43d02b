#include "storage/store_fixture.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "proto/chunk.h"
#include "storage/sqlite_store.h"

namespace benchfleet {

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "benchfleet-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no temporary directory " << name;
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

absl::Time TestTime(int seconds) { return absl::FromUnixSeconds(1'800'000'000 + seconds); }

HostFingerprint TestFingerprint(const std::string& identity, const std::string& state) {
  HostFingerprint fingerprint;
  fingerprint.identity_digest = identity;
  fingerprint.state_digest = state;
  fingerprint.host_digest = "host of " + identity;
  fingerprint.identity_json = "{}";
  fingerprint.fields = {{"cpu.model", identity}, {"kernel.release", state}};
  return fingerprint;
}

StoredHost TestHost(const std::string& name) {
  StoredHost host;
  host.name = name;
  host.labels = {{"kind", "local"}};
  host.fingerprint = TestFingerprint("identity", "state");
  host.agent_version = "0.1.0";
  host.workloads.push_back({"crypto.sha256", "a digest", {}, {}, "", ""});
  host.first_seen = TestTime(0);
  host.last_seen = TestTime(0);
  return host;
}

StoredJob TestJob(uint64_t id, const std::string& name) {
  StoredJob job;
  job.id = JobId{id};
  job.spec.name = name;
  job.spec.revision = "r1";
  job.spec.runs = 2;
  job.submitted_by = "ada";
  job.created_at = TestTime(1);
  return job;
}

StoredTask TestTask(uint64_t id, uint64_t job, const std::string& host) {
  StoredTask task;
  task.id = TaskId{id};
  task.job = JobId{job};
  task.host = host;
  task.workload = "crypto.sha256";
  task.parameters = {{"size", "1KiB"}};
  return task;
}

StoredRun TestRun(uint64_t id, uint64_t task, const std::string& host, uint32_t repetition,
                  uint32_t attempt) {
  StoredRun run;
  run.id = RunId{id};
  run.task = TaskId{task};
  run.host = host;
  run.repetition = repetition;
  run.attempt = attempt;
  run.created_at = TestTime(2);
  return run;
}

RunStarted TestStarted() {
  RunStarted started;
  started.started_at = TestTime(3);
  started.metrics = {{"latency", "ns", Direction::kLowerIsBetter, "", 0},
                     {"rate", "B/s", Direction::kHigherIsBetter, "latency", 1024}};
  started.clock_pair_ns = 31.5;
  started.facts = {{"openssl.version", "3.0"}};
  return started;
}

SampleChunk TestChunk(uint64_t first_index, const std::vector<int64_t>& values, bool warmup) {
  SampleChunk chunk;
  chunk.metric = "latency";
  chunk.first_index = first_index;
  chunk.count = static_cast<uint32_t>(values.size());
  chunk.encoding = Encoding::kDeltaVarint;
  chunk.payload = EncodeDeltaVarint(values);
  chunk.warmup = warmup;
  return chunk;
}

RunFinished TestFinished(Outcome outcome, uint64_t latency_samples) {
  RunFinished finished;
  finished.outcome = outcome;
  finished.started_at = TestTime(3);
  finished.finished_at = TestTime(5);
  finished.usage.wall_ns = 2'000'000'000;
  finished.usage.max_rss_bytes = 4096;
  finished.identity_digest = "identity";
  finished.state_digest = "state";
  finished.facts = {{"prover.version", "1"}};
  if (latency_samples > 0) finished.sample_counts = {{"latency", latency_samples}};
  return finished;
}

bool InChild(const std::function<void()>& body, int* exit_code) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    body();
    std::fflush(nullptr);
    _exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return false;
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (exit_code != nullptr) *exit_code = code;
  return code == 0;
}

Store& StoreTest::store() {
  if (store_ == nullptr) {
    auto opened = OpenSqliteStore(directory_.path());
    if (!opened.ok()) {
      ADD_FAILURE() << opened.status();
      std::abort();  // nothing in the test can go on
    }
    store_ = *std::move(opened);
  }
  return *store_;
}

void StoreTest::Commit(const std::function<void(Store&)>& body) {
  const absl::Status status = store().InTransaction([&] { body(store()); });
  EXPECT_TRUE(status.ok()) << status;
}

void StoreTest::MakeSmallJob() {
  Commit([](Store& s) {
    EXPECT_EQ(s.PutHost(TestHost("a")), absl::OkStatus());
    EXPECT_EQ(s.PutHost(TestHost("b")), absl::OkStatus());
    EXPECT_EQ(s.CreateJob(TestJob(1, "sweep"), {TestTask(1, 1, "a"), TestTask(2, 1, "b")}),
              absl::OkStatus());
    EXPECT_EQ(s.CreateRun(TestRun(1, 1, "a", 0)), absl::OkStatus());
  });
}

absl::StatusOr<IngestResult> StoreTest::Ingest(uint64_t first_sequence, std::vector<Record> records,
                                               const std::string& host) {
  absl::StatusOr<IngestResult> result = absl::InternalError("not run");
  const RecordBatch batch{"spool of " + host, first_sequence, std::move(records)};
  Commit([&](Store& s) { result = s.Ingest(host, batch, TestTime(10)); });
  return result;
}

RunResult SmallJobTest::OnlyRun() {
  const auto runs = store().Runs(JobId{1}, RunId{0}, 10);
  EXPECT_TRUE(runs.ok()) << runs.status();
  EXPECT_EQ(runs->size(), 1u);
  return runs->at(0);
}

std::vector<SampleChunk> SmallJobTest::AllChunks(uint64_t run) {
  uint64_t position = 0;
  const auto chunks = store().Chunks(RunId{run}, &position, 1 << 20);
  EXPECT_TRUE(chunks.ok()) << chunks.status();
  return *chunks;
}

}  // namespace benchfleet
