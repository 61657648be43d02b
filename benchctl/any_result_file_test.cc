#include "benchctl/any_result_file.h"

#include <filesystem>

#include "base/status.h"
#include "benchctl/cli_harness.h"
#include "benchctl/foreign_results.h"
#include "benchctl/test_directory.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kGoogle = R"({
  "context": {"date": "2026-11-20T10:00:00+00:00", "host_name": "build-7", "num_cpus": 8},
  "benchmarks": [
    {"name": "BM_Parse/64", "run_type": "iteration", "iterations": 1000, "real_time": 2.5,
     "cpu_time": 2.25, "time_unit": "us"},
    {"name": "BM_Parse/64", "run_type": "iteration", "iterations": 1000, "real_time": 2.75,
     "cpu_time": 2.5, "time_unit": "us"}
  ]})";

constexpr const char* kHyperfine = R"({"results": [
  {"command": "sleep 0.1", "mean": 0.101, "stddev": 0.001, "median": 0.101, "user": 0.001,
   "system": 0.002, "min": 0.1, "max": 0.102, "times": [0.1, 0.101, 0.102],
   "exit_codes": [0, 0, 0]}]})";

constexpr const char* kPlain = R"({"version": "1.0", "timestamp": "2026-01-02T03:04:05Z",
  "machine": {"id": "m2", "os": "macOS", "cpu": "M2", "cores": 8, "memory_gb": 16},
  "benchmarks": [{"name": "prove", "iterations": 4, "mean_ms": 2, "min_ms": 1, "max_ms": 3,
                  "std_dev_ms": 0.5}]})";

JobResults MustRead(const std::string& path, const AnyFileOptions& options = {},
                    std::vector<std::string>* warnings = nullptr) {
  absl::StatusOr<JobResults> results = ReadAnyResultFile(path, options, warnings);
  EXPECT_TRUE(results.ok()) << results.status();
  return results.ok() ? *std::move(results) : JobResults();
}

std::vector<double> SamplesIn(const RunData& run, const std::string& metric) {
  return SamplesOf(run)->at(metric);
}

TEST(AnyResultFileTest, AnotherToolsSamplesAreThere) {
  const JobResults results = MustRead(WriteTestFile("google.json", kGoogle));
  EXPECT_EQ(results.job.status.name, "google");
  EXPECT_EQ(results.job.source, "google.json (google-benchmark)");
  EXPECT_EQ(results.job.status.state, State::kDone);
  EXPECT_EQ(absl::FormatTime("%F %H", results.job.status.created_at, absl::UTCTimeZone()),
            "2026-11-20 10");
  ASSERT_EQ(results.runs.size(), 1u);
  const RunResult& run = results.runs[0].result;
  EXPECT_EQ(run.workload, "BM_Parse");
  EXPECT_EQ(run.parameters, (StringMap{{"arg1", "64"}}));
  EXPECT_EQ(run.host, "build-7");
  EXPECT_THAT(SamplesIn(results.runs[0], "latency"), ElementsAre(2500, 2750));
  EXPECT_THAT(SamplesIn(results.runs[0], "cpu_time"), ElementsAre(2250, 2500));
}

TEST(AnyResultFileTest, OurOwnFormsGoToOurOwnReader) {
  const JobResults results = MustRead(WriteTestFile("plain.json", kPlain));
  ASSERT_EQ(results.runs.size(), 1u);
  EXPECT_TRUE(results.runs[0].result.summaries[0].aggregate_only);
  EXPECT_EQ(results.runs[0].result.finished.identity_digest,
            results.job.hosts[0].fingerprint.identity_digest);
  EXPECT_EQ(results.job.hosts[0].fingerprint.identity_digest.size(), 64u);
}

TEST(AnyResultFileTest, IdentityIsTheMachineElseTheName) {
  std::vector<std::string> warnings;
  const std::string path = WriteTestFile("fine.json", kHyperfine);
  JobResults results = MustRead(path, {}, &warnings);
  EXPECT_EQ(results.job.hosts[0].fingerprint.identity_digest, "host:unknown-host");
  EXPECT_THAT(warnings, ElementsAre(kMachineUnsaid));
  AnyFileOptions options;
  options.host = "laptop";
  options.revision = "v7";
  results = MustRead(path, options, &warnings);
  EXPECT_TRUE(warnings.empty());
  EXPECT_EQ(results.runs[0].result.finished.identity_digest, "host:laptop");
  EXPECT_EQ(results.job.status.revision, "v7");
  // Two machines of one kind are one identity; another number of processors is another.
  const auto identity = [](const std::string& name, const std::string& from,
                           const std::string& to) {
    std::string text = kGoogle;
    text.replace(text.find(from), from.size(), to);
    return MustRead(WriteTestFile(name, text)).job.hosts[0].fingerprint.identity_digest;
  };
  EXPECT_EQ(identity("a.json", "build-7", "build-8"), identity("b.json", "build-7", "build-9"));
  EXPECT_NE(identity("a.json", "build-7", "build-8"),
            identity("c.json", "\"num_cpus\": 8", "\"num_cpus\": 4"));
}

TEST(AnyResultFileTest, ADirectoryOfFilesIsSeveralProcesses) {
  const std::string directory = TestDirectory() + "/repetitions";
  std::filesystem::create_directory(directory);
  WriteTestFile("repetitions/1.json", kHyperfine);
  WriteTestFile("repetitions/2.json", kHyperfine);
  const JobResults results = MustRead(directory);
  ASSERT_EQ(results.runs.size(), 6u);  // three executions each
  EXPECT_EQ(results.runs[0].result.task, results.runs[5].result.task);
  EXPECT_EQ(results.runs[5].result.repetition, 5u);
  WriteTestFile("repetitions/3.json", kGoogle);
  EXPECT_THAT(Message(ReadAnyResultFile(directory).status()),
              HasSubstr("3.json is of google-benchmark, the files before it of hyperfine"));
}

TEST(AnyResultFileTest, WhatCannotBeReadIsSaidInOneLine) {
  const auto error_of = [](const std::string& text) {
    return Message(ReadAnyResultFile(WriteTestFile("bad", text)).status());
  };
  EXPECT_THAT(error_of(""), StartsWith(TestDirectory() + "/bad: the file is empty"));
  EXPECT_THAT(error_of("hello\n"), HasSubstr("cannot tell which tool wrote this; give --from"));
  EXPECT_THAT(error_of(R"({"answer": 42})"), HasSubstr("cannot tell which tool wrote this"));
  EXPECT_THAT(error_of(std::string(kGoogle).substr(0, 300)), HasSubstr("is it cut off?"));
  EXPECT_THAT(Message(ReadAnyResultFile("no/such/file").status()), HasSubstr("no/such/file"));
}

TEST(AnyResultFileTest, AFailedBenchmarkIsAFailedRun) {
  std::string text = kGoogle;
  text.replace(text.rfind("\"name\": \"BM_Parse/64\""), 21,
               "\"name\": \"BM_Bad\", \"error_occurred\": true, \"error_message\": \"no input\"");
  const JobResults results = MustRead(WriteTestFile("failed.json", text));
  EXPECT_EQ(results.job.status.state, State::kFailed);
  ASSERT_EQ(results.runs.size(), 2u);
  EXPECT_EQ(results.runs[1].result.finished.outcome, Outcome::kFailed);
  EXPECT_EQ(results.runs[1].result.finished.message, "no input");
}

TEST(AnyResultFileTest, ImportSendsWhatWasRead) {
  CliHarness cli;
  const std::string path = WriteTestFile("fine.json", kHyperfine);
  EXPECT_EQ(cli.Run({"import", path, "--revision", "r1"}), 0) << cli.err;
  EXPECT_THAT(
      cli.err,
      HasSubstr("warning: the file does not say on which machine it was measured (--host NAME)"));
  const auto& run = std::get<RunResult>(cli.fleet.imported.at(1));
  EXPECT_EQ(run.workload, "sleep 0.1");
  EXPECT_THAT(cli.err, Not(HasSubstr("the same results")));
  JobResults there = MustRead(path);
  there.job.status.job = JobId{5};
  there.job.status.revision = "r1";
  cli.fleet.jobs = {there.job.status};
  cli.fleet.results[5] = there;
  EXPECT_EQ(cli.Run({"import", path, "--revision", "r1"}), 0);
  EXPECT_THAT(cli.err, HasSubstr("warning: job 5 seems to hold the same results"));
  EXPECT_EQ(cli.Run({"import", path, "--from", "hyperfin"}), 2);
  EXPECT_THAT(cli.err, HasSubstr("(did you mean 'hyperfine'?)"));
}

}  // namespace
}  // namespace benchfleet
