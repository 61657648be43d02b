#include "adapters/testing.h"

namespace benchfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kText = R"(goos: linux
goarch: amd64
pkg: example.org/sorting
cpu: AMD EPYC 9354P 32-Core Processor
commit: 1f2e3d
Unit spills better=lower
BenchmarkSort
    sort_test.go:12: warming up
BenchmarkSort/size=1024/stable-8 	500000 	2310 ns/op 	443.29 MB/s 	96 B/op 	2 allocs/op
BenchmarkSort/size=1024/stable-8 	500000 	2325.5 ns/op 	440.12 MB/s 	96 B/op 	2 allocs/op
BenchmarkFrames-8 	120 	9876543 ns/op 	60.5 frames/s 	3 spills 	1.5 p99-ms/op
PASS
ok  	example.org/sorting	12.345s
pkg: example.org/other
BenchmarkSort/size=1024/stable 	  100	      99 ns/op
Benchmarks are fun 3 times a day
)";

TEST(GoTest, EachLineIsASample) {
  const ForeignResults results = MustReadText(kText);
  EXPECT_EQ(results.adapter, "go");
  EXPECT_EQ(results.revision, "1f2e3d");
  EXPECT_EQ(results.machine.identity,
            (StringMap{{"cpu.model_name", "AMD EPYC 9354P 32-Core Processor"},
                       {"goarch", "amd64"},
                       {"goos", "linux"}}));
  ASSERT_EQ(results.benchmarks.size(), 3u);
  const ForeignBenchmark& sort =
      BenchmarkOf(results, "Sort/stable",
                  {{"gomaxprocs", "8"}, {"pkg", "example.org/sorting"}, {"size", "1024"}});
  ASSERT_EQ(sort.runs.size(), 1u);
  EXPECT_EQ(sort.runs[0].iterations, 500000u);
  EXPECT_THAT(SamplesOf(sort, "latency"), ElementsAre(2310, 2325.5));
  EXPECT_THAT(SamplesOf(sort, "throughput"), ElementsAre(443.29e6, 440.12e6));
  EXPECT_THAT(SamplesOf(sort, "bytes_per_op"), ElementsAre(96, 96));
  EXPECT_THAT(SamplesOf(sort, "allocs_per_op"), ElementsAre(2, 2));
  EXPECT_EQ(MeasuredOf(sort, "allocs_per_op").metric.direction, Direction::kLowerIsBetter);
  BenchmarkOf(results, "Sort/stable", {{"pkg", "example.org/other"}, {"size", "1024"}});
}

TEST(GoTest, OwnUnitsAreOwnMetrics) {
  const ForeignResults results = MustReadText(kText);
  const ForeignBenchmark& frames =
      BenchmarkOf(results, "Frames", {{"gomaxprocs", "8"}, {"pkg", "example.org/sorting"}});
  EXPECT_EQ(MeasuredOf(frames, "frames/s").metric.direction, Direction::kHigherIsBetter);
  EXPECT_EQ(MeasuredOf(frames, "spills").metric.direction, Direction::kLowerIsBetter);
  EXPECT_EQ(MeasuredOf(frames, "p99-ms/op").metric.direction, Direction::kLowerIsBetter);
  EXPECT_THAT(SamplesOf(frames, "p99-ms/op"), ElementsAre(1.5));
}

TEST(GoTest, LineEndsAndMarksOfWindows) {
  std::string text = "\xef\xbb\xbf";
  for (const char c : std::string(kText))
    text += c == '\n' ? std::string("\r\n") : std::string(1, c);
  const ForeignResults results = MustReadText(text);
  EXPECT_EQ(results.benchmarks.size(), 3u);
  EXPECT_EQ(results.machine.identity.at("goos"), "linux");
}

TEST(GoTest, AFailureIsSaid) {
  const ForeignResults results =
      MustReadText("--- FAIL: BenchmarkX\nBenchmarkY 10 5 ns/op\nFAIL\n");
  EXPECT_THAT(results.warnings, ElementsAre(HasSubstr("BenchmarkX"), HasSubstr("FAIL")));
}

TEST(GoTest, BadLinesAreNamed) {
  EXPECT_EQ(ErrorOf("BenchmarkX-4 10 5 ns/op 3\n"),
            "line 1: 'BenchmarkX-4' has a value without a unit (is the line cut off?)");
  EXPECT_EQ(ErrorOf("\nBenchmarkX-4 10 5 ns/op many B/op\n"),
            "line 2: 'BenchmarkX-4' has 'many', expected a number before 'B/op'");
  EXPECT_EQ(ErrorOf("BenchmarkX-4 10 -5 ns/op\n"),
            "line 1: 'latency' is -5 ns, expected a time that is not negative");
  EXPECT_THAT(ErrorOf("PASS\nok x 1s\n", "go"), HasSubstr("no results in it"));
  EXPECT_THAT(ErrorOf("BenchmarkX 10 NaN ns/op\n"), HasSubstr("no results in it"));
  EXPECT_EQ(ErrorOf("BenchmarkX 10 5 ns/op\nBenchmark\xff 10 5 ns/op\n"),
            "line 2 has bytes that are not UTF-8 text");
}

}  // namespace
}  // namespace benchfleet
