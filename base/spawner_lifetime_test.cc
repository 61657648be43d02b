// No process outlives its run, no run outlives its owner, and nothing piles up.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <set>

#include "base/spawner.h"
#include "base/spawner_encode.h"
#include "base/spawner_test_util.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using Way = ExitReport::Way;

// Processes of a test report their pids through a pipe, one a line.
class PidPipe {
 public:
  PidPipe() { EXPECT_EQ(pipe2(ends_, O_CLOEXEC), 0); }
  ~PidPipe() {
    close(ends_[0]);
    if (ends_[1] >= 0) close(ends_[1]);
  }
  int write_end() const { return ends_[1]; }

  std::vector<pid_t> Read(size_t count) {
    std::string text;
    while (static_cast<size_t>(std::count(text.begin(), text.end(), '\n')) < count) {
      char byte = 0;
      if (read(ends_[0], &byte, 1) != 1) break;
      text += byte;
    }
    std::vector<pid_t> pids;
    for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
      pids.push_back(std::atoi(text.c_str() + at));
    }
    EXPECT_EQ(pids.size(), count);
    return pids;
  }

 private:
  int ends_[2] = {-1, -1};
};

bool AllGone(const std::vector<pid_t>& pids) {
  return std::none_of(pids.begin(), pids.end(), IsAlive);
}

SpawnRequest Reporting(const std::string& script, const PidPipe& pids) {
  SpawnRequest request = Shell(script);
  request.stdout_fd = pids.write_end();
  return request;
}

// Lets a run whose script ends with `read go` end: closes its standard input.
class Gate {
 public:
  Gate() { EXPECT_EQ(pipe2(ends_, O_CLOEXEC), 0); }
  ~Gate() { close(ends_[0]); }
  SpawnRequest Guard(SpawnRequest request) const {
    request.stdin_fd = ends_[0];
    return request;
  }
  void Open() { close(ends_[1]); }

 private:
  int ends_[2] = {-1, -1};
};

// Three generations in one process group, none of which listens to TERM.
constexpr char kStubbornFamily[] =
    "trap '' TERM; echo $$; sh -c 'echo $$; sh -c \"echo \\$\\$; sleep 1000\"; :' & "
    "sleep 1000; :";
// A daemon of its own session, and a child that stays.
constexpr char kDaemonFamily[] = "setsid sh -c 'echo $$; sleep 1000; :' & echo $$; exec sleep 1000";

TEST(SpawnerLifetimeTest, ASignalReachesTheWholeGroup) {
  const std::unique_ptr<Spawner> spawner = StartTestSpawner();
  PidPipe pipe;
  const uint64_t id = *spawner->Spawn(Reporting(kStubbornFamily, pipe));
  const std::vector<pid_t> pids = pipe.Read(3);
  ASSERT_TRUE(spawner->Signal(id, SIGTERM).ok());  // which all of them ignore
  for (const pid_t pid : pids) EXPECT_TRUE(IsAlive(pid));
  ASSERT_TRUE(spawner->Signal(id, SIGKILL).ok());
  const ExitReport report = *spawner->Wait(id);
  EXPECT_EQ(report.way, Way::kSignalled);
  EXPECT_EQ(report.code, SIGKILL);
  EXPECT_FALSE(report.descendants_left);
  EXPECT_TRUE(AllGone(pids)) << "the report comes after the last of them";
}

TEST(SpawnerLifetimeTest, StraysOfTheGroupDieWithTheirLeader) {
  const std::unique_ptr<Spawner> spawner = StartTestSpawner();
  PidPipe pipe;
  Gate gate;
  const uint64_t id = *spawner->Spawn(gate.Guard(Reporting(
      "for i in 1 2 3; do sh -c 'echo $$; sleep 1000; :' & done; read go; exit 5", pipe)));
  const std::vector<pid_t> pids = pipe.Read(3);
  for (const pid_t pid : pids) EXPECT_TRUE(IsAlive(pid));
  gate.Open();
  const ExitReport report = *spawner->Wait(id);
  EXPECT_EQ(report.code, 5);
  EXPECT_TRUE(report.descendants_killed);
  EXPECT_FALSE(report.descendants_left);
  EXPECT_TRUE(AllGone(pids));
  EXPECT_TRUE(ChildrenOf(spawner->spawner_pid()).empty());
}

constexpr char kLeavesADaemon[] = "setsid sh -c 'echo $$; sleep 1000; :' & read go; exit 5";

TEST(SpawnerLifetimeTest, ADaemonDiesWithItsRun) {
  const std::unique_ptr<Spawner> spawner = StartTestSpawner();
  PidPipe pipe;
  Gate gate;
  const uint64_t id = *spawner->Spawn(gate.Guard(Reporting(kLeavesADaemon, pipe)));
  const std::vector<pid_t> pids = pipe.Read(1);
  EXPECT_TRUE(IsAlive(pids[0]));
  gate.Open();
  const ExitReport report = *spawner->Wait(id);
  EXPECT_EQ(report.code, 5);
  EXPECT_TRUE(report.descendants_killed);
  EXPECT_TRUE(AllGone(pids));
}

TEST(SpawnerLifetimeTest, ADaemonDiesWithTheLastOfSeveralRuns) {
  const std::unique_ptr<Spawner> spawner = StartTestSpawner();
  PidPipe pipe;
  Gate gate;
  const uint64_t other = *spawner->Spawn(Command({"sleep", "1000"}));
  const uint64_t id = *spawner->Spawn(gate.Guard(Reporting(kLeavesADaemon, pipe)));
  const std::vector<pid_t> pids = pipe.Read(1);
  gate.Open();
  EXPECT_EQ(spawner->Wait(id)->code, 5);
  EXPECT_TRUE(IsAlive(pids[0])) << "it might be the other's";
  ASSERT_TRUE(spawner->Signal(other, SIGKILL).ok());
  EXPECT_EQ(spawner->Wait(other)->code, SIGKILL);
  EXPECT_TRUE(AllGone(pids));
}

TEST(SpawnerLifetimeTest, ForkingAndDaemonisingWithoutEndIsEnded) {
  const std::unique_ptr<Spawner> spawner = StartTestSpawner();
  PidPipe pipe;
  // Each generation starts two in the group and one that leaves it, bounded by its depth.
  const std::string script =
      "trap '' TERM HUP INT; echo $$; "
      "f() { [ $1 -gt 0 ] || exec sleep 1000; "
      "f $(($1 - 1)) & f $(($1 - 1)) & setsid sleep 1000 & sleep 1000; :; }; f 5";
  const uint64_t id = *spawner->Spawn(Reporting(script, pipe));
  pipe.Read(1);
  usleep(50000);  // somewhere in the midst of it
  ASSERT_TRUE(spawner->Signal(id, SIGTERM).ok());
  ASSERT_TRUE(spawner->Signal(id, SIGKILL).ok());
  const ExitReport report = *spawner->Wait(id);
  EXPECT_EQ(report.code, SIGKILL);
  EXPECT_FALSE(report.descendants_left);
  EXPECT_TRUE(ChildrenOf(spawner->spawner_pid()).empty());
}

TEST(SpawnerLifetimeTest, TheDestructorEndsAllRunsAndWaits) {
  std::vector<pid_t> pids;
  {
    const std::unique_ptr<Spawner> spawner = StartTestSpawner();
    PidPipe pipe;
    ASSERT_TRUE(spawner->Spawn(Reporting(kStubbornFamily, pipe)).ok());
    ASSERT_TRUE(spawner->Spawn(Reporting(kDaemonFamily, pipe)).ok());
    ASSERT_TRUE(spawner->Spawn(Reporting("echo $$; kill -STOP $$", pipe)).ok());
    pids = pipe.Read(6);
    pids.push_back(spawner->spawner_pid());
    for (const pid_t pid : pids) EXPECT_TRUE(IsAlive(pid));
  }
  EXPECT_TRUE(AllGone(pids));
}

TEST(SpawnerLifetimeTest, RunsGetTermAndTheGraceBeforeKill) {
  PidPipe pipe;
  {
    const std::unique_ptr<Spawner> spawner = StartTestSpawner(absl::Minutes(2));
    const std::string script =
        "trap 'sleep 0.1; echo 123; exit 0' TERM; echo $$; "
        "while :; do sleep 0.01; done";
    ASSERT_TRUE(spawner->Spawn(Reporting(script, pipe)).ok());
    pipe.Read(1);
  }
  EXPECT_EQ(pipe.Read(1), std::vector<pid_t>{123}) << "it had time to clean up";
}

// Runs `owner` in a process of its own and returns its pid.
pid_t ForkOwner(const std::function<void()>& owner) {
  const pid_t pid = fork();
  if (pid == 0) {
    owner();
    _exit(0);
  }
  return pid;
}

TEST(SpawnerLifetimeTest, WhenTheOwnerIsKilledEverythingGoes) {
  PidPipe pipe;
  const pid_t owner = ForkOwner([&pipe] {
    const std::unique_ptr<Spawner> spawner = StartTestSpawner();
    const std::string line = std::to_string(spawner->spawner_pid()) + "\n";
    if (write(pipe.write_end(), line.data(), line.size()) < 0) _exit(1);
    for (const char* script : {kStubbornFamily, kDaemonFamily}) {
      if (!spawner->Spawn(Reporting(script, pipe)).ok()) _exit(1);
    }
    for (;;) pause();
  });
  const std::vector<pid_t> pids = pipe.Read(6);
  for (const pid_t pid : pids) EXPECT_TRUE(IsAlive(pid));
  kill(owner, SIGKILL);
  EXPECT_EQ(waitpid(owner, nullptr, 0), owner);
  EXPECT_TRUE(Eventually([&pids] { return AllGone(pids); }));
}

TEST(SpawnerLifetimeTest, WhenBenchSpawnerIsKilledTheOwnerIsTold) {
  const std::unique_ptr<Spawner> spawner = StartTestSpawner();
  const uint64_t first = *spawner->Spawn(Command({"sleep", "1000"}));
  const uint64_t second = *spawner->Spawn(Command({"sleep", "1000"}));
  const pid_t leader = spawner->Pid(first);
  kill(spawner->spawner_pid(), SIGKILL);
  const ExitReport report = *spawner->Wait(first);
  EXPECT_EQ(report.way, Way::kSpawnerLost);
  EXPECT_EQ(report.pid, leader);
  EXPECT_EQ(report.Describe(), "sleep was lost: bench-spawner died");
  EXPECT_EQ(spawner->Wait(second)->way, Way::kSpawnerLost);
  EXPECT_EQ(spawner->Spawn(Command({"true"})).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(Eventually([leader] { return !IsAlive(leader); })) << "the kernel kills the leaders";
}

TEST(SpawnerLifetimeTest, AThousandShortRunsLeaveNothingBehind) {
  const std::unique_ptr<Spawner> spawner = StartTestSpawner();
  const pid_t pid = spawner->spawner_pid();
  EXPECT_TRUE(RunToEnd(*spawner, Command({"true"})).succeeded());
  const size_t own_fds = OpenFds(0);
  const size_t spawner_fds = OpenFds(pid);
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  std::set<uint64_t> running;
  size_t ended = 0;
  for (int i = 0; i < 1000; ++i) {
    SpawnRequest request = Command({i % 10 == 9 ? "/nowhere/true" : "/bin/true"});
    request.stdin_fd = request.stdout_fd = request.stderr_fd = request.data_fd = null;
    const absl::StatusOr<uint64_t> id = spawner->Spawn(request);
    ASSERT_TRUE(id.ok()) << Message(id.status());
    running.insert(*id);
    if (i % 16 != 15) continue;
    for (const ExitReport& report : spawner->Poll()) ended += running.erase(report.id);
  }
  while (!running.empty()) {
    ASSERT_TRUE(spawner->Wait(*running.begin()).ok());
    running.erase(running.begin());
    ++ended;
  }
  close(null);
  EXPECT_EQ(ended, 1000u);
  EXPECT_TRUE(spawner->Poll().empty());
  EXPECT_TRUE(ChildrenOf(pid).empty());
  EXPECT_EQ(OpenFds(pid), spawner_fds);
  EXPECT_EQ(OpenFds(0), own_fds);
}

TEST(SpawnerLifetimeTest, TheNumberOfChildrenIsBounded) {
  const std::unique_ptr<Spawner> spawner = StartTestSpawner();
  std::vector<uint64_t> ids;
  for (size_t i = 0; i < spawner_protocol::kRunsMax; ++i) {
    ids.push_back(*spawner->Spawn(Command({"sleep", "1000"})));
  }
  EXPECT_EQ(spawner->Spawn(Command({"true"})).status().code(),
            absl::StatusCode::kResourceExhausted);
  for (const uint64_t id : ids) ASSERT_TRUE(spawner->Signal(id, SIGKILL).ok());
  for (const uint64_t id : ids) EXPECT_EQ(spawner->Wait(id)->code, SIGKILL);
  EXPECT_TRUE(RunToEnd(*spawner, Command({"true"})).succeeded());
}

}  // namespace
}  // namespace benchfleet
