#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "absl/strings/str_format.h"
#include "benchctl/cli_harness.h"
#include "benchctl/golden.h"
#include "benchctl/side_reference.h"
#include "benchctl/test_directory.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using ::testing::HasSubstr;

// Results of real runs, named in messages by their path from the root of the source.
constexpr char kHashA[] = "benchctl/testdata/compare/hash-a.json";
constexpr char kHashB[] = "benchctl/testdata/compare/hash-b.json";
constexpr char kLoopA[] = "benchctl/testdata/compare/loop-a.json";
constexpr char kLoopB[] = "benchctl/testdata/compare/loop-b.json";

class CompareTest : public testing::Test {
 protected:
  CompareTest() {
    if (const char* source = std::getenv("BENCHFLEET_SOURCE_DIR")) {
      std::filesystem::current_path(source);
    }
  }
  ~CompareTest() override { std::filesystem::current_path(before_); }
  std::filesystem::path before_ = std::filesystem::current_path();
  CliHarness cli_;
};

std::string PlainFile(const std::string& machine, double mean, double deviation) {
  const nlohmann::json json = {
      {"version", "1.0"},
      {"timestamp", "2026-11-20T10:00:00Z"},
      {"machine", {{"id", machine}, {"os", "macOS"}, {"cpu", "Apple " + machine}}},
      {"benchmarks",
       {{{"name", "prove"},
         {"iterations", 50},
         {"mean_ms", mean},
         {"min_ms", mean / 2},
         {"max_ms", mean * 2},
         {"std_dev_ms", deviation}}}}};
  return json.dump();
}

TEST_F(CompareTest, FilesOfRealRunsInEveryFormat) {
  ExpectGolden("compare_hash.txt", cli_.Transcript({"compare", kHashA, kHashB}));
  ExpectGolden("compare_loop.txt", cli_.Transcript({"compare", kLoopA, kLoopB}));
  EXPECT_EQ(cli_.address, "");  // nobody was dialled
  for (const auto& [format, name] :
       {std::pair{"markdown", "compare_loop.md"}, std::pair{"csv", "compare_loop.csv"},
        std::pair{"json", "compare_loop.json"}}) {
    EXPECT_EQ(cli_.Run({"compare", kLoopA, kLoopB, "--format", format}), 0) << cli_.err;
    ExpectGolden(name, cli_.out);
  }
  EXPECT_EQ(cli_.Run({"compare", kLoopA, kLoopB, "--format", "html"}), 0);
  ExpectGolden("compare_loop.html", WithoutStyle(cli_.out));
  EXPECT_EQ(cli_.out.find("http"), std::string::npos);
}

TEST_F(CompareTest, WhatIsAskedForAlone) {
  ExpectGolden("compare_filtered.txt",
               cli_.Transcript({"compare", kLoopA, kLoopB, "--metric", "user*", "--alpha", "0.1%",
                                "--warn", "5%", "--fail", "50%", "--floor", "0"}));
  // A derived metric only by its very name.
  EXPECT_EQ(cli_.Run({"compare", kHashA, kHashB, "--metric", "throughput"}), 0) << cli_.err;
  EXPECT_THAT(cli_.out, HasSubstr("throughput, higher is better"));
  EXPECT_EQ(cli_.Run({"compare", kHashA, kHashB, "--workload", "crypto.*"}), 0) << cli_.err;
  EXPECT_EQ(cli_.out.find("throughput"), std::string::npos);
}

TEST_F(CompareTest, JobsByNumberNameAndTheOneBefore) {
  JobResults slower = cli_.fleet.results[12];
  slower.job.status.job = JobId{11};
  slower.job.status.revision = "0ld0ld0";
  cli_.fleet.results[11] = slower;
  JobStatus status = cli_.fleet.jobs[2];
  status.job = JobId{11};
  status.revision = "0ld0ld0";
  status.created_at -= absl::Hours(1);
  cli_.fleet.jobs.push_back(status);
  ExpectGolden("compare_jobs.txt", cli_.Transcript({"compare", "first-sweep~1", "first-sweep"}));
  const std::string table = cli_.out;
  EXPECT_EQ(cli_.Run({"compare", "11", "12"}), 0);
  EXPECT_EQ(cli_.out, table);
  EXPECT_EQ(cli_.Run({"compare", "rev:0ld0ld0", "rev:a1b2c3d4e5f6"}), 1);  // 13 has no results
  EXPECT_THAT(cli_.err, HasSubstr("no job has the number"));
  EXPECT_EQ(cli_.Run({"compare", "first-sweep~2", "12"}), 1);
  EXPECT_EQ(cli_.err, "benchctl: 'first-sweep~2': there are only 2 such jobs\n");
}

TEST_F(CompareTest, HostsOfOneJob) {
  ExpectGolden("compare_hosts.txt",
               cli_.Transcript({"compare", "host:local-1", "host:vm-2", "--job", "12"}));
  EXPECT_EQ(cli_.Run({"compare", "host:local-1", "host:vm-2"}), 1);
  EXPECT_THAT(cli_.err, HasSubstr("add --job JOB"));
}

TEST_F(CompareTest, WhatElseChangedIsNamedFirst) {
  JobResults after = cli_.fleet.results[12];
  for (HostStatus& host : after.job.hosts) {
    host.fingerprint.fields["kernel.release"] = "6.5.0-1-amd64";
    host.fingerprint.state_digest = std::string(64, '9');
    host.agent_version = "0.2.0";
  }
  for (RunData& run : after.runs) {
    run.result.finished.state_digest = std::string(64, '9');
    if (run.result.workload == "proving.prove") {
      run.result.finished.facts["prover.version"] = "0.83.0";
    }
  }
  cli_.fleet.results[15] = after;
  ExpectGolden("compare_suspects.txt",
               cli_.Transcript({"compare", "12", "15", "--metric", "latency"}));
}

TEST_F(CompareTest, PlainFilesOfAnotherTool) {
  WriteTestFile("a.json", PlainFile("M2 Pro", 10, 0.5));
  WriteTestFile("b.json", PlainFile("M2 Pro", 14, 0.5));
  WriteTestFile("c.json", PlainFile("M4 Max", 14, 0.5));
  std::filesystem::current_path(TestDirectory());
  ExpectGolden("compare_plain.txt", cli_.Transcript({"compare", "a.json", "b.json"}));
  ExpectGolden("compare_machines.txt", cli_.Transcript({"compare", "a.json", "c.json"}));
}

// One table of times a side, in columns of its owner's naming, slower by a fifth in `b`.
TEST_F(CompareTest, TablesOfYourOwnByAMap) {
  for (const auto& [file, level] : {std::pair{"a.csv", 10.0}, std::pair{"b.csv", 12.0}}) {
    std::string table = "case,took,ms,round\n";
    std::string json = "[";
    for (int round = 0; round < 6; ++round) {
      for (int i = 0; i < 5; ++i) {
        const double value = level * (1 + 0.004 * ((7 * round + 3 * i) % 5));
        table += absl::StrFormat("prove,%.3f,ms,%d\n", value, round);
        json += absl::StrFormat("%s{\"case\": \"prove\", \"took\": %.3f, \"round\": %d}",
                                json.size() > 1 ? ", " : "", value, round);
      }
    }
    WriteTestFile(file, table);
    WriteTestFile(std::string(file, 1) + ".json", json + "]");
  }
  std::filesystem::current_path(TestDirectory());
  const std::string map = "name=case,value=took,unit=ms";
  ExpectGolden(
      "compare_map.txt",
      cli_.Transcript({"compare", "a.csv", "b.csv", "--map", map}) +
          cli_.Transcript({"compare", "a.json", "b.json", "--from", "json", "--map", map}) +
          cli_.Transcript({"check", "b.csv", "--against", "a.csv", "--map", map}) +
          cli_.Transcript({"compare", "a.csv", "b.csv", "--map", "name=cas,value=took"}) +
          cli_.Transcript({"compare", "12", "12", "--map", map}));
}

TEST_F(CompareTest, SidesThatAreNone) {
  std::ifstream whole(kHashA);
  const std::string text((std::istreambuf_iterator<char>(whole)), std::istreambuf_iterator<char>());
  WriteTestFile("cut.json", text.substr(0, text.size() / 2));
  std::filesystem::current_path(TestDirectory());
  std::string all;
  for (const auto& [base, candidate] :
       {std::pair{"cut.json", "12"}, std::pair{"nowhere.json", "12"}, std::pair{"first-swep", "12"},
        std::pair{"rev:", "12"}, std::pair{"rev:zzzzzzz", "12"}, std::pair{"label:kind", "12"},
        std::pair{"", "12"}}) {
    all += cli_.Transcript({"compare", base, candidate});
  }
  all += cli_.Transcript({"compare", "12", "12", "--alpha", "2"});
  all += cli_.Transcript({"compare", "12", "12", "--fail", "-1%"});
  all += cli_.Transcript({"compare", "12", "12", "--metric", "speed"});
  ExpectGolden("compare_slips.txt", all);
}

}  // namespace
}  // namespace benchfleet
