#include "workloads/foreign_output.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "workloads/testing.h"

namespace benchfleet {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class ForeignOutputTest : public ::testing::Test {
 protected:
  ForeignOutputTest() {
    std::string pattern = ::testing::TempDir() + "/foreign-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    folder_ = pattern;
  }
  ~ForeignOutputTest() override { std::filesystem::remove_all(folder_); }

  // exec with a shell script, twice measured after one warm-up.
  CollectingSink Run(const std::string& script, StringMap parameters) {
    std::ofstream(folder_ + "/script") << script;
    parameters["argv"] = R"(["sh", ")" + folder_ + R"(/script"])";
    return RunBuiltin("exec", parameters, folder_);
  }
  std::string MessageOf(const std::string& script, const StringMap& parameters) {
    const CollectingSink sink = Run(script, parameters);
    EXPECT_NE(sink.finished()->outcome, Outcome::kOk);
    return sink.finished()->message;
  }

  std::string folder_;
};

constexpr const char* kGo = "echo 'BenchmarkSort/size=8-4 10 250 ns/op 3 allocs/op'\n";

TEST_F(ForeignOutputTest, WhatAToolPrintsBecomesMetrics) {
  const CollectingSink sink = Run(kGo, {{"adapter", "go"}});
  ASSERT_EQ(sink.finished()->outcome, Outcome::kOk) << sink.finished()->message;
  EXPECT_THAT(sink.Values("Sort gomaxprocs=4 size=8/latency"), ElementsAre(250, 250, 250));
  EXPECT_THAT(sink.Values("Sort gomaxprocs=4 size=8/allocs_per_op"), SizeIs(3));
  EXPECT_THAT(sink.Values("latency"), SizeIs(3));  // of the command itself
}

TEST_F(ForeignOutputTest, EachSampleIsOne) {
  const CollectingSink sink = Run(std::string(kGo) + kGo, {{"adapter", "go"}});
  EXPECT_THAT(sink.Values("Sort gomaxprocs=4 size=8/latency"), SizeIs(6));
}

TEST_F(ForeignOutputTest, OnlyTheSelected) {
  const CollectingSink sink = Run(kGo, {{"adapter", "go"}, {"select", "latency"}});
  EXPECT_EQ(sink.started()->metrics.size(), 5u);
  EXPECT_THAT(MessageOf(kGo, {{"adapter", "go"}, {"select", "speed"}}),
              HasSubstr("none of the metrics that are selected"));
}

TEST_F(ForeignOutputTest, AnAggregateIsOneSampleAnExecution) {
  const CollectingSink sink =
      Run(R"(echo '{"results": [{"command": "x", "mean": 0.5, "user": 0.25, "system": 0}]}')",
          {{"adapter", "hyperfine"}});
  EXPECT_THAT(sink.Values("x/latency"), ElementsAre(0.5e9, 0.5e9, 0.5e9));
}

TEST_F(ForeignOutputTest, AFileThatTheProgramWrites) {
  const StringMap parameters = {
      {"adapter", "csv"}, {"map", "name=n,value=v,unit=ms"}, {"result_file", "out/times.csv"}};
  const CollectingSink sink =
      Run("mkdir -p out && printf 'n,v\\na,2\\n' > out/times.csv", parameters);
  ASSERT_EQ(sink.finished()->outcome, Outcome::kOk) << sink.finished()->message;
  EXPECT_THAT(sink.Values("a/latency"), ElementsAre(2e6, 2e6, 2e6));
  // The second execution writes none: the first one's must not be read again.
  EXPECT_THAT(MessageOf("mkdir out2 && printf 'n,v\\na,2\\n' > out/times.csv; true", parameters),
              HasSubstr("out/times.csv': No such file"));
}

TEST_F(ForeignOutputTest, GarbageFailsTheRunWithAReason) {
  EXPECT_THAT(MessageOf("echo hello", {{"adapter", "google-benchmark"}}),
              HasSubstr("the command's output is not what adapter=google-benchmark reads: line 1: "
                        "not JSON"));
  EXPECT_THAT(MessageOf("head -c 1000 /dev/urandom", {{"adapter", "jmh"}}),
              HasSubstr("is not what adapter=jmh reads"));
  EXPECT_THAT(MessageOf("true", {{"adapter", "go"}}), HasSubstr("the file is empty"));
  EXPECT_THAT(MessageOf("head -c 20000000 /dev/zero", {{"adapter", "go"}}),
              HasSubstr("printed 20000000 bytes; with an adapter that reads them the bound is"));
}

TEST_F(ForeignOutputTest, TooManyMetricsNameTheRemedy) {
  EXPECT_THAT(
      MessageOf("for i in $(seq 70); do echo \"BenchmarkX$i 1 5 ns/op\"; done",
                {{"adapter", "go"}}),
      HasSubstr("has 70 metrics; a run may have 64, of which 4 are the command's own: choose "
                "with select=latency"));
}

TEST_F(ForeignOutputTest, BadParametersAreNotStarted) {
  const auto message = [this](const StringMap& parameters) {
    const CollectingSink sink = Run("true", parameters);
    EXPECT_EQ(sink.finished()->outcome, Outcome::kNotStarted);
    return sink.finished()->message;
  };
  EXPECT_THAT(message({{"adapter", "hyperfin"}}), HasSubstr("(did you mean 'hyperfine'?)"));
  EXPECT_THAT(message({{"adapter", "go"}, {"result_file", "../x"}}),
              HasSubstr("is not a path below the command's folder"));
  EXPECT_THAT(message({{"adapter", "go"}, {"result_file", "/etc/passwd"}}),
              HasSubstr("is not a path below the command's folder"));
  EXPECT_THAT(message({{"adapter", "criterion"}}), HasSubstr("the directory of its results"));
  EXPECT_THAT(message({{"adapter", "csv"}, {"map", "vallue=x"}}),
              HasSubstr("did you mean 'value'"));
  EXPECT_THAT(message({{"select", "latency"}}),
              HasSubstr("parameter 'select' means nothing with adapter=none"));
}

// A program that links the real library, where that was there at build time.
TEST_F(ForeignOutputTest, ARealGoogleBenchmarkProgram) {
  const char* programs = std::getenv("BENCHFLEET_BIN_DIR");
  const std::string program =
      std::string(programs == nullptr ? "." : programs) + "/../tests/google_benchmark_program";
  if (!std::filesystem::exists(program)) {
    GTEST_SKIP() << "Google Benchmark is not installed (deploy/install-deps --tests)";
  }
  const std::string command = program +
                              " --benchmark_min_time=0.001 --benchmark_repetitions=2 "
                              "--benchmark_format=json ";
  const CollectingSink sink =
      Run(command + "--benchmark_filter=Sort", {{"adapter", "google-benchmark"}});
  ASSERT_EQ(sink.finished()->outcome, Outcome::kOk) << sink.finished()->message;
  for (const char* metric : {"latency", "cpu_time", "throughput", "items_per_second", "depth"}) {
    for (const char* size : {"64", "1024"}) {
      const std::string name = std::string("Sort arg1=") + size + "/" + metric;
      EXPECT_THAT(sink.Values(name), SizeIs(6)) << name;
      EXPECT_THAT(sink.Values(name), Each(Gt(0))) << name;
    }
  }
  EXPECT_THAT(MessageOf(command, {{"adapter", "google-benchmark"}}),
              HasSubstr("'Broken' failed: there is no input"));
}

}  // namespace
}  // namespace benchfleet
