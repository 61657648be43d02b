// How long `benchctl check JOB --baseline NAME` takes for 10,000 series, end to end.
//
//   bench-check [CELLS [RUNS [DIRECTORY]]]       (2,500, 5, the temporary directory)
//
// A store in which two jobs have CELLS cells of four metrics, RUNS runs each, ten samples a metric,
// and before them 30 revisions of history for every series. On it a real coordinator is started,
// with certificates of `benchctl ca`, and the real benchctl is called three times; the median
// counts. Its parts are then measured in this process:
//   store    both jobs' runs and samples, and the histories, read as the coordinator reads them
//   wire     the same through the coordinator, without the store's part
//   judging  samples unpacked, sides matched and judged
//   printing the table as text
// and the processor time of benchctl and the coordinator, which on a busy machine says more than
// the wall. Prints the seconds beside the target, 5 s for 10,000 series; the exit code says whether
// it holds.
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/ids.h"
#include "base/status.h"
#include "benchctl/client.h"
#include "benchctl/comparison_text.h"
#include "benchctl/results.h"
#include "benchctl/side_history.h"
#include "benchctl/side_of_results.h"
#include "coordinator/history_reader.h"
#include "coordinator/result_reader.h"
#include "proto/chunk.h"
#include "proto/transport_port.h"
#include "storage/sqlite_store.h"
#include "tests/bench/ingest_peers.h"

extern char** environ;

namespace benchfleet::bench {
namespace {

constexpr const char* kMetrics[] = {"latency", "user_time", "system_time", "wait"};
constexpr size_t kSamples = 10;
constexpr int kRevisionsBefore = 30;
constexpr int kChecks = 3;
constexpr double kTargetSeconds = 5;
constexpr double kTargetSeries = 10'000;

void Check(const absl::Status& status) {
  if (!status.ok()) Fail(Message(status));
}

// User and system, of the programs that were waited for.
double ChildrenCpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double Seconds(const Stopwatch& watch) { return watch.ElapsedMs() / 1e3; }

// ---- the store

HostStatus OneHost() {
  HostStatus host;
  host.name = "local-1";
  host.fingerprint.identity_digest = std::string(64, 'a');
  host.fingerprint.state_digest = std::string(64, 'b');
  host.agent_version = "0.1.0";
  return host;
}

// A level of its own for each series, runs half a percent apart; the last hundredth of the cells is
// slower by `worse`.
RunResult RunOf(int cell, int cells, int repetition, double worse, Random* random,
                std::vector<SampleChunk>* chunks) {
  RunResult run;
  run.host = "local-1";
  run.workload = "crypto.sha256";
  run.parameters = {{"size", std::to_string(cell)}};
  run.repetition = static_cast<uint32_t>(repetition);
  run.state = State::kDone;
  run.finished.outcome = Outcome::kOk;
  run.finished.started_at = run.finished.finished_at = absl::FromUnixSeconds(1795244400);
  run.finished.identity_digest = std::string(64, 'a');
  run.finished.state_digest = std::string(64, 'b');
  for (const char* name : kMetrics) {
    run.metrics.push_back({name, "ns", Direction::kLowerIsBetter, "", 0});
    const double factor = cell >= cells - cells / 100 ? worse : 1;
    const double level = 1e6 * (1 + cell % 97) * factor * (1 + 0.005 * (random->Uniform() - 0.5));
    std::vector<int64_t> values;
    for (size_t i = 0; i < kSamples; ++i) {
      values.push_back(std::llround(level * (1 + 0.01 * random->Uniform())));
    }
    SampleChunk chunk;
    chunk.metric = name;
    chunk.count = kSamples;
    chunk.encoding = Encoding::kDeltaVarint;
    chunk.payload = EncodeDeltaVarint(values);
    chunks->push_back(std::move(chunk));
    run.finished.sample_counts[name] = kSamples;
  }
  return run;
}

JobId ImportSide(Store& store, const std::string& revision, int cells, int runs, double worse) {
  JobResult job;
  job.spec.name = "sweep";
  job.spec.revision = job.status.revision = revision;
  job.status.name = "sweep";
  job.status.state = State::kDone;
  job.status.created_at = job.status.started_at = job.status.finished_at =
      absl::FromUnixSeconds(1795244400);
  job.hosts = {OneHost()};
  job.source = "bench-check";
  Random random(static_cast<uint64_t>(worse * 100));
  JobId id;
  Check(store.InTransaction([&] {
    const auto made = store.ImportJob(job);
    Check(made.status());
    id = *made;
    for (int repetition = 0; repetition < runs; ++repetition) {
      for (int cell = 0; cell < cells; ++cell) {
        std::vector<SampleChunk> chunks;
        const RunResult run = RunOf(cell, cells, repetition, worse, &random, &chunks);
        Check(store.ImportRun(id, run, chunks));
      }
    }
  }));
  return id;
}

// Earlier revisions of every series, as points alone: nothing else of them is read.
void AddEarlierRevisions(const std::string& directory) {
  sqlite3* db = nullptr;
  if (sqlite3_open(SqliteFile(directory).c_str(), &db) != SQLITE_OK) Fail("cannot open the store");
  const std::string sql = absl::StrFormat(
      "WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < %d) "
      "INSERT INTO history SELECT s.id, 1700000000000000000 + n * 1000000000, "
      "2000000000 + n * 1000000 + s.id, n + 1, printf('%%040x', n), 'local-1', 'b', 10, 1e6, "
      "1.1e6, "
      "1.05e6, 1e3, 1e6 * (1 + (n * 7919 + s.id) %% 101 / 10000.0), 1.1e6, 1.1e6, 0 "
      "FROM series AS s, number",
      kRevisionsBefore);
  if (sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    Fail(sqlite3_errmsg(db));
  }
  sqlite3_close(db);
}

// What the coordinator reads for a check, without handing it on.
double StoreSeconds(const std::string& directory, const std::vector<JobId>& jobs) {
  auto store = OpenSqliteStore(directory);
  Check(store.status());
  double best = 0;
  for (int round = 0; round < 2; ++round) {  // the first one warms
    const Stopwatch watch;
    for (const JobId job : jobs) {
      ResultReader results(job, /*without_samples=*/false);
      for (std::vector<ResultPiece> pieces(1); !pieces.empty();) {
        pieces.clear();
        Check(results.Next(**store, &pieces));
      }
      HistoryQuery query;
      query.filter.in_job = job;
      query.newest = kHistoryPoints;
      HistoryReader history(query);
      for (std::vector<SeriesHistory> pieces(1); !pieces.empty();) {
        pieces.clear();
        Check(history.Next(**store, &pieces));
      }
    }
    best = Seconds(watch);
  }
  return best;
}

// ---- the programs

std::string ProgramBeside(const char* name) {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
}

pid_t Start(const std::vector<std::string>& words, const std::string& out) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 1, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  pid_t pid = 0;
  if (posix_spawn(&pid, argv[0], &files, nullptr, argv.data(), environ) != 0) {
    Fail("cannot start " + words[0]);
  }
  posix_spawn_file_actions_destroy(&files);
  return pid;
}

int Wait(pid_t pid) {
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    Fail("no free port");
  }
  close(fd);
  return ntohs(address.sin_port);
}

// A coordinator on the store, with certificates of its own; ended with the object.
class RunningCoordinator {
 public:
  explicit RunningCoordinator(const std::string& directory) : directory_(directory) {
    address_ = absl::StrFormat("127.0.0.1:%d", FreePort());
    const std::string ca = directory + "/ca";
    Benchctl({"ca", "init", "--dir", ca});
    for (const char* role : {"coordinator", "client"}) {
      Benchctl({"ca", "issue", "--dir", ca, "--role", role, "--name", role, "--out", directory});
    }
    pid_ = Start({ProgramBeside("bench-coordinator"), "--data-dir", directory + "/data", "--listen",
                  address_, "--http", "", "--ca", directory + "/ca.pem", "--cert",
                  directory + "/coordinator.pem", "--key", directory + "/coordinator.key"},
                 directory + "/coordinator.log");
    setenv("BENCHFLEET_COORDINATOR", address_.c_str(), 1);
    setenv("BENCHFLEET_CONFIG_DIR", directory.c_str(), 1);
    for (int i = 0; i < 100 && !Answers(); ++i) usleep(100'000);
  }
  ~RunningCoordinator() {
    kill(pid_, SIGTERM);
    Wait(pid_);
  }

  void Benchctl(std::vector<std::string> words) const {
    words.insert(words.begin(), ProgramBeside("benchctl"));
    if (const int code = Wait(Start(words, directory_ + "/out")); code != 0) {
      Fail(absl::StrFormat("benchctl %s ended with %d, see %s/out", words[1], code, directory_));
    }
  }
  // User and system, of the coordinator so far.
  double CpuSeconds() const {
    std::ifstream stat(absl::StrFormat("/proc/%d/stat", pid_));
    std::string field;
    double ticks = 0;
    for (int i = 1; i <= 15 && stat >> field; ++i) {  // its name has no space
      if (i >= 14) ticks += std::atof(field.c_str());
    }
    return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
  }
  // 3: what was made worse was found.
  double CheckSeconds() const {
    const Stopwatch watch;
    const int code = Wait(Start(
        {ProgramBeside("benchctl"), "check", "latest", "--baseline", "main"}, directory_ + "/out"));
    if (code != 3) Fail(absl::StrFormat("check ended with %d, see %s/out", code, directory_));
    return Seconds(watch);
  }
  std::unique_ptr<Client> Dial() const {
    TlsFiles tls{directory_ + "/ca.pem", directory_ + "/client.pem", directory_ + "/client.key"};
    auto client = DialCoordinator(address_, tls);
    Check(client.status());
    return *std::move(client);
  }

 private:
  bool Answers() const {
    return Wait(Start({ProgramBeside("benchctl"), "jobs"}, directory_ + "/out")) == 0;
  }
  const std::string directory_;
  std::string address_;
  pid_t pid_ = 0;
};

struct Parts {
  double wire = 0;  // with the store's part
  double judging = 0;
  double printing = 0;
};

Parts MeasureParts(Client& client, const std::vector<JobId>& jobs) {
  Parts parts;
  std::vector<Side> sides;
  for (const JobId job : jobs) {
    const Stopwatch reading;
    const auto results = ReadJobResults(client, job, /*without_samples=*/false);
    Check(results.status());
    parts.wire += Seconds(reading);
    const Stopwatch unpacking;
    sides.emplace_back(absl::StrFormat("job %d", job.value));
    Check(AddResults(*results, {}, &sides.back()));
    parts.judging += Seconds(unpacking);
  }
  const Stopwatch history;
  Check(AddHistory(client, {jobs.begin(), jobs.end()}, sides[1], &sides[0]));
  parts.wire += Seconds(history);
  const Stopwatch judging;
  const auto report = CompareSides(sides[0], sides[1], ComparisonOptions());
  Check(report.status());
  parts.judging += Seconds(judging);
  const Stopwatch printing;
  if (RenderComparisonText(*report, Style()).empty()) Fail("nothing was printed");
  parts.printing = Seconds(printing);
  return parts;
}

int Main(int argc, char** argv) {
  const int cells = argc > 1 ? std::atoi(argv[1]) : 2'500;
  const int runs = argc > 2 ? std::atoi(argv[2]) : 5;
  std::string directory = (argc > 3 ? argv[3] : std::filesystem::temp_directory_path().string()) +
                          "/bench-check-XXXXXX";
  if (argc > 4 || cells < 1 || runs < 1) Fail("usage: bench-check [CELLS [RUNS [DIRECTORY]]]");
  if (mkdtemp(directory.data()) == nullptr) Fail("no directory");
  std::filesystem::create_directory(directory + "/data");
  std::vector<JobId> jobs;
  {
    auto store = OpenSqliteStore(directory + "/data");
    Check(store.status());
    jobs.push_back(ImportSide(**store, "base", cells, runs, 1));
    jobs.push_back(ImportSide(**store, "new", cells, runs, 1.4));
  }
  AddEarlierRevisions(directory + "/data");
  const double store = StoreSeconds(directory + "/data", jobs);
  std::vector<double> checks;
  double coordinator_cpu = 0;
  double benchctl_cpu = 0;
  Parts parts;
  {
    const RunningCoordinator coordinator(directory);
    coordinator.Benchctl({"baseline", "set", "main", absl::StrFormat("%d", jobs[0].value)});
    const double coordinator_before = coordinator.CpuSeconds();
    const double benchctl_before = ChildrenCpuSeconds();
    for (int i = 0; i < kChecks; ++i) checks.push_back(coordinator.CheckSeconds());
    coordinator_cpu = (coordinator.CpuSeconds() - coordinator_before) / kChecks;
    benchctl_cpu = (ChildrenCpuSeconds() - benchctl_before) / kChecks;
    parts = MeasureParts(*coordinator.Dial(), jobs);
  }
  std::sort(checks.begin(), checks.end());
  const double series = cells * static_cast<double>(std::size(kMetrics));
  const double check = checks[checks.size() / 2];
  const double target = kTargetSeconds * std::max(series / kTargetSeries, 1.0);
  std::printf(
      "%.0f series (%d cells of %zu metrics), %d runs a side of %zu samples, %d earlier "
      "revisions; the store's file %.0f MB\n",
      series, cells, std::size(kMetrics), runs, kSamples, kRevisionsBefore,
      static_cast<double>(FileBytes(SqliteFile(directory + "/data"))) * 1e-6);
  std::printf("  benchctl check, end to end  %6.2f s  (median of %d: %.2f to %.2f)\n", check,
              kChecks, checks.front(), checks.back());
  std::printf("  processor: benchctl %.2f s, coordinator %.2f s\n", benchctl_cpu, coordinator_cpu);
  std::printf("  of it: store                %6.2f s\n", store);
  std::printf("         wire                 %6.2f s\n", std::max(parts.wire - store, 0.0));
  std::printf("         judging              %6.2f s\n", parts.judging);
  std::printf("         printing             %6.2f s\n", parts.printing);
  std::printf("target: at most %.1f s: %s\n", target, check <= target ? "holds" : "MISSED");
  std::filesystem::remove_all(directory);
  return check <= target ? 0 : 1;
}

}  // namespace
}  // namespace benchfleet::bench

int main(int argc, char** argv) { return benchfleet::bench::Main(argc, argv); }
