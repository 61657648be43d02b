#include "adapters/testing.h"

namespace benchfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kFile = R"([
  {"jmhVersion": "1.37", "benchmark": "org.example.Sort.parallel", "mode": "avgt", "threads": 4,
   "forks": 2, "jdkVersion": "17.0.9", "vmName": "OpenJDK 64-Bit Server VM",
   "params": {"size": "1024"},
   "primaryMetric": {"score": 2.0, "scoreError": "NaN", "scoreConfidence": ["NaN", "NaN"],
     "scorePercentiles": {"0.0": 1.5, "50.0": 2.0}, "scoreUnit": "us/op",
     "rawData": [[1.5, 2.0], [2.5]]},
   "secondaryMetrics": {"\u00b7gc.alloc.rate.norm": {"score": 96, "scoreUnit": "B/op",
     "rawData": [[96, 96], [96]]}}},
  {"benchmark": "org.example.Sort.serial", "mode": "thrpt", "threads": 1, "forks": 1,
   "primaryMetric": {"score": 3, "scoreUnit": "ops/ms", "rawData": [[3, 4]]},
   "secondaryMetrics": {}},
  {"benchmark": "org.example.Sort.serial", "mode": "sample", "threads": 1, "forks": 1,
   "primaryMetric": {"score": 3, "scoreUnit": "ns/op",
     "rawDataHistogram": [[[[100, 2], [120, 1]], [[90, 1]]]]},
   "secondaryMetrics": {}}
])";

TEST(JmhTest, ForksAreRuns) {
  const ForeignResults results = MustReadText(kFile);
  EXPECT_EQ(results.adapter, "jmh");
  EXPECT_EQ(results.facts.at("jdkVersion"), "17.0.9");
  const ForeignBenchmark& parallel = BenchmarkOf(
      results, "org.example.Sort.parallel", {{"mode", "avgt"}, {"size", "1024"}, {"threads", "4"}});
  ASSERT_EQ(parallel.runs.size(), 2u);
  EXPECT_THAT(SamplesOf(parallel, "latency", 0), ElementsAre(1500, 2000));
  EXPECT_THAT(SamplesOf(parallel, "latency", 1), ElementsAre(2500));
  EXPECT_THAT(SamplesOf(parallel, "gc.alloc.rate.norm", 1), ElementsAre(96));
  EXPECT_EQ(MeasuredOf(parallel, "gc.alloc.rate.norm").metric.unit, "B");
}

TEST(JmhTest, ThroughputIsPerSecond) {
  const ForeignResults results = MustReadText(kFile);
  const ForeignBenchmark& serial =
      BenchmarkOf(results, "org.example.Sort.serial", {{"mode", "thrpt"}});
  EXPECT_THAT(SamplesOf(serial, "throughput"), ElementsAre(3000, 4000));
  EXPECT_EQ(MeasuredOf(serial, "throughput").metric.unit, "1/s");
  EXPECT_EQ(MeasuredOf(serial, "throughput").metric.direction, Direction::kHigherIsBetter);
}

TEST(JmhTest, AHistogramIsItsValues) {
  const ForeignResults results = MustReadText(kFile);
  const ForeignBenchmark& sampled =
      BenchmarkOf(results, "org.example.Sort.serial", {{"mode", "sample"}});
  EXPECT_THAT(SamplesOf(sampled, "latency"), ElementsAre(100, 100, 120, 90));
}

TEST(JmhTest, AHistogramHasABound) {
  EXPECT_EQ(ErrorOf(With(kFile, "[100, 2]", "[100, 90000000000]")),
            "/2/primaryMetric/rawDataHistogram/0/0/0 brings the counted values above 10000000, "
            "which is the bound: sample less, or split it");
}

TEST(JmhTest, AScoreAloneIsAnAggregate) {
  const ForeignResults results =
      MustReadText(With(kFile, R"("rawData": [[1.5, 2.0], [2.5]])", R"("more": 0)"));
  const Measured& latency = MeasuredOf(results.benchmarks[0], "latency");
  EXPECT_THAT(latency.samples, IsEmpty());
  EXPECT_EQ(latency.aggregate->mean, 2000);
  EXPECT_EQ(latency.aggregate->percentiles.at(50), 2000);
}

TEST(JmhTest, TheSameBenchmarkTwiceIsMoreForks) {
  const std::string one = R"({"benchmark": "a.b", "mode": "avgt", "primaryMetric":
      {"score": 1, "scoreUnit": "ns/op", "rawData": [[1], [2]]}})";
  const ForeignResults results = MustReadText("[" + one + "," + one + "]");
  ASSERT_EQ(results.benchmarks.size(), 1u);
  EXPECT_EQ(results.benchmarks[0].runs.size(), 4u);
}

TEST(JmhTest, BadFilesAreNamedWhereTheyAreBad) {
  EXPECT_EQ(ErrorOf(With(kFile, "[[1.5", "[[-1.5")),
            "/0/primaryMetric/rawData/0/0 is -1.5, expected a time that is not negative");
  EXPECT_EQ(ErrorOf(With(kFile, "\"us/op\"", "7")),
            "/0/primaryMetric/scoreUnit is 7, expected text");
  EXPECT_EQ(ErrorOf(With(kFile, "[100, 2]", "[100, 2.5]")),
            "/2/primaryMetric/rawDataHistogram/0/0/0 is a list, expected [a value, how often it "
            "was counted]");
  EXPECT_EQ(ErrorOf(With(kFile, "[[3, 4]]", "[3, 4]")),
            "/1/primaryMetric/rawData/0 is 3, expected a list");
  EXPECT_EQ(ErrorOf("[]", "jmh"), "no results in it");
  EXPECT_EQ(ErrorOf("{}", "jmh"), "the document is an object, expected a list");
  EXPECT_THAT(ErrorOf(std::string(kFile).substr(0, 600)), HasSubstr("is it cut off?"));
}

}  // namespace
}  // namespace benchfleet
