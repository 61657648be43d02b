#include "benchctl/result_file.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/ids.h"
#include "base/limits.h"
#include "base/status.h"
#include "benchctl/cli_harness.h"
#include "benchctl/golden.h"
#include "benchctl/test_directory.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/chunk.h"

namespace benchfleet {
namespace {

using ::testing::HasSubstr;

constexpr const char* kPlain = R"({
  "version": "1.0",
  "timestamp": "2024-03-05T08:30:00Z",
  "machine": {"id": "m2-pro", "os": "macOS 14.3", "cpu": "Apple M2 Pro", "cores": 12,
              "memory_gb": 16},
  "benchmarks": [
    {"name": "ed25519_sign", "iterations": 1000, "mean_ms": 0.045, "min_ms": 0.04, "max_ms": 0.2,
     "std_dev_ms": 0.01},
    {"name": "groth16_prove", "iterations": 10, "mean_ms": 812.5, "min_ms": 790, "max_ms": 850,
     "std_dev_ms": 18}
  ]
})";

std::string ErrorOf(const std::string& text) {
  const auto parsed = ParseResultJson(text, "results.json");
  return parsed.ok() ? "no error" : Message(parsed.status());
}

JobResults MustParse(const std::string& text) {
  auto parsed = ParseResultJson(text, "dir/results.json");
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return parsed.ok() ? *std::move(parsed) : JobResults();
}

SampleChunk Integers(const std::vector<int64_t>& values, uint64_t operations) {
  SampleChunk chunk;
  chunk.metric = "latency";
  chunk.count = static_cast<uint32_t>(values.size());
  chunk.encoding = Encoding::kDeltaVarint;
  chunk.operations = operations;
  chunk.payload = EncodeDeltaVarint(values);
  return chunk;
}

SampleChunk Numbers(const std::vector<double>& values, uint64_t operations) {
  SampleChunk chunk;
  chunk.metric = "energy";
  chunk.first_index = 17;
  chunk.count = static_cast<uint32_t>(values.size());
  chunk.encoding = Encoding::kFloat64;
  chunk.operations = operations;
  chunk.payload = EncodeFloat64(values);
  return chunk;
}

TEST(ResultFileTest, SamplesComeBackBitForBit) {
  JobResults results = CannedSweep();
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  results.runs[0].chunks.push_back(
      Integers({0, -1, kMost, std::numeric_limits<int64_t>::min()}, 1));
  results.runs[0].chunks.push_back(Integers({9007199254740993, kMost - 1}, 3));
  results.runs[0].chunks.push_back(
      Numbers({0.1, -0.0, 3, 5e-324, 1.7976931348623157e308, 1.0 / 3, 123456789012345680.0}, 7));
  const auto text = WriteResultJson(results, CannedNow());
  ASSERT_TRUE(text.ok()) << text.status();
  const JobResults back = MustParse(*text);
  ASSERT_EQ(back.runs.size(), results.runs.size());
  for (size_t i = 0; i < results.runs.size(); ++i) {
    EXPECT_EQ(back.runs[i].chunks, results.runs[i].chunks) << i;
  }
}

TEST(ResultFileTest, EverythingElseComesBackToo) {
  JobResults results = CannedSweep();
  RunFinished& finished = results.runs[2].result.finished;
  finished.started_at = absl::FromUnixNanos(1795244400123456789);
  finished.after.values["temperature_celsius_max"] = 61.5;
  finished.usage.cgroup["memory.peak"] = 1e9;
  finished.sample_counts["latency"] = 44;
  finished.facts["note"] = "tab\there, quote\" and ä";
  results.runs[2].result.summaries = {{"latency", 4, 1, 4, 2.5, 1.2, 2.5, 4, 4, false}};
  results.job.spec.budgets = {{"latency", "p95", "1500ms", ""}};
  const auto text = WriteResultJson(results, CannedNow());
  ASSERT_TRUE(text.ok()) << text.status();
  const JobResults back = MustParse(*text);
  EXPECT_EQ(back.job.spec, results.job.spec);
  EXPECT_EQ(back.job.status.job, results.job.status.job);
  EXPECT_EQ(back.job.status.revision, results.job.status.revision);
  EXPECT_EQ(back.job.status.state, State::kDone);
  EXPECT_EQ(back.job.status.finished_at, results.job.status.finished_at);
  EXPECT_EQ(back.job.source, "results.json");
  ASSERT_EQ(back.job.hosts.size(), 2u);
  EXPECT_EQ(back.job.hosts[1].fingerprint, results.job.hosts[1].fingerprint);
  EXPECT_EQ(back.job.hosts[1].labels, results.job.hosts[1].labels);
  for (size_t i = 0; i < results.runs.size(); ++i) {
    const RunResult& a = results.runs[i].result;
    const RunResult& b = back.runs[i].result;
    EXPECT_EQ(a.run, b.run);
    EXPECT_EQ(a.task, b.task);
    EXPECT_EQ(a.host, b.host);
    EXPECT_EQ(a.workload, b.workload);
    EXPECT_EQ(a.parameters, b.parameters);
    EXPECT_EQ(a.repetition, b.repetition);
    EXPECT_EQ(a.attempt, b.attempt);
    EXPECT_EQ(a.state, b.state);
    EXPECT_EQ(a.metrics, b.metrics);
    EXPECT_EQ(a.summaries, b.summaries);
    EXPECT_EQ(a.finished, b.finished);
  }
}

TEST(ResultFileTest, WritingTwiceGivesTheSameFile) {
  const auto text = WriteResultJson(CannedSweep(), CannedNow());
  ASSERT_TRUE(text.ok());
  JobResults back = MustParse(*text);
  back.job.source = "";
  EXPECT_EQ(*WriteResultJson(back, CannedNow()), *text);
  ExpectGolden("export.json", *text);
}

TEST(ResultFileTest, ThePlainPartServesSimpleReaders) {
  const auto json = nlohmann::json::parse(*WriteResultJson(CannedSweep(), CannedNow()));
  EXPECT_EQ(json["version"], "1.0");
  EXPECT_EQ(json["timestamp"], "2026-11-21T07:00:00Z");
  EXPECT_EQ(json["machine"], (nlohmann::json{{"id", "local-1"},
                                             {"os", "Linux 6.1.0-41-amd64"},
                                             {"cpu", "AMD EPYC 9354P 32-Core Processor"},
                                             {"cores", 32},
                                             {"memory_gb", 128}}));
  const auto& first = json["benchmarks"][0];
  EXPECT_EQ(first["name"], "proving.prove circuit=age prover=ultrahonk-bb @local-1");
  EXPECT_EQ(first["iterations"], 30);
  EXPECT_NEAR(first["mean_ms"].get<double>(), 230, 3);
  for (const auto& row : json["benchmarks"]) EXPECT_NE(row["metric"], "throughput");
}

TEST(ResultFileTest, APlainFileBecomesAggregates) {
  const JobResults results = MustParse(kPlain);
  EXPECT_EQ(results.job.status.name, "results");
  EXPECT_EQ(results.job.status.state, State::kDone);
  EXPECT_EQ(absl::ToUnixSeconds(results.job.status.created_at), 1709627400);
  ASSERT_EQ(results.job.hosts.size(), 1u);
  EXPECT_EQ(results.job.hosts[0].name, "m2-pro");
  EXPECT_EQ(results.job.hosts[0].fingerprint.fields.at("cpu.cores"), "12");
  ASSERT_EQ(results.runs.size(), 2u);
  const RunResult& run = results.runs[1].result;
  EXPECT_EQ(run.workload, "groth16_prove");
  EXPECT_EQ(run.host, "m2-pro");
  EXPECT_EQ(run.finished.outcome, Outcome::kOk);
  ASSERT_EQ(run.summaries.size(), 1u);
  EXPECT_EQ(run.summaries[0],
            (MetricSummary{"latency", 10, 790e6, 850e6, 812.5e6, 18e6, 0, 0, 0, true}));
  EXPECT_EQ(run.metrics[0].unit, "ns");
}

TEST(ResultFileTest, TimesWithoutAZoneAreUtc) {
  std::string text = kPlain;
  text.replace(text.find("08:30:00Z"), 9, "08:30:00.5");
  EXPECT_EQ(MustParse(text).job.status.created_at,
            absl::FromUnixSeconds(1709627400) + absl::Milliseconds(500));
}

TEST(ResultFileTest, ALongListOfSamplesBecomesChunksThatFit) {
  std::string values;
  for (int i = 0; i < 70000; ++i) values += (i == 0 ? "" : ",") + std::to_string(i);
  const JobResults results = MustParse(
      R"({"version":"1.2","runs":[{"run":1,"host":"h","workload":"w","state":"done","outcome":"ok",
      "samples":[{"metric":"m","type":"int64","first_index":5,"values":[)" +
      values + "]}]}]}");
  ASSERT_EQ(results.runs.size(), 1u);
  uint64_t next = 5;
  for (const SampleChunk& chunk : results.runs[0].chunks) {
    EXPECT_TRUE(CheckChunk(chunk).ok());
    EXPECT_LE(chunk.count, limits::kMaxSamplesPerChunk);
    EXPECT_EQ(chunk.first_index, next);
    next += chunk.count;
  }
  EXPECT_EQ(next, 70005u);
}

TEST(ResultFileTest, BadFilesAreNamedWhereTheyAreBad) {
  const auto changed = [](const std::string& from, const std::string& to) {
    std::string text = kPlain;
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    return ErrorOf(text);
  };
  EXPECT_EQ(ErrorOf(""), "results.json:1: not JSON (the file is empty)");
  EXPECT_EQ(ErrorOf("{\n\"version\": \"1.0\",\n oops}"), "results.json:3: not JSON");
  EXPECT_EQ(ErrorOf(std::string(kPlain).substr(0, 300)), "results.json:8: not JSON");
  EXPECT_EQ(ErrorOf("[]"), "results.json: / is an array, expected an object");
  EXPECT_EQ(ErrorOf("{}"), "results.json: the document has no 'version'");
  EXPECT_EQ(ErrorOf(R"({"version":"1.0"})"),
            "results.json: the document has neither 'benchmarks' nor 'runs': it is no file of "
            "results");
  EXPECT_EQ(changed("\"1.0\"", "\"2.0\""),
            "results.json: /version is \"2.0\", expected \"1.0\" or another 1.x");
  EXPECT_EQ(changed("\"1.0\"", "1.0"), "results.json: /version is 1.0, expected text");
  EXPECT_EQ(changed("2024-03-05T08:30:00Z", "yesterday"),
            "results.json: /timestamp is \"yesterday\", expected a time as 2026-11-21T06:53:54Z");
  EXPECT_EQ(changed("\"m2-pro\"", "\"\""),
            "results.json: /machine/id is \"\", expected a name of 1 to 200 bytes");
  EXPECT_EQ(changed("\"mean_ms\": 812.5", "\"mean_ms\": \"fast\""),
            "results.json: /benchmarks/1/mean_ms is \"fast\", expected a number");
  EXPECT_EQ(
      changed("\"mean_ms\": 812.5", "\"mean_ms\": 900"),
      "results.json: /benchmarks/1/mean_ms is 900, expected a time between min_ms and max_ms");
  EXPECT_EQ(changed("\"std_dev_ms\": 18", "\"std_dev_ms\": -18"),
            "results.json: /benchmarks/1/std_dev_ms is -18, expected a time that is not negative");
  EXPECT_EQ(changed("\"mean_ms\": 812.5, ", ""), "results.json: /benchmarks/1 has no 'mean_ms'");
  EXPECT_EQ(changed("\"iterations\": 10,", "\"iterations\": 0,"),
            "results.json: /benchmarks/1/iterations is 0, expected at least 1");
  EXPECT_EQ(changed("\"iterations\": 10,", "\"iterations\": 1.5,"),
            "results.json: /benchmarks/1/iterations is 1.5, expected a whole number that is not "
            "negative");
  EXPECT_EQ(changed("groth16_prove", "ed25519_sign"),
            "results.json: /benchmarks/1/name is \"ed25519_sign\", expected a name that no other "
            "benchmark here has");
  EXPECT_THAT(changed("812.5", "1e999"), HasSubstr("results.json: "));
  EXPECT_THAT(changed("812.5", "NaN"), HasSubstr("not JSON"));
}

TEST(ResultFileTest, WhatWouldExhaustMemoryIsRefusedBeforeItIsParsed) {
  EXPECT_EQ(ErrorOf("{\"version\":" + std::string(1'000'000, '[')),
            "results.json: the document has more than 64 lists in lists, which is the bound: split "
            "it or export fewer samples");
  std::string lists = "{\"version\":\"1.0\",\"runs\":[";
  for (int i = 0; i < 8'000'000; ++i) lists += "[],";
  EXPECT_THAT(ErrorOf(lists + "[]]}"),
              HasSubstr("more than 8000000 texts, lists and objects, which is the bound"));
}

TEST(ResultFileTest, BadRunsAreNamedWhereTheyAreBad) {
  const auto with = [](const std::string& run) {
    return ErrorOf(R"({"version":"1.0","runs":[)" + run + "]}");
  };
  const std::string head = R"({"run":1,"host":"h","workload":"w","state":"done","outcome":"ok")";
  EXPECT_EQ(with(""), "results.json: the document has no results in it");
  EXPECT_EQ(with("3"), "results.json: /runs/0 is 3, expected an object");
  EXPECT_EQ(with(head + "}"), "no error");
  EXPECT_EQ(with(R"({"run":1,"host":"h","workload":"w","state":"dome","outcome":"ok"})"),
            "results.json: /runs/0/state is \"dome\", expected one of unknown, waiting, running, "
            "done, failed, cancelled (did you mean 'done'?)");
  EXPECT_EQ(with(head + R"(,"samples":[{"metric":"m","type":"int64","values":[1,2.5]}]})"),
            "results.json: /runs/0/samples/0/values/1 is 2.5, expected a whole number");
  EXPECT_EQ(with(head + R"(,"samples":[{"metric":"m","values":[1,"x"]}]})"),
            "results.json: /runs/0/samples/0/values/1 is \"x\", expected a number");
  EXPECT_EQ(
      with(head + R"(,"samples":[{"metric":"m","type":"int64","operations":0,"values":[]}]})"),
      "results.json: /runs/0/samples/0/operations is 0, expected at least 1");
  EXPECT_EQ(with(head + R"(,"facts":{"a":1}})"),
            "results.json: /runs/0/facts/a is 1, expected text");
  EXPECT_EQ(with(head + R"(,"repetition":4294967296})"),
            "results.json: /runs/0/repetition is 4294967296, expected a number below 2^32");
}

// Whatever happens to a file, it is read or refused in one line.
TEST(ResultFileTest, DamagedFilesAreReadOrRefusedInOneLine) {
  JobResults small = CannedSweep();
  small.runs.resize(2);
  const std::string good = *WriteResultJson(small, CannedNow());
  const std::string bytes = "[]{},:\"\\0123456789.eE+-ntfu\n \xff\xc3";
  Random random(99);
  for (int round = 0; round < 3000; ++round) {
    std::string text = good;
    for (uint64_t edits = 1 + random.Below(3); edits > 0; --edits) {
      const size_t at = random.Below(text.size());
      switch (random.Below(3)) {
        case 0:
          text[at] = bytes[random.Below(bytes.size())];
          break;
        case 1:
          text.erase(at, 1 + random.Below(30));
          break;
        default:
          text.insert(at, text.substr(random.Below(text.size()), random.Below(40)));
      }
    }
    const auto parsed = ParseResultJson(text, "f");
    if (parsed.ok()) continue;
    const std::string message = Message(parsed.status());
    ASSERT_EQ(message.rfind("f:", 0), 0u) << message;
    ASSERT_EQ(message.find_first_of("\n\r\x1b"), std::string::npos) << message;
  }
}

// Runs python3-jsonschema, a reader of schemas that is not ours, on documents and tells what it
// says.
class SchemaTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::system("python3 -c 'import jsonschema' >/dev/null 2>&1") != 0) {
      GTEST_SKIP() << "python3-jsonschema is not installed (deploy/install-deps --tests)";
    }
    const char* source = std::getenv("BENCHFLEET_SOURCE_DIR");
    schema_ = std::string(source == nullptr ? "." : source) + "/docs/results.schema.json";
    checker_ =
        WriteTestFile("check_schema.py",
                      "import json, sys, jsonschema\n"
                      "schema = json.load(open(sys.argv[1]))\n"
                      "jsonschema.Draft7Validator.check_schema(schema)\n"
                      "errors = list(jsonschema.Draft7Validator(schema).iter_errors("
                      "json.load(open(sys.argv[2]))))\n"
                      "for error in errors: print(list(error.absolute_path), error.message)\n"
                      "sys.exit(1 if errors else 0)\n");
  }

  bool Fits(const std::string& document) {
    const std::string path = WriteTestFile("document.json", document);
    const std::string command = "python3 '" + checker_ + "' '" + schema_ + "' '" + path + "'";
    return std::system(command.c_str()) == 0;
  }

  std::string schema_;
  std::string checker_;
};

TEST_F(SchemaTest, WhatIsWrittenFits) {
  EXPECT_TRUE(Fits(*WriteResultJson(CannedSweep(), CannedNow())));
}

TEST_F(SchemaTest, ThePlainFormFits) { EXPECT_TRUE(Fits(kPlain)); }

TEST_F(SchemaTest, WhatIsDamagedDoesNot) {
  const auto damaged = [](const auto& damage) {
    nlohmann::json json = nlohmann::json::parse(*WriteResultJson(CannedSweep(), CannedNow()));
    damage(json);
    return json.dump();
  };
  using J = nlohmann::json;
  EXPECT_FALSE(Fits(damaged([](J& j) { j.erase("machine"); })));
  EXPECT_FALSE(Fits(damaged([](J& j) { j["version"] = "2.0"; })));
  EXPECT_FALSE(Fits(damaged([](J& j) { j["benchmarks"][0]["mean_ms"] = "1"; })));
  EXPECT_FALSE(Fits(damaged([](J& j) { j["runs"][0]["outcome"] = "fine"; })));
  EXPECT_FALSE(Fits(damaged([](J& j) { j["runs"][0]["samples"][0]["values"][0] = 0.5; })));
  EXPECT_FALSE(Fits(damaged([](J& j) { j["runs"][0]["started_at"] = 17; })));
}

TEST(ExportImportCommandTest, ThereAndBackKeepsEverySample) {
  CliHarness cli;
  const std::string path = TestDirectory() + "/exported.json";
  EXPECT_EQ(cli.Run({"export", "first-sweep", "--output", path}), 0);
  EXPECT_EQ(cli.out, "");
  EXPECT_EQ(cli.Run({"import", path, "--name", "again"}), 0);
  EXPECT_EQ(cli.out, "77\n");
  EXPECT_EQ(cli.err, "19 runs with 798 samples are now job 77\n");
  // A store asks for each run's chunks right after the run.
  const JobResults original = CannedSweep();
  size_t at = 0;
  ASSERT_EQ(std::get<JobResult>(cli.fleet.imported[at++]).status.name, "again");
  for (const RunData& run : original.runs) {
    EXPECT_EQ(std::get<RunResult>(cli.fleet.imported[at++]).run, run.result.run);
    std::vector<SampleChunk> chunks;
    while (at < cli.fleet.imported.size() &&
           std::holds_alternative<RunChunks>(cli.fleet.imported[at])) {
      const RunChunks& piece = std::get<RunChunks>(cli.fleet.imported[at++]);
      EXPECT_EQ(piece.run, run.result.run);
      chunks.insert(chunks.end(), piece.chunks.begin(), piece.chunks.end());
    }
    EXPECT_EQ(chunks, run.chunks);
  }
  EXPECT_EQ(at, cli.fleet.imported.size());
}

TEST(ExportImportCommandTest, BadFilesImportNothing) {
  CliHarness cli;
  EXPECT_EQ(cli.Run({"import", "/no/such.json"}), 1);
  EXPECT_EQ(cli.err, "benchctl: opening '/no/such.json': No such file or directory\n");
  const std::string path = WriteTestFile("bad.json", "{\"version\": 1}");
  EXPECT_EQ(cli.Run({"import", path}), 1);
  EXPECT_EQ(cli.err, "benchctl: " + path + ": /version is 1, expected text\n");
  EXPECT_TRUE(cli.fleet.imported.empty());
}

TEST(ExportImportCommandTest, APlainFileIsImportedAsAggregates) {
  CliHarness cli;
  EXPECT_EQ(cli.Run({"import", WriteTestFile("m2.json", kPlain), "--format", "json"}), 0);
  EXPECT_EQ(cli.out, "{\"job\": 77, \"runs\": 2, \"samples\": 0}\n");
  EXPECT_EQ(std::get<JobResult>(cli.fleet.imported[0]).source, "m2.json");
  EXPECT_TRUE(std::get<RunResult>(cli.fleet.imported[1]).summaries[0].aggregate_only);
}

}  // namespace
}  // namespace benchfleet
