#include "adapters/testing.h"

namespace benchfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kFile = R"({
  "machine_info": {"node": "lab-3", "processor": "x86_64", "machine": "x86_64", "system": "Linux",
    "release": "6.1.0", "python_version": "3.11.2", "python_implementation": "CPython",
    "python_build": ["main", "Mar 2023"],
    "cpu": {"brand_raw": "AMD EPYC 9354P", "count": 32, "arch": "X86_64"}},
  "commit_info": {"id": "abc123", "dirty": true, "branch": "main"},
  "benchmarks": [
    {"group": "sorting", "name": "test_sort[1024-True]",
     "fullname": "tests/test_sort.py::test_sort[1024-True]",
     "params": {"size": 1024, "stable": true}, "param": "1024-True", "extra_info": {"rows": 7},
     "options": {"timer": "perf_counter"},
     "stats": {"min": 0.001, "max": 0.003, "mean": 0.002, "stddev": 0.0005, "rounds": 3,
               "median": 0.002, "q1": 0.0015, "q3": 0.0025, "iqr": 0.001, "ops": 500.0,
               "total": 0.006, "iterations": 10, "data": [0.001, 0.002, 0.003]}}],
  "datetime": "2026-11-20T09:30:00.250000+00:00", "version": "4.0.0"
})";

TEST(PytestBenchmarkTest, RoundsAreSamples) {
  const ForeignResults results = MustReadText(kFile);
  EXPECT_EQ(results.adapter, "pytest-benchmark");
  EXPECT_EQ(results.revision, "abc123-dirty");
  EXPECT_EQ(results.machine.host, "lab-3");
  EXPECT_EQ(results.machine.identity.at("cpu.model_name"), "AMD EPYC 9354P");
  EXPECT_EQ(results.machine.identity.at("cpu.threads"), "32");
  EXPECT_EQ(absl::ToUnixMillis(results.at), 1795167000250);
  const ForeignBenchmark& sort =
      BenchmarkOf(results, "tests/test_sort.py::test_sort", {{"size", "1024"}, {"stable", "true"}});
  EXPECT_THAT(SamplesOf(sort, "latency"), ElementsAre(1e6, 2e6, 3e6));
  EXPECT_EQ(sort.runs[0].iterations, 10u);
  EXPECT_EQ(sort.runs[0].facts.at("rows"), "7");
}

TEST(PytestBenchmarkTest, WithoutDataItIsAnAggregate) {
  const ForeignResults results =
      MustReadText(With(kFile, R"(, "data": [0.001, 0.002, 0.003])", ""));
  const Measured& latency = MeasuredOf(results.benchmarks[0], "latency");
  EXPECT_THAT(latency.samples, IsEmpty());
  EXPECT_EQ(latency.aggregate->count, 3u);
  EXPECT_EQ(latency.aggregate->mean, 2e6);
  EXPECT_EQ(latency.aggregate->percentiles, (std::map<double, double>{{25, 1.5e6}, {75, 2.5e6}}));
}

TEST(PytestBenchmarkTest, TheBracketsServeWhereThereAreNoParams) {
  const ForeignResults results =
      MustReadText(With(kFile, R"({"size": 1024, "stable": true})", "null"));
  BenchmarkOf(results, "tests/test_sort.py::test_sort", {{"param", "1024-True"}});
}

TEST(PytestBenchmarkTest, BadFilesAreNamedWhereTheyAreBad) {
  EXPECT_EQ(ErrorOf(With(kFile, "[0.001,", "[-0.001,")),
            "/benchmarks/0/stats/data/0 is -0.001, expected a time that is not negative");
  EXPECT_EQ(ErrorOf(With(kFile, R"("stats": {)", R"("stats": 3, "was": {)")),
            "/benchmarks/0/stats is 3, expected an object");
  EXPECT_EQ(ErrorOf(With(kFile, R"("benchmarks")", R"("results")")),
            "the document has no 'benchmarks'");
  EXPECT_EQ(ErrorOf(With(kFile, R"("lab-3")", "[]")),
            "/machine_info/node is a list, expected text");
  EXPECT_THAT(ErrorOf(With(kFile, "[0.001, 0.002, 0.003]", "[NaN, Infinity, NaN]")),
              HasSubstr("no results in it"));
  EXPECT_THAT(ErrorOf(std::string(kFile).substr(0, 700)), HasSubstr("is it cut off?"));
}

}  // namespace
}  // namespace benchfleet
