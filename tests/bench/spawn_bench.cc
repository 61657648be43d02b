// What a run through bench-spawner costs more than the bare system calls.
//
//   bench-spawn-overhead [ROUNDS [PROGRAM]]       (300, /bin/true)
//
// In each round, one after the other in changing order: vfork + execve + wait4 in a small process,
// and the same program through Spawner. Medians and their ratios, first from a small owner, then
// from one that has touched 500 MB. "wall" is what an ExitReport says, and so what a measured run
// is charged; "round trip" is what the owner waits from Spawn() to the report. Between blocks of
// rounds hyperfine measures the same program without a shell, where it is installed.
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/spawner.h"
#include "base/status.h"
#include "base/subprocess.h"
#include "nlohmann/json.hpp"

namespace benchfleet {
namespace {

constexpr int kBlocks = 6;
constexpr size_t kBallastBytes = size_t{500} << 20;
constexpr double kTargetRatio = 1.15;

int64_t NowNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

struct Measured {
  int64_t wall_ns = 0;
  int64_t max_rss_bytes = 0;
};

[[noreturn]] void Fail(const std::string& message) {
  std::fprintf(stderr, "bench-spawn-overhead: %s\n", message.c_str());
  std::exit(1);
}

// The peer: a process forked while this one is small, doing nothing but the bare calls when asked.
class BareProcess {
 public:
  explicit BareProcess(const char* program) {
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends_) != 0) Fail("no socket");
    pid_ = fork();
    if (pid_ == 0) {
      close(ends_[0]);
      Serve(program, ends_[1]);
    }
    close(ends_[1]);
  }
  ~BareProcess() {
    close(ends_[0]);
    waitpid(pid_, nullptr, 0);
  }

  Measured RunOnce() {
    Measured measured;
    if (write(ends_[0], "", 1) != 1) Fail("the bare process is gone");
    if (read(ends_[0], &measured, sizeof measured) != sizeof measured) Fail("no bare figure");
    return measured;
  }

 private:
  [[noreturn]] static void Serve(const char* program, int socket) {
    char* const argv[] = {const_cast<char*>(program), nullptr};
    for (char request; read(socket, &request, 1) == 1;) {
      const int64_t begin = NowNs();
      const pid_t pid = vfork();
      if (pid == 0) {
        execve(program, argv, environ);
        _exit(127);
      }
      int status = 0;
      rusage usage{};
      if (wait4(pid, &status, 0, &usage) != pid || status != 0) _exit(1);
      const Measured measured{NowNs() - begin, int64_t{usage.ru_maxrss} * 1024};
      if (write(socket, &measured, sizeof measured) < 0) break;
    }
    _exit(0);
  }

  int ends_[2] = {-1, -1};
  pid_t pid_ = 0;
};

double Quantile(std::vector<double> values, double q) {
  if (values.empty()) return std::nan("");
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(q * static_cast<double>(values.size() - 1))];
}

double RatioOfMedians(const std::vector<double>& us, const std::vector<double>& bare_us) {
  return Quantile(us, 0.5) / Quantile(bare_us, 0.5);
}

struct Figures {
  std::vector<double> bare_us;
  std::vector<double> wall_us;
  std::vector<double> round_trip_us;
  std::vector<double> wall_ratios;  // within one round
  std::vector<double> round_trip_ratios;
  std::vector<double> hyperfine_us;
  int64_t bare_rss_max = 0;
  int64_t rss_max = 0;
};

// hyperfine's single times; nothing where it is not installed.
void RunHyperfine(Spawner& spawner, const std::string& program, int runs, Figures* figures) {
  const std::string path = absl::StrFormat("/tmp/bench-spawn-overhead.%d.json", getpid());
  const auto result =
      RunCommand(spawner, {"hyperfine", "-N", "--style", "none", "--warmup", "3", "--runs",
                           std::to_string(std::max(runs, 2)), "--export-json", path, program});
  if (result.ok() && result->succeeded()) {
    std::FILE* const file = std::fopen(path.c_str(), "r");
    const auto json = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
    if (file != nullptr) std::fclose(file);
    if (!json.is_discarded()) {
      for (const double seconds : json["results"][0]["times"]) {
        figures->hyperfine_us.push_back(seconds * 1e6);
      }
    }
  }
  unlink(path.c_str());
}

void RunRound(BareProcess& bare, Spawner& spawner, const SpawnRequest& request, bool bare_first,
              Figures* figures) {
  Measured measured;
  if (bare_first) measured = bare.RunOnce();
  const int64_t begin = NowNs();
  const absl::StatusOr<uint64_t> id = spawner.Spawn(request);
  if (!id.ok()) Fail(Message(id.status()));
  const absl::StatusOr<ExitReport> report = spawner.Wait(*id);
  const double round_trip_us = static_cast<double>(NowNs() - begin) / 1e3;
  if (!report.ok() || !report->succeeded()) Fail("the program failed");
  if (!bare_first) measured = bare.RunOnce();

  const double bare_us = static_cast<double>(measured.wall_ns) / 1e3;
  const double wall_us = absl::ToDoubleMicroseconds(report->wall);
  figures->bare_us.push_back(bare_us);
  figures->wall_us.push_back(wall_us);
  figures->round_trip_us.push_back(round_trip_us);
  figures->wall_ratios.push_back(wall_us / bare_us);
  figures->round_trip_ratios.push_back(round_trip_us / bare_us);
  figures->bare_rss_max = std::max(figures->bare_rss_max, measured.max_rss_bytes);
  figures->rss_max = std::max(figures->rss_max, report->max_rss_bytes);
}

void PrintLine(const char* name, const std::vector<double>& us, const std::vector<double>& bare_us,
               const std::vector<double>& ratios) {
  if (us.empty()) return;
  const double ratio = RatioOfMedians(us, bare_us);
  double mean = 0;
  for (const double each : us) mean += each / static_cast<double>(us.size());
  std::printf("  %-22s %8.0f %8.0f %8.0f %8.0f %8.3f", name, Quantile(us, 0), Quantile(us, 0.25),
              Quantile(us, 0.5), mean, ratio);
  if (!ratios.empty()) std::printf(" %10.3f", Quantile(ratios, 0.5));
  std::printf("\n");
}

void PrintTarget(const char* name, double ratio) {
  std::printf("  %s: %.3f times bare, target at most %.2f: %s\n", name, ratio, kTargetRatio,
              ratio <= kTargetRatio ? "holds" : "missed");
}

void Report(const char* owner, const Figures& figures) {
  std::printf("%s, %zu rounds; us\n", owner, figures.bare_us.size());
  std::printf("  %-22s %8s %8s %8s %8s %8s %10s\n", "", "min", "p25", "p50", "mean", "p50/bare",
              "pair ratio");
  PrintLine("bare vfork+exec+wait", figures.bare_us, figures.bare_us, {});
  PrintLine("spawner, wall", figures.wall_us, figures.bare_us, figures.wall_ratios);
  PrintLine("spawner, round trip", figures.round_trip_us, figures.bare_us,
            figures.round_trip_ratios);
  PrintLine("hyperfine -N", figures.hyperfine_us, figures.bare_us, {});
  std::printf("  max RSS of the child: bare %.2f MB, spawner %.2f MB\n",
              static_cast<double>(figures.bare_rss_max) / 1e6,
              static_cast<double>(figures.rss_max) / 1e6);
  PrintTarget("what the run is charged", RatioOfMedians(figures.wall_us, figures.bare_us));
  PrintTarget("what the owner waits", RatioOfMedians(figures.round_trip_us, figures.bare_us));
}

Figures Measure(BareProcess& bare, Spawner& spawner, const char* program, int rounds) {
  Figures figures;
  SpawnRequest request;
  request.argv = {program};
  for (int block = 0; block < kBlocks; ++block) {
    for (int round = 0; round < rounds / kBlocks; ++round) {
      RunRound(bare, spawner, request, round % 2 == 0, &figures);
    }
    RunHyperfine(spawner, program, rounds / kBlocks, &figures);
  }
  return figures;
}

int Main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 300;
  const char* const program = argc > 2 ? argv[2] : "/bin/true";
  if (argc > 3 || rounds < kBlocks || program[0] != '/') {
    Fail("usage: bench-spawn-overhead [ROUNDS (at least 6) [PROGRAM (a full path)]]");
  }
  BareProcess bare(program);
  const absl::StatusOr<std::unique_ptr<Spawner>> spawner = Spawner::Start();
  if (!spawner.ok()) Fail(Message(spawner.status()));
  Measure(bare, **spawner, program, kBlocks);  // warms caches
  Report("small owner", Measure(bare, **spawner, program, rounds));

  std::vector<char> ballast(kBallastBytes, 'x');
  const absl::StatusOr<std::unique_ptr<Spawner>> from_big = Spawner::Start();
  if (!from_big.ok()) Fail(Message(from_big.status()));
  Report("owner with 500 MB touched", Measure(bare, **from_big, program, rounds));
  std::printf("(%zu MB touched)\n", ballast.size() >> 20);
  return 0;
}

}  // namespace
}  // namespace benchfleet

int main(int argc, char** argv) { return benchfleet::Main(argc, argv); }
