#include "adapters/testing.h"

namespace benchfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kFile = R"({
  "context": {
    "date": "2026-11-20T09:30:00+01:00", "host_name": "build-7", "executable": "./sort_bench",
    "num_cpus": 16, "mhz_per_cpu": 3400, "cpu_scaling_enabled": true,
    "caches": [{"type": "Data", "level": 1, "size": 32768, "num_sharing": 2},
               {"type": "Unified", "level": 2, "size": 1048576, "num_sharing": 2}],
    "load_avg": [0.5, 0.25, 0.125], "library_build_type": "release", "compiler": "gcc 12"
  },
  "benchmarks": [
    {"name": "Sort<int>/1024/threads:4", "family_index": 0, "per_family_instance_index": 0,
     "run_name": "Sort<int>/1024/threads:4", "run_type": "iteration", "repetitions": 3,
     "repetition_index": 0, "threads": 4, "iterations": 5000, "real_time": 12.5, "cpu_time": 50.0,
     "time_unit": "us", "bytes_per_second": 3.2e8, "items_per_second": 8e7, "misses": 17.0,
     "label": "std::sort"},
    {"name": "Sort<int>/1024/threads:4", "run_name": "Sort<int>/1024/threads:4",
     "run_type": "iteration", "repetitions": 3, "repetition_index": 1, "threads": 4,
     "iterations": 5000, "real_time": 12.75, "cpu_time": 51.0, "time_unit": "us",
     "bytes_per_second": 3.1e8, "items_per_second": 7.9e7, "misses": NaN},
    {"name": "Sort<int>/1024/threads:4_mean", "run_name": "Sort<int>/1024/threads:4",
     "run_type": "aggregate", "repetitions": 3, "threads": 4, "aggregate_name": "mean",
     "aggregate_unit": "time", "iterations": 3, "real_time": 12.6, "cpu_time": 50.5,
     "time_unit": "us"}
  ]
})";

constexpr const char* kAggregates = R"({"context": {}, "benchmarks": [
  {"name": "A/8_mean", "run_name": "A/8", "run_type": "aggregate", "repetitions": 10,
   "aggregate_name": "mean", "iterations": 10, "real_time": 2, "cpu_time": 1, "time_unit": "ms"},
  {"name": "A/8_median", "run_name": "A/8", "run_type": "aggregate", "repetitions": 10,
   "aggregate_name": "median", "iterations": 10, "real_time": 1.5, "cpu_time": 1,
   "time_unit": "ms"},
  {"name": "A/8_stddev", "run_name": "A/8", "run_type": "aggregate", "repetitions": 10,
   "aggregate_name": "stddev", "iterations": 10, "real_time": 0.25, "cpu_time": 0.125,
   "time_unit": "ms"},
  {"name": "A/8_cv", "run_name": "A/8", "run_type": "aggregate", "repetitions": 10,
   "aggregate_name": "cv", "aggregate_unit": "percentage", "iterations": 10, "real_time": 0.1,
   "cpu_time": 0.1, "time_unit": "ms"},
  {"name": "A_BigO", "run_name": "A", "run_type": "aggregate", "aggregate_name": "BigO",
   "cpu_coefficient": 3.0, "real_coefficient": 3.1, "big_o": "N", "time_unit": "ns"}]})";

TEST(GoogleBenchmarkTest, RepetitionsAreSamples) {
  const ForeignResults results = MustReadText(kFile);
  EXPECT_EQ(results.adapter, "google-benchmark");
  ASSERT_EQ(results.benchmarks.size(), 1u);
  const ForeignBenchmark& sort =
      BenchmarkOf(results, "Sort<int>", {{"arg1", "1024"}, {"threads", "4"}});
  ASSERT_EQ(sort.runs.size(), 1u);
  EXPECT_THAT(SamplesOf(sort, "latency"), ElementsAre(12500, 12750));
  EXPECT_THAT(SamplesOf(sort, "cpu_time"), ElementsAre(50000, 51000));
  EXPECT_THAT(SamplesOf(sort, "throughput"), ElementsAre(3.2e8, 3.1e8));
  EXPECT_THAT(SamplesOf(sort, "items_per_second"), ElementsAre(8e7, 7.9e7));
  EXPECT_THAT(SamplesOf(sort, "misses"), ElementsAre(17));
  EXPECT_FALSE(MeasuredOf(sort, "latency").aggregate.has_value());
  EXPECT_EQ(MeasuredOf(sort, "latency").metric,
            (Metric{"latency", "ns", Direction::kLowerIsBetter, "", 0}));
  EXPECT_EQ(MeasuredOf(sort, "throughput").metric.unit, "B/s");
  EXPECT_EQ(MeasuredOf(sort, "throughput").metric.direction, Direction::kHigherIsBetter);
  EXPECT_EQ(MeasuredOf(sort, "misses").metric.direction, Direction::kNeutral);
  EXPECT_EQ(sort.runs[0].iterations, 5000u);
  EXPECT_EQ(sort.runs[0].facts.at("label"), "std::sort");
}

TEST(GoogleBenchmarkTest, TheContextIsTheMachine) {
  const ForeignResults results = MustReadText(kFile);
  EXPECT_EQ(results.machine.host, "build-7");
  EXPECT_EQ(results.machine.identity, (StringMap{{"cpu.threads", "16"},
                                                 {"cache.l1d.bytes", "32768"},
                                                 {"cache.l2.bytes", "1048576"}}));
  EXPECT_EQ(results.machine.state.at("cpu_scaling_enabled"), "true");
  EXPECT_EQ(results.facts.at("compiler"), "gcc 12");
  EXPECT_EQ(absl::ToUnixSeconds(results.at), 1795163400);
}

TEST(GoogleBenchmarkTest, AggregatesServeWhereThereIsNothingElse) {
  const ForeignResults results = MustReadText(kAggregates);
  ASSERT_EQ(results.benchmarks.size(), 1u);
  const ForeignBenchmark& a = BenchmarkOf(results, "A", {{"arg1", "8"}});
  const Measured& latency = MeasuredOf(a, "latency");
  EXPECT_THAT(latency.samples, IsEmpty());
  Aggregate expected;
  expected.count = 10;
  expected.mean = 2e6;
  expected.median = 1.5e6;
  expected.stddev = 0.25e6;
  EXPECT_EQ(latency.aggregate, expected);
}

TEST(GoogleBenchmarkTest, NamesAreSplitAtTheirEnd) {
  const auto split = [](const std::string& name) {
    const ForeignResults results =
        MustReadText(R"({"context": {}, "benchmarks": [{"name": ")" + name +
                     R"(", "iterations": 1, "real_time": 1, "cpu_time": 1, "time_unit": "ns"}]})");
    const ForeignBenchmark& benchmark = results.benchmarks.at(0);
    return benchmark.workload + " " + FormatParameters(benchmark.parameters);
  };
  EXPECT_EQ(split("BM_A"), "BM_A ");
  EXPECT_EQ(split("BM_A/64/-1"), "BM_A arg1=64 arg2=-1");
  EXPECT_EQ(split("BM_A/size:64/repeats:5/real_time"), "BM_A repeats=5 size=64 timing=real_time");
  EXPECT_EQ(split("Set/find/1024/hit"), "Set/find/1024/hit ");
  EXPECT_EQ(split("BM_T<std::pair<int, a/b>>/8"), "BM_T<std::pair<int, a/b>> arg1=8");
  EXPECT_EQ(split("BM_T<ns::type>/x"), "BM_T<ns::type>/x ");
  EXPECT_EQ(split("/64"), "/64 ");
}

TEST(GoogleBenchmarkTest, OldFilesHaveNoRunType) {
  const ForeignResults results = MustReadText(R"({"context": {"date": "2016/08/02-11:45:00"},
    "benchmarks": [
     {"name": "B", "iterations": 100, "real_time": 5, "cpu_time": 5, "time_unit": "ns"},
     {"name": "B", "iterations": 100, "real_time": 6, "cpu_time": 6, "time_unit": "ns"},
     {"name": "B_mean", "iterations": 100, "real_time": 5.5, "cpu_time": 5, "time_unit": "ns"}]})");
  ASSERT_EQ(results.benchmarks.size(), 1u);
  EXPECT_THAT(SamplesOf(results.benchmarks[0], "latency"), ElementsAre(5, 6));
}

TEST(GoogleBenchmarkTest, AFailedBenchmarkSaysWhy) {
  const ForeignResults results =
      MustReadText(With(kFile, R"("repetition_index": 0,)",
                        R"("error_occurred": true, "error_message": "no input file",)"));
  EXPECT_EQ(results.benchmarks[0].runs[0].error, "no input file");
}

TEST(GoogleBenchmarkTest, NaNIsLeftOutAndSaid) {
  const ForeignResults results = MustReadText(With(kFile, "12.5,", "NaN,"));
  EXPECT_THAT(SamplesOf(results.benchmarks[0], "latency"), ElementsAre(12750));
  EXPECT_THAT(results.warnings,
              ElementsAre("2 values that are not finite were left out, the first of 'latency'"));
  EXPECT_THAT(ErrorOf(R"({"context": {}, "benchmarks": [
    {"name": "C", "iterations": 1, "real_time": NaN, "cpu_time": -Infinity}]})"),
              HasSubstr("no results in it (2 values that are not finite were left out"));
}

TEST(GoogleBenchmarkTest, BadFilesAreNamedWhereTheyAreBad) {
  EXPECT_EQ(ErrorOf(With(kFile, "12.5", "-12.5")),
            "/benchmarks/0/real_time is -12.5, expected a time that is not negative");
  EXPECT_EQ(ErrorOf(With(kFile, "12.5", "\"fast\"")),
            "/benchmarks/0/real_time is \"fast\", expected a number");
  EXPECT_EQ(ErrorOf(With(kFile, "\"us\"", "\"parsec\"")),
            "/benchmarks/0/time_unit is \"parsec\", expected ns, us, ms or s");
  EXPECT_EQ(ErrorOf(With(kFile, "\"iteration\"", "\"guess\"")),
            "/benchmarks/0/run_type is \"guess\", expected \"iteration\" or \"aggregate\"");
  EXPECT_EQ(ErrorOf(With(kFile, "12.5", "1e400")), "line 12: a number that is too large");
  EXPECT_EQ(ErrorOf(With(kFile, "\"misses\"", "\"\"")),
            "'Sort<int> arg1=1024 threads=4' has a metric with an empty name");
  EXPECT_EQ(ErrorOf(R"({"context": {}, "benchmarks": {}})"),
            "/benchmarks is an object, expected a list");
  EXPECT_EQ(ErrorOf(R"({"context": {}, "benchmarks": []})"), "no results in it");
  EXPECT_EQ(ErrorOf(R"({"context": {}, "benchmarks": [{"name": 3}]})"),
            "/benchmarks/0/name is 3, expected text");
  EXPECT_THAT(ErrorOf(std::string(kFile).substr(0, 900)), HasSubstr("is it cut off?"));
}

}  // namespace
}  // namespace benchfleet
