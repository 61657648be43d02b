#include "adapters/testing.h"

namespace benchfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kText = R"(# HELP queue_length Things that wait.
# TYPE queue_length gauge
queue_length{queue="a \"quoted\" one",host="b"} 17 1795167000000
# TYPE requests_total counter
requests_total 1.5e+06
# TYPE request_duration_seconds histogram
request_duration_seconds_bucket{path="/",le="0.1"} 50
request_duration_seconds_bucket{path="/",le="0.2"} 90
request_duration_seconds_bucket{path="/",le="+Inf"} 100
request_duration_seconds_sum{path="/"} 12
request_duration_seconds_count{path="/"} 100
# TYPE reply_bytes summary
reply_bytes{quantile="0.5"} 200
reply_bytes{quantile="0.99"} NaN
reply_bytes_sum 500
reply_bytes_count 2
resident_memory_bytes 1e6
)";

TEST(PrometheusTest, GaugesAndCountersAreValues) {
  const ForeignResults results = MustReadText(kText);
  EXPECT_EQ(results.adapter, "prometheus");
  EXPECT_EQ(absl::ToUnixSeconds(results.at), 1795167000);
  const ForeignBenchmark& queue =
      BenchmarkOf(results, "queue_length", {{"host", "b"}, {"queue", "a \"quoted\" one"}});
  EXPECT_THAT(SamplesOf(queue, "value"), ElementsAre(17));
  EXPECT_EQ(MeasuredOf(queue, "value").metric.direction, Direction::kNeutral);
  EXPECT_THAT(SamplesOf(BenchmarkOf(results, "requests_total"), "value"), ElementsAre(1.5e6));
  const ForeignBenchmark& memory = BenchmarkOf(results, "resident_memory_bytes");
  EXPECT_EQ(MeasuredOf(memory, "value").metric.unit, "B");
}

TEST(PrometheusTest, HistogramsAndSummariesAreAggregates) {
  const ForeignResults results = MustReadText(kText);
  const Measured& duration =
      MeasuredOf(BenchmarkOf(results, "request_duration_seconds", {{"path", "/"}}), "latency");
  EXPECT_THAT(duration.samples, IsEmpty());
  EXPECT_EQ(duration.metric.unit, "ns");
  EXPECT_EQ(duration.aggregate->count, 100u);
  EXPECT_DOUBLE_EQ(*duration.aggregate->mean, 0.12e9);
  // By hand: the 50th of 100 ends the first bucket; the 90th ends the second; above it nothing is
  // known but its lower end.
  EXPECT_DOUBLE_EQ(duration.aggregate->percentiles.at(50), 0.1e9);
  EXPECT_DOUBLE_EQ(duration.aggregate->percentiles.at(90), 0.2e9);
  EXPECT_DOUBLE_EQ(duration.aggregate->percentiles.at(99), 0.2e9);
  const Measured& reply = MeasuredOf(BenchmarkOf(results, "reply_bytes"), "value");
  EXPECT_EQ(reply.aggregate->mean, 250);
  EXPECT_EQ(reply.aggregate->percentiles, (std::map<double, double>{{50, 200}}));
}

TEST(PrometheusTest, SeveralScrapesAreSamples) {
  const ForeignResults results = MustReadText("# TYPE a gauge\na 1\na 2\na 3\n");
  EXPECT_THAT(SamplesOf(results.benchmarks[0], "value"), ElementsAre(1, 2, 3));
}

TEST(PrometheusTest, BadLinesAreNamed) {
  EXPECT_EQ(ErrorOf("# TYPE a gauge\na one\n", "prometheus"),
            "line 2 is 'a one', expected NAME{LABEL=\"VALUE\",...} NUMBER");
  EXPECT_THAT(ErrorOf("# TYPE a gauge\na{b=\"c} 1\n", "prometheus"), HasSubstr("line 2 is"));
  EXPECT_THAT(ErrorOf("# TYPE a gauge\na NaN\n", "prometheus"), HasSubstr("no results in it"));
  EXPECT_THAT(ErrorOf("a 1\n"), HasSubstr("cannot tell which tool wrote this"));
  EXPECT_THAT(ErrorOf("# TYPE s summary\ns_count 3\ns{quantile=\"0.9\"} 2\n", "prometheus"),
              HasSubstr("neither a sum nor a median"));
}

}  // namespace
}  // namespace benchfleet
