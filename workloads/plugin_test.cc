// Plug-ins against the real bench-runner: an example built out of tree with the installed header
// alone, and one that does what foreign code may do.
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "gtest/gtest.h"
#include "proto/convert.h"
#include "workloads/runner_process.h"

namespace benchfleet {
namespace {

namespace fs = std::filesystem;

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) std::abort();  // ctest sets it
  return value;
}

class PluginTest : public testing::Test {
 protected:
  // Installs the header as a distribution would: what is built below sees nothing else of us.
  static void SetUpTestSuite() {
    std::string pattern = testing::TempDir() + "/plugins-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    const ShellResult installed =
        Shell("cmake --install " + Environment("BENCHFLEET_BIN_DIR") +
              "/.. --component development --prefix " + (root_ / "prefix").string());
    ASSERT_EQ(installed.exit_code, 0) << installed.output;
  }
  static void TearDownTestSuite() { fs::remove_all(root_); }

  void SetUp() override {
    folder_ = root_ / testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::create_directory(folder_);
  }

  // Compiles `source` of workloads/ in the plug-in folder, outside of the source tree.
  void Build(const std::string& source, const std::string& name, const std::string& flags = "") {
    const fs::path from = fs::path(Environment("BENCHFLEET_SOURCE_DIR")) / "workloads" / source;
    fs::copy_file(from, folder_ / (name + ".c"));
    const ShellResult built =
        Shell("cd " + folder_.string() + " && cc -std=c11 -pedantic -Wall -Wextra -Werror -O1 " +
              "-shared -fPIC -I " + (root_ / "prefix" / "include").string() + " " + flags + " -o " +
              name + ".so " + name + ".c");
    ASSERT_EQ(built.exit_code, 0) << built.output;
  }

  RunnerResult Drive(const std::string& workload, const StringMap& parameters = {},
                     int kill_when_silent_ms = 0) {
    RunnerRequest request;
    request.spec.workload = workload;
    request.spec.parameters = parameters;
    request.spec.measurement = {1, 5, 5, absl::Milliseconds(50), 0};
    return DriveRunner(request, {"--plugins", folder_.string()}, kill_when_silent_ms);
  }

  // As the agent does it: the run is told which plug-in has its workload.
  RunnerResult DriveAsListed(const std::string& workload) {
    RunnerRequest request;
    request.spec.workload = workload;
    request.spec.measurement = {1, 5, 5, absl::Milliseconds(50), 0};
    return DriveRunner(request, {"--plugin", libraries_.at(workload)});
  }

  // The list, and what came on stderr.
  std::vector<WorkloadDescription> List(std::string* warnings) {
    const ShellResult list = Shell(RunnerPath() + " --list --plugins " + folder_.string() + " 2> " +
                                   (folder_ / "warnings").string());
    EXPECT_EQ(list.exit_code, 0);
    std::ifstream stream(folder_ / "warnings");
    warnings->assign(std::istreambuf_iterator<char>(stream), {});
    auto workloads = WorkloadsFromJson(list.output, nullptr, &libraries_);
    EXPECT_TRUE(workloads.ok()) << workloads.status() << list.output;
    return workloads.ok() ? *std::move(workloads) : std::vector<WorkloadDescription>();
  }

  static const WorkloadDescription* Named(const std::vector<WorkloadDescription>& workloads,
                                          const std::string& name) {
    for (const WorkloadDescription& workload : workloads) {
      if (workload.name == name) return &workload;
    }
    return nullptr;
  }

  static fs::path root_;
  fs::path folder_;
  StringMap libraries_;  // of the last list
};

fs::path PluginTest::root_;

// ---- the example

TEST_F(PluginTest, TheExampleIsListed) {
  Build("examples/lookup.c", "example");
  std::string warnings;
  const auto workloads = List(&warnings);
  EXPECT_EQ(warnings, "");
  const WorkloadDescription* lookup = Named(workloads, "example.lookup");
  ASSERT_NE(lookup, nullptr);
  EXPECT_EQ(lookup->version, "1.0");
  EXPECT_EQ(lookup->unavailable, "");
  ASSERT_EQ(lookup->parameters.size(), 1u);
  EXPECT_EQ(lookup->parameters[0].default_value, "1000");
  EXPECT_EQ(lookup->parameters[0].kind, ParameterKind::kCount);
  EXPECT_EQ(lookup->parameters[0].min, "1");
  EXPECT_EQ(lookup->parameters[0].max, "100000000");
  EXPECT_NE(Named(workloads, "crypto.sha256"), nullptr);
}

TEST_F(PluginTest, TheExampleMeasuresInBatches) {
  Build("examples/lookup.c", "example");
  const RunnerResult result = Drive("example.lookup", {{"count", "4096"}});
  ASSERT_NE(result.finished(), nullptr) << result.output;
  EXPECT_EQ(result.finished()->outcome, Outcome::kOk) << result.finished()->message;
  EXPECT_EQ(result.Values("latency").size(), 5u);
  EXPECT_EQ(result.finished()->facts.at("array.count"), "4096");
  EXPECT_EQ(result.finished()->facts.at("plugin.version"), "1.0");
  EXPECT_NE(result.finished()->facts.at("batch_operations"), "1");
}

TEST_F(PluginTest, TheExampleMeasuresPhases) {
  Build("examples/lookup.c", "example");
  const RunnerResult result = Drive("example.sort", {{"count", "10000"}});
  ASSERT_NE(result.finished(), nullptr) << result.output;
  EXPECT_EQ(result.finished()->outcome, Outcome::kOk) << result.finished()->message;
  for (const char* metric : {"fill", "sort", "latency"}) {
    EXPECT_EQ(result.Values(metric).size(), 5u) << metric;
  }
  const Metric throughput{"throughput", "B/s", Direction::kHigherIsBetter, "sort", 80000};
  EXPECT_EQ(result.started()->metrics[2], throughput);
}

TEST_F(PluginTest, TheExampleRefusesABadParameter) {
  Build("examples/lookup.c", "example");
  const RunnerResult result = Drive("example.lookup", {{"count", "many"}});
  ASSERT_NE(result.finished(), nullptr);
  EXPECT_EQ(result.finished()->outcome, Outcome::kNotStarted);
  EXPECT_EQ(result.finished()->message,
            "parameter 'count': 'many', expected a whole number from 1 to 100000000");
}

// ---- misbehaviour in a run

TEST_F(PluginTest, RunsThatEndWithAReason) {
  Build("misbehaving_plugin.c", "bad");
  const struct {
    const char* workload;
    Outcome outcome;
    const char* reason;
  } cases[] = {
      {"test.lacking", Outcome::kNotStarted, "no quantum processor"},
      {"test.mute", Outcome::kFailed, "it returned 77 and no reason"},
      {"test.overflow", Outcome::kFailed, "????"},
      {"test.stray", Outcome::kFailed, "'number 99'"},
      {"test.invalid", Outcome::kInvalid, "2 + 2 came out as 5"},
      {"test.tuesday", Outcome::kNotStarted, "only on Tuesdays"},
      {"test.both", Outcome::kNotStarted, "run or run_once, and not both"},
      {"test.nothing", Outcome::kNotStarted, "no workload 'test.nothing'"},
  };
  for (const auto& expected : cases) {
    const RunnerResult result = Drive(expected.workload);
    ASSERT_NE(result.finished(), nullptr) << expected.workload << result.output;
    EXPECT_EQ(result.finished()->outcome, expected.outcome) << expected.workload;
    EXPECT_NE(result.finished()->message.find(expected.reason), std::string::npos)
        << result.finished()->message;
    EXPECT_EQ(result.wait_status, 0);
  }
}

TEST_F(PluginTest, ACrashInSetUpIsTheRunnersDeath) {
  Build("misbehaving_plugin.c", "bad");
  const RunnerResult result = Drive("test.crash");
  EXPECT_TRUE(result.stream.ok());
  EXPECT_EQ(result.finished(), nullptr);
  ASSERT_FALSE(WIFEXITED(result.wait_status) && WEXITSTATUS(result.wait_status) == 0);
}

TEST_F(PluginTest, AnEndlessLoopCanBeKilled) {
  Build("misbehaving_plugin.c", "bad");
  const RunnerResult result = Drive("test.loop", {}, 500);
  EXPECT_TRUE(result.stream.ok());
  EXPECT_NE(result.started(), nullptr);
  EXPECT_EQ(result.finished(), nullptr);
  EXPECT_TRUE(WIFSIGNALED(result.wait_status));
}

TEST_F(PluginTest, PrintsAreFree) {
  Build("misbehaving_plugin.c", "bad");
  const RunnerResult result = Drive("test.print");
  ASSERT_NE(result.finished(), nullptr);
  EXPECT_EQ(result.finished()->outcome, Outcome::kOk) << result.finished()->message;
  EXPECT_NE(result.output.find("garbage"), std::string::npos);
}

TEST_F(PluginTest, GarbageOnTheEventsIsSeenAsSuch) {
  Build("misbehaving_plugin.c", "bad");
  const RunnerResult result = Drive("test.garble");
  EXPECT_FALSE(result.stream.ok());
}

TEST_F(PluginTest, AClosedDescriptorIsAnExitCode) {
  Build("misbehaving_plugin.c", "bad");
  const RunnerResult result = Drive("test.close");
  EXPECT_EQ(result.finished(), nullptr);
  ASSERT_TRUE(WIFEXITED(result.wait_status));
  EXPECT_EQ(WEXITSTATUS(result.wait_status), 1);
  EXPECT_NE(result.output.find("writing a frame: Bad file descriptor"), std::string::npos);
}

TEST_F(PluginTest, AnExitWithinTheRunLeavesNoEnd) {
  Build("misbehaving_plugin.c", "bad");
  const RunnerResult result = Drive("test.exit");
  EXPECT_TRUE(result.stream.ok());
  EXPECT_EQ(result.finished(), nullptr);
}

// ---- misbehaviour when loaded

TEST_F(PluginTest, WhatCannotBeLoadedIsListedWithTheReasonAndHarmsNothingElse) {
  Build("examples/lookup.c", "example");
  Build("misbehaving_plugin.c", "another_abi", "-DABI_VERSION=99");
  Build("misbehaving_plugin.c", "crashes", "-DLOAD_CRASHES");
  Build("misbehaving_plugin.c", "exits", "-DLOAD_EXITS");
  Build("misbehaving_plugin.c", "no_entry", "-DLOAD_WITHOUT_ENTRY");
  Build("misbehaving_plugin.c", "no_answer", "-DLOAD_RETURNS_NOTHING");
  std::ofstream(folder_ / "text.so") << "this is no shared library";
  std::ofstream(folder_ / "ignored.txt") << "nor is this";
  const std::pair<const char*, const char*> expected[] = {
      {"plugin.another_abi", "it was built for plug-in ABI version 99; this host has 1"},
      {"plugin.crashes", "loading it crashes: signal 6"},
      {"plugin.exits", "loading it ends the process"},
      {"plugin.no_entry", "it has no function benchfleet_plugin_entry"},
      {"plugin.no_answer", "benchfleet_plugin_entry returned nothing"},
      {"plugin.text", "it does not load"},
  };
  std::string warnings;
  const auto workloads = List(&warnings);
  EXPECT_EQ(Named(workloads, "plugin.ignored"), nullptr);
  ASSERT_NE(Named(workloads, "example.lookup"), nullptr);
  for (const auto& [name, reason] : expected) {
    const WorkloadDescription* row = Named(workloads, name);
    ASSERT_NE(row, nullptr) << name;
    EXPECT_NE(row->unavailable.find(reason), std::string::npos) << row->unavailable;
    EXPECT_NE(warnings.find(reason), std::string::npos) << warnings;
    const RunnerResult result = Drive(name);
    ASSERT_NE(result.finished(), nullptr);
    EXPECT_EQ(result.finished()->outcome, Outcome::kNotStarted);
    EXPECT_NE(result.finished()->message.find(reason), std::string::npos);
  }
  const RunnerResult fine = Drive("example.lookup");
  ASSERT_NE(fine.finished(), nullptr);
  EXPECT_EQ(fine.finished()->outcome, Outcome::kOk);
  // Who asks for a workload of an unusable plug-in learns of it.
  const RunnerResult missing = Drive("test.print");
  EXPECT_NE(missing.finished()->message.find("ABI version 99"), std::string::npos);
}

TEST_F(PluginTest, ALoadThatHangsIsGivenUp) {
  Build("misbehaving_plugin.c", "hangs", "-DLOAD_HANGS");
  std::string warnings;
  const auto workloads = List(&warnings);
  ASSERT_NE(Named(workloads, "plugin.hangs"), nullptr);
  EXPECT_NE(Named(workloads, "plugin.hangs")->unavailable.find("takes more than"),
            std::string::npos);
}

TEST_F(PluginTest, ARunLoadsTheLibraryThatHasItsWorkloadAndNoOther) {
  Build("misbehaving_plugin.c", "a_hangs", "-DLOAD_HANGS");
  Build("misbehaving_plugin.c", "a_prints", "-DLOAD_PRINTS");
  Build("examples/lookup.c", "example");
  std::string warnings;
  List(&warnings);
  EXPECT_NE(warnings.find("a_hangs.so"), std::string::npos);
  EXPECT_EQ(libraries_.at("example.sort"), (folder_ / "example.so").string());
  EXPECT_EQ(libraries_.at("test.print"), (folder_ / "a_prints.so").string());
  EXPECT_EQ(libraries_.count("plugin.a_hangs"), 0u);
  EXPECT_EQ(libraries_.count("crypto.sha256"), 0u);
  // Whatever opens the others from here on waits for ever.
  fs::remove(folder_ / "a_prints.so");
  ASSERT_EQ(mkfifo((folder_ / "a_prints.so").c_str(), 0600), 0);
  const RunnerResult result = DriveAsListed("example.sort");
  ASSERT_NE(result.finished(), nullptr) << result.output;
  EXPECT_EQ(result.finished()->outcome, Outcome::kOk) << result.finished()->message;
  EXPECT_EQ(result.output, "");
}

TEST_F(PluginTest, ARunsLastWordsAreItsOwn) {
  Build("misbehaving_plugin.c", "another_abi", "-DABI_VERSION=99");
  Build("misbehaving_plugin.c", "bad", "-DLOAD_PRINTS");
  std::ofstream(folder_ / "innocent.so") << "this is no shared library";
  std::string warnings;
  List(&warnings);
  EXPECT_NE(warnings.find("innocent.so"), std::string::npos);
  for (const RunnerResult& result : {DriveAsListed("test.crash"), Drive("test.crash")}) {
    EXPECT_EQ(result.finished(), nullptr);
    EXPECT_EQ(result.output.find("innocent"), std::string::npos) << result.output;
    EXPECT_EQ(result.output.find("another_abi"), std::string::npos) << result.output;
    // Once, when it is loaded for the run; not when it is asked what it has.
    const size_t first = result.output.find("hello from a constructor");
    EXPECT_NE(first, std::string::npos);
    EXPECT_EQ(result.output.find("hello from a constructor", first + 1), std::string::npos);
  }
}

TEST_F(PluginTest, WhatIsNoRegularFileIsRefusedAndNotWaitedFor) {
  ASSERT_EQ(mkfifo((folder_ / "pipe.so").c_str(), 0600), 0);
  fs::create_directory(folder_ / "folder.so");
  fs::create_symlink("nowhere", folder_ / "dangling.so");
  std::string warnings;
  const auto workloads = List(&warnings);
  for (const char* name : {"plugin.pipe", "plugin.folder"}) {
    ASSERT_NE(Named(workloads, name), nullptr) << name;
    EXPECT_EQ(Named(workloads, name)->unavailable, "it is not a regular file");
  }
  ASSERT_NE(Named(workloads, "plugin.dangling"), nullptr);
  EXPECT_EQ(Named(workloads, "plugin.dangling")->unavailable, "No such file or directory");
}

TEST_F(PluginTest, PrintsOfALoadDoNotSpoilTheList) {
  Build("misbehaving_plugin.c", "prints", "-DLOAD_PRINTS");
  std::string warnings;
  const auto workloads = List(&warnings);
  EXPECT_NE(Named(workloads, "test.print"), nullptr);
  EXPECT_NE(warnings.find("hello from a constructor"), std::string::npos);
}

TEST_F(PluginTest, TwoPlugInsWithOneNameAreToldApart) {
  Build("examples/lookup.c", "a");
  Build("examples/lookup.c", "b");
  std::string warnings;
  List(&warnings);
  EXPECT_NE(warnings.find("plug-in b.so: workload 'example.lookup' is there already"),
            std::string::npos)
      << warnings;
}

TEST_F(PluginTest, WorkloadsThatAreNotAsTheHeaderSaysAreListedWithTheReason) {
  Build("misbehaving_plugin.c", "bad");
  std::string warnings;
  const auto workloads = List(&warnings);
  ASSERT_NE(Named(workloads, "test.both"), nullptr);
  EXPECT_EQ(Named(workloads, "test.both")->unavailable,
            "it must have run or run_once, and not both");
  EXPECT_NE(warnings.find("plug-in bad.so: workload 14: its name"), std::string::npos) << warnings;
  EXPECT_EQ(Named(workloads, "No Dots Here"), nullptr);
}

TEST_F(PluginTest, AFolderThatIsNotThereIsAWarning) {
  fs::remove(folder_);
  const ShellResult list = Shell(RunnerPath() + " --list --plugins " + folder_.string());
  EXPECT_EQ(list.exit_code, 0);
  EXPECT_NE(list.output.find("No such file or directory"), std::string::npos);
}

}  // namespace
}  // namespace benchfleet
