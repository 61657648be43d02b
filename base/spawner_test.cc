// One child at a time: how it ends, and what it gets.
#include "base/spawner.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/spawner_encode.h"
#include "base/spawner_test_util.h"
#include "base/status.h"
#include "base/subprocess.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Way = ExitReport::Way;

class SpawnerTest : public ::testing::Test {
 protected:
  // What `request` writes to its standard output.
  std::string OutputOf(const SpawnRequest& request) {
    const absl::StatusOr<CommandResult> result = RunCommand(*spawner_, request);
    EXPECT_TRUE(result.ok() && result->succeeded()) << result->Describe();
    return result->output.Text();
  }

  std::unique_ptr<Spawner> spawner_ = StartTestSpawner();
};

TEST_F(SpawnerTest, ReportsExitCodes) {
  for (const int code : {0, 1, 77, 255}) {
    const ExitReport report = RunToEnd(*spawner_, Shell("exit " + std::to_string(code)));
    EXPECT_EQ(report.way, Way::kExited);
    EXPECT_EQ(report.code, code);
    EXPECT_EQ(report.succeeded(), code == 0);
    EXPECT_GT(report.pid, 0);
    EXPECT_GT(report.wall, absl::ZeroDuration());
    EXPECT_GT(report.max_rss_bytes, 0);
    EXPECT_FALSE(report.descendants_killed);
  }
}

TEST_F(SpawnerTest, ReportsSignals) {
  const ExitReport own = RunToEnd(*spawner_, Shell("kill -SEGV $$"));
  EXPECT_EQ(own.way, Way::kSignalled);
  EXPECT_EQ(own.code, SIGSEGV);
  EXPECT_EQ(own.Describe(), "/bin/sh was killed by signal 11 (Segmentation fault)");

  const uint64_t id = *spawner_->Spawn(Command({"sleep", "1000"}));
  EXPECT_GT(spawner_->Pid(id), 0);
  EXPECT_EQ(spawner_->TryWait(id), std::nullopt);
  ASSERT_TRUE(spawner_->Signal(id, SIGTERM).ok());
  EXPECT_EQ(spawner_->Wait(id)->code, SIGTERM);
  EXPECT_EQ(spawner_->Wait(id).status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(spawner_->Signal(id, SIGTERM).ok());  // late: nothing happens
}

TEST_F(SpawnerTest, AMissingProgramIsAReportWithErrnoAndName) {
  for (const char* program : {"/nowhere/proverd", "no-such-program-anywhere", "./relative"}) {
    const ExitReport report = RunToEnd(*spawner_, Command({program}));
    EXPECT_EQ(report.way, Way::kNotStarted);
    EXPECT_EQ(report.code, ENOENT);
    EXPECT_EQ(report.step, SpawnStep::kExec);
    EXPECT_EQ(report.pid, 0);
    EXPECT_EQ(report.Describe(),
              "could not start " + std::string(program) + ": No such file or directory (execve)");
  }
}

TEST_F(SpawnerTest, ProgramsThatCannotRunSayWhy) {
  const std::string folder = ::testing::TempDir() + "/spawner_test." + std::to_string(getpid());
  std::filesystem::create_directory(folder);
  std::ofstream(folder + "/text") << "no program\n";
  EXPECT_EQ(RunToEnd(*spawner_, Command({folder + "/text"})).code, EACCES);
  EXPECT_EQ(RunToEnd(*spawner_, Command({folder})).code, EACCES);
  SpawnRequest by_name = Command({"text"});
  by_name.environment = {{"PATH", "relative:" + folder + ":/bin"}};
  EXPECT_EQ(RunToEnd(*spawner_, by_name).code, EACCES);
  std::filesystem::permissions(folder + "/text", std::filesystem::perms::owner_all);
  EXPECT_EQ(RunToEnd(*spawner_, Command({folder + "/text"})).code, ENOEXEC);
  EXPECT_EQ(RunToEnd(*spawner_, by_name).code, ENOEXEC);
  std::filesystem::remove_all(folder);
}

TEST_F(SpawnerTest, ChangesDirectoryOrSaysWhyNot) {
  SpawnRequest request = Command({"/bin/pwd"});
  request.directory = "/usr";
  EXPECT_EQ(OutputOf(request), "/usr\n");
  request.directory = "/nowhere";
  const ExitReport report = RunToEnd(*spawner_, request);
  EXPECT_EQ(report.way, Way::kNotStarted);
  EXPECT_EQ(report.code, ENOENT);
  EXPECT_EQ(report.step, SpawnStep::kDirectory);
  EXPECT_THAT(report.Describe(), HasSubstr("entering its directory"));
}

TEST_F(SpawnerTest, PassesTheEnvironment) {
  setenv("BF_TEST_KEPT", "kept", 1);
  setenv("BF_TEST_REPLACED", "old", 1);
  SpawnRequest request = Shell("echo $BF_TEST_KEPT/$BF_TEST_REPLACED/$BF_TEST_NEW");
  request.environment = {{"BF_TEST_REPLACED", "new"}, {"BF_TEST_NEW", "a=b c"}};
  EXPECT_EQ(OutputOf(request), "kept/new/a=b c\n");

  SpawnRequest alone = Command({"/usr/bin/env"});
  alone.environment = {{"ONLY", "this"}};
  alone.inherit_environment = false;
  EXPECT_EQ(OutputOf(alone), "ONLY=this\n");
}

TEST_F(SpawnerTest, EmptyAndOddArgumentsArriveAsTheyAre) {
  EXPECT_EQ(OutputOf(Command({"printf", "[%s]", "", "a b", "$HOME", "\xff\n"})),
            "[][a b][$HOME][\xef\xbf\xbd\n]");
}

TEST_F(SpawnerTest, HonoursResourceLimits) {
  SpawnRequest request = Shell("ulimit -n; ulimit -c; ulimit -Hn");
  request.limits = {{RLIMIT_NOFILE, 37, 41}, {RLIMIT_CORE, 0, 0}};
  EXPECT_EQ(OutputOf(request), "37\n0\n41\n");

  SpawnRequest busy = Shell("while :; do :; done");
  busy.limits = {{RLIMIT_CPU, 1, 2}};
  const ExitReport stopped = RunToEnd(*spawner_, busy);
  EXPECT_EQ(stopped.way, Way::kSignalled);
  EXPECT_EQ(stopped.code, SIGXCPU);
  EXPECT_GE(stopped.user + stopped.system, absl::Milliseconds(900));

  SpawnRequest hungry = Command({"dd", "if=/dev/zero", "of=/dev/null", "bs=300M", "count=1"});
  EXPECT_TRUE(RunToEnd(*spawner_, hungry).succeeded());
  hungry.limits = {{RLIMIT_AS, 100 << 20, 100 << 20}};
  const absl::StatusOr<CommandResult> refused = RunCommand(*spawner_, hungry);
  EXPECT_FALSE(refused->succeeded());
  EXPECT_THAT(refused->errors.Text(), HasSubstr("memory exhausted"));
}

TEST_F(SpawnerTest, SetsNiceAndProcessors) {
  SpawnRequest request = Command({"nice"});
  request.nice = 7;
  EXPECT_EQ(OutputOf(request), "7\n");

  SpawnRequest pinned = Command({"grep", "Cpus_allowed_list", "/proc/self/status"});
  pinned.cpus = {0};
  EXPECT_EQ(OutputOf(pinned), "Cpus_allowed_list:\t0\n");
  pinned.cpus = {1023};
  const ExitReport report = RunToEnd(*spawner_, pinned);
  EXPECT_EQ(report.code, EINVAL);
  EXPECT_EQ(report.step, SpawnStep::kAffinity);
}

TEST_F(SpawnerTest, WritesItselfIntoCgroupFiles) {
  const std::string path = ::testing::TempDir() + "/procs." + std::to_string(getpid());
  std::ofstream(path).close();
  SpawnRequest request = Command({"true"});
  request.cgroup_procs_files = {path};
  EXPECT_TRUE(RunToEnd(*spawner_, request).succeeded());
  EXPECT_EQ(ReadFile(path), "0");
  std::filesystem::remove(path);
  const ExitReport report = RunToEnd(*spawner_, request);
  EXPECT_EQ(report.step, SpawnStep::kCgroup);
  EXPECT_EQ(report.code, ENOENT);
}

TEST_F(SpawnerTest, TheChildSeesOnlyTheDescriptorsAskedFor) {
  // Descriptors that any child of ours would inherit, were it forked here.
  const int leak = open("/dev/zero", O_RDONLY);
  const std::unique_ptr<Spawner> spawner = StartTestSpawner();
  const auto seen_by = [&spawner](const SpawnRequest& request) {
    std::set<int> numbers;
    for (const auto line : absl::StrSplit(RunCommand(*spawner, request)->output.Text(), '\n')) {
      if (!line.empty()) numbers.insert(std::atoi(line.data()));
    }
    return numbers;
  };
  // The shell's own, as another process sees them.
  EXPECT_THAT(seen_by(Shell("ls /proc/$$/fd; :")), ElementsAre(0, 1, 2));

  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  for (const int number : {3, 4, 5, 9, 100}) {
    SpawnRequest request =
        Command({"/bin/bash", "-c", absl::StrFormat("echo data >&%d; ls /proc/$$/fd; :", number)});
    request.data_fd = ends[1];
    request.data_fd_number = number;
    EXPECT_THAT(seen_by(request), ElementsAre(0, 1, 2, number));
    char text[16] = {};
    EXPECT_EQ(read(ends[0], text, sizeof text), 5);
    EXPECT_STREQ(text, "data\n");
  }
  close(ends[0]);
  close(ends[1]);
  close(leak);
}

TEST_F(SpawnerTest, StandardStreamsAreDevNullUnlessGiven) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  SpawnRequest request =
      Shell("cat; echo lost; links=$(readlink /proc/$$/fd/0 /proc/$$/fd/1); echo \"$links\" >&2");
  request.stderr_fd = ends[1];
  EXPECT_TRUE(RunToEnd(*spawner_, request).succeeded());
  char text[64] = {};
  EXPECT_GT(read(ends[0], text, sizeof text - 1), 0);
  EXPECT_STREQ(text, "/dev/null\n/dev/null\n");
  close(ends[0]);
  close(ends[1]);
}

TEST_F(SpawnerTest, TheChildHasDefaultSignalsAndItsOwnGroup) {
  signal(SIGPIPE, SIG_IGN);
  const std::unique_ptr<Spawner> spawner = StartTestSpawner();
  signal(SIGPIPE, SIG_DFL);
  const std::string status = RunCommand(*spawner, {"cat", "/proc/self/status"})->output.Text();
  for (const char* name : {"SigPnd", "SigBlk", "SigIgn", "SigCgt"}) {
    EXPECT_THAT(status, HasSubstr(absl::StrFormat("%s:\t0000000000000000\n", name)));
  }
  const absl::StatusOr<CommandResult> group =
      RunCommand(*spawner, Shell("read a b c d pgrp rest </proc/$$/stat; echo $pgrp"));
  EXPECT_EQ(group->output.Text(), std::to_string(group->exit.pid) + "\n");
}

TEST_F(SpawnerTest, MaxRssIsTheChildsOwn) {
  const std::string ballast(300 << 20, 'x');
  ASSERT_GT(ballast.size(), 0u);
  const std::unique_ptr<Spawner> spawner = StartTestSpawner();
  for (Spawner* each : {spawner_.get(), spawner.get()}) {
    const ExitReport report = RunToEnd(*each, Command({"/bin/true"}));
    EXPECT_GT(report.max_rss_bytes, 0);
    EXPECT_LT(report.max_rss_bytes, 50 << 20);
  }
  const ExitReport big =
      RunToEnd(*spawner, Command({"dd", "if=/dev/zero", "of=/dev/null", "bs=80M", "count=1"}));
  EXPECT_GT(big.max_rss_bytes, 80 << 20);
}

TEST_F(SpawnerTest, BenchSpawnerItselfIsSmall) {
  EXPECT_TRUE(RunToEnd(*spawner_, Command({"true"})).succeeded());
  const std::string status =
      ReadFile("/proc/" + std::to_string(spawner_->spawner_pid()) + "/status");
  const size_t at = status.find("VmHWM:");
  ASSERT_NE(at, std::string::npos);
  EXPECT_LT(std::atoi(status.c_str() + at + 6), 2048) << "KiB";
}

TEST_F(SpawnerTest, RefusesUnusableRequests) {
  const auto message = [this](const SpawnRequest& request) {
    const absl::StatusOr<uint64_t> id = spawner_->Spawn(request);
    EXPECT_EQ(id.status().code(), absl::StatusCode::kInvalidArgument);
    return Message(id.status());
  };
  EXPECT_THAT(message(Command({})), HasSubstr("no program"));
  EXPECT_THAT(message(Command({"true", std::string("a\0b", 3)})), HasSubstr("NUL"));
  EXPECT_THAT(message(Command({"true", std::string(200000, 'x')})), HasSubstr("131072"));
  EXPECT_THAT(message(Command(std::vector<std::string>(5000, "x"))), HasSubstr("4096"));
  SpawnRequest request = Command({"true"});
  request.data_fd_number = 2;
  EXPECT_THAT(message(request), HasSubstr("descriptor number 2"));
  request = Command({"true"});
  request.limits = {{RLIMIT_NOFILE, 2, 1}};
  EXPECT_THAT(message(request), HasSubstr("resource limit"));
  request = Command({"true"});
  request.nice = 20;
  EXPECT_THAT(message(request), HasSubstr("nice 20"));
  request = Command({"true"});
  request.cpus = {1024};
  EXPECT_THAT(message(request), HasSubstr("processor 1024"));
  request = Command({"true"});
  request.environment = {{"A=B", "c"}};
  EXPECT_THAT(message(request), HasSubstr("A=B"));
  request = Command({"true"});
  request.stdout_fd = 100000;  // not open
  EXPECT_FALSE(spawner_->Spawn(request).ok());
  EXPECT_TRUE(RunToEnd(*spawner_, Command({"true"})).succeeded()) << "still serves";
}

TEST_F(SpawnerTest, TheLargestRequestPasses) {
  const size_t overhead = EncodeSpawn(1, Command({"true", ""}))->size();
  const std::string longest(spawner_protocol::kRequestBytesMax - overhead, 'x');
  EXPECT_TRUE(RunToEnd(*spawner_, Command({"true", longest})).succeeded());
}

TEST(SpawnerStartTest, SaysWhatIsWrongWithTheProgram) {
  SpawnerOptions options;
  options.program = "/nowhere/bench-spawner";
  const absl::Status missing = Spawner::Start(options).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Message(missing), HasSubstr("/nowhere/bench-spawner"));
  options.program = "/bin/true";
  EXPECT_THAT(Message(Spawner::Start(options).status()), HasSubstr("without a greeting"));
}

}  // namespace
}  // namespace benchfleet
