#include "adapters/testing.h"

namespace benchfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kFile = R"({"results": [
  {"command": "sort -n data", "mean": 0.5, "stddev": 0.125, "median": 0.5, "user": 0.25,
   "system": 0.0625, "min": 0.25, "max": 0.75, "times": [0.25, 0.5, 0.75],
   "memory_usage_byte": [1000, 2000, 3000], "exit_codes": [0, 0, 0],
   "parameters": {"threads": "4"}}]})";

std::vector<double> LatenciesOf(const ForeignBenchmark& benchmark) {
  std::vector<double> latencies;
  for (size_t i = 0; i < benchmark.runs.size(); ++i) {
    for (const double value : SamplesOf(benchmark, "latency", i)) latencies.push_back(value);
  }
  return latencies;
}

// Each is a process of its own.
TEST(HyperfineTest, ExecutionsAreRuns) {
  const ForeignResults results = MustReadText(kFile);
  EXPECT_EQ(results.adapter, "hyperfine");
  const ForeignBenchmark& sort = BenchmarkOf(results, "sort -n data", {{"threads", "4"}});
  ASSERT_EQ(sort.runs.size(), 3u);
  EXPECT_THAT(SamplesOf(sort, "latency", 1), ElementsAre(0.5e9));
  EXPECT_THAT(SamplesOf(sort, "rss_peak", 2), ElementsAre(3000));
  EXPECT_THAT(LatenciesOf(sort), ElementsAre(0.25e9, 0.5e9, 0.75e9));
  const Measured& user = MeasuredOf(sort, "user_time");
  EXPECT_THAT(user.samples, IsEmpty());
  EXPECT_EQ(user.aggregate->mean, 0.25e9);
  EXPECT_EQ(user.aggregate->count, 3u);
  EXPECT_EQ(MeasuredOf(sort, "system_time").aggregate->mean, 0.0625e9);
}

TEST(HyperfineTest, FailedExecutionsAmongGoodOnesDoNotCount) {
  ForeignResults results = MustReadText(With(kFile, "[0, 0, 0]", "[0, 1, null]"));
  EXPECT_THAT(SamplesOf(results.benchmarks[0], "latency"), ElementsAre(0.25e9));
  EXPECT_THAT(SamplesOf(results.benchmarks[0], "rss_peak"), ElementsAre(1000));
  EXPECT_THAT(results.warnings, ElementsAre("'sort -n data': 2 of 3 executions failed and were "
                                            "left out"));
  results = MustReadText(With(kFile, "[0, 0, 0]", "[1, 1, 1]"));
  EXPECT_EQ(results.benchmarks[0].runs.size(), 3u);
  EXPECT_THAT(results.warnings, ElementsAre("'sort -n data': no execution ended with exit code 0"));
}

TEST(HyperfineTest, WithoutTimesItIsAnAggregate) {
  const ForeignResults results =
      MustReadText(R"({"results": [{"command": "x", "mean": 2, "stddev": null, "min": 1, "max": 3,
                                    "median": 2, "user": 1, "system": 0.5}]})");
  const Measured& latency = MeasuredOf(results.benchmarks[0], "latency");
  EXPECT_THAT(latency.samples, IsEmpty());
  EXPECT_EQ(latency.aggregate->count, 0u);
  EXPECT_EQ(latency.aggregate->mean, 2e9);
  EXPECT_EQ(latency.aggregate->max, 3e9);
  EXPECT_FALSE(latency.aggregate->stddev.has_value());
}

TEST(HyperfineTest, ThousandsOfExecutionsShareRuns) {
  std::string times = "0";
  for (int i = 1; i < 2500; ++i) times += "," + std::to_string(i);
  const ForeignResults results =
      MustReadText(R"({"results": [{"command": "x", "times": [)" + times + "]}]}");
  EXPECT_EQ(results.benchmarks[0].runs.size(), 834u);
  EXPECT_THAT(SamplesOf(results.benchmarks[0], "latency", 1), ElementsAre(3e9, 4e9, 5e9));
  EXPECT_EQ(LatenciesOf(results.benchmarks[0]).size(), 2500u);
}

TEST(HyperfineTest, TheSameCommandTwiceHasTheRunsOfBoth) {
  const ForeignResults results = MustReadText(R"({"results": [
    {"command": "x", "times": [1, 2]}, {"command": "x", "times": [3]}]})");
  ASSERT_EQ(results.benchmarks.size(), 1u);
  EXPECT_EQ(results.benchmarks[0].runs.size(), 3u);
  EXPECT_THAT(LatenciesOf(results.benchmarks[0]), ElementsAre(1e9, 2e9, 3e9));
}

TEST(HyperfineTest, ALongCommandIsCutWithoutMeetingAnother) {
  const std::string longer = "echo " + std::string(400, 'x');
  const ForeignResults results =
      MustReadText(R"({"results": [{"command": ")" + longer + R"(a", "times": [1]},
                                   {"command": ")" +
                   longer + R"(b", "times": [2]}]})");
  ASSERT_EQ(results.benchmarks.size(), 2u);
  EXPECT_NE(results.benchmarks[0].workload, results.benchmarks[1].workload);
  EXPECT_LE(results.benchmarks[0].workload.size(), 200u);
}

TEST(HyperfineTest, BadFilesAreNamedWhereTheyAreBad) {
  EXPECT_EQ(ErrorOf(With(kFile, "[0.25, 0.5", "[0.25, -0.5")),
            "/results/0/times/1 is -0.5, expected a value that is not negative");
  EXPECT_EQ(ErrorOf(With(kFile, "[0.25, 0.5", "[0.25, \"x\"")),
            "/results/0/times/1 is \"x\", expected a number");
  EXPECT_EQ(ErrorOf(With(kFile, "[0, 0, 0]", "[0]")),
            "/results/0/exit_codes is a list, expected one exit code per time");
  EXPECT_EQ(ErrorOf(With(kFile, "\"sort -n data\"", "\" \"")),
            "/results/0/command is \" \", expected a command");
  EXPECT_EQ(ErrorOf(R"({"results": [{"command": "x", "median": 1}]})", "hyperfine"),
            "/results/0 has neither 'times' nor 'mean'");
  EXPECT_EQ(ErrorOf(R"({"results": []})", "hyperfine"), "no results in it");
  EXPECT_THAT(ErrorOf(std::string(kFile).substr(0, 200)), HasSubstr("is it cut off?"));
}

}  // namespace
}  // namespace benchfleet
