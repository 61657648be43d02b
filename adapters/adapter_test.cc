#include "adapters/adapter.h"

#include "adapters/testing.h"

namespace benchfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(AdapterTest, NamesAreLookedUpWithTheNearest) {
  EXPECT_STREQ((*FindAdapter("jmh"))->name, "jmh");
  EXPECT_THAT(Message(FindAdapter("googel-benchmark").status()),
              HasSubstr("(did you mean 'google-benchmark'?)"));
}

TEST(AdapterTest, OnlyTheCertainIsDetected) {
  const auto detected = [](const std::string& text) {
    const auto adapter = DetectAdapter(SourceOf("f", text));
    return adapter.ok() ? std::string((*adapter)->name) : Message(adapter.status());
  };
  EXPECT_EQ(detected(R"({"context": {}, "benchmarks": []})"), "google-benchmark");
  EXPECT_EQ(detected(R"({"machine_info": {}, "benchmarks": []})"), "pytest-benchmark");
  EXPECT_EQ(detected(R"({"results": [{"command": "x", "times": []}]})"), "hyperfine");
  EXPECT_EQ(detected(R"([{"benchmark": "x", "primaryMetric": {}}])"), "jmh");
  EXPECT_EQ(detected("BenchmarkX-8 100 5 ns/op\n"), "go");
  EXPECT_EQ(detected("# TYPE a gauge\na 1\n"), "prometheus");
  for (const char* unclear :
       {"a,b\n1,2\n", "{}", "[]", "{\"results\": []}", "hello", "# a title"}) {
    EXPECT_THAT(detected(unclear),
                HasSubstr("cannot tell which tool wrote this; give --from NAME"));
  }
  // What begins so is so, however it ends.
  EXPECT_EQ(detected(R"({"context": {}, "benchmarks": [{"name": "x)"), "google-benchmark");
}

TEST(AdapterTest, AMapIsForWhatNobodyKnows) {
  EXPECT_EQ(MustReadText("a,b\nx,1\n", "", {{"name", "a"}, {"value", "b"}}).adapter, "csv");
  EXPECT_EQ(MustReadText(R"([{"a": "x", "b": 1}])", "", {{"name", "a"}, {"value", "b"}}).adapter,
            "json");
  EXPECT_EQ(ErrorOf("BenchmarkX 10 5 ns/op\n", "go", {{"value", "b"}}),
            "the format of go is known and takes no --map");
}

TEST(AdapterTest, FilesOfADirectoryAreProcesses) {
  Source source;
  source.directory = true;
  source.files = {{"1.txt", "BenchmarkX 10 5 ns/op\n"}, {"2.txt", "BenchmarkX 10 6 ns/op\n"}};
  auto results = ReadForeign(source, "", {});
  ASSERT_TRUE(results.ok()) << results.status();
  ASSERT_EQ(results->benchmarks.size(), 1u);
  ASSERT_EQ(results->benchmarks[0].runs.size(), 2u);
  EXPECT_THAT(SamplesOf(results->benchmarks[0], "latency", 1), ElementsAre(6));
  source.files[1].text = "cpu: another\nBenchmarkX 10 6 ns/op\n";
  EXPECT_TRUE(ReadForeign(source, "", {}).ok());
  source.files[0].text = "cpu: one\nBenchmarkX 10 6 ns/op\n";
  results = ReadForeign(source, "", {});
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_THAT(results->warnings, ElementsAre(HasSubstr("different machines")));
  source.files[1].text = "BenchmarkX 10 -6 ns/op\n";
  EXPECT_THAT(Message(ReadForeign(source, "", {}).status()), HasSubstr("2.txt: line 1: "));
}

TEST(AdapterTest, TooManyMetricsAreRefused) {
  std::string line = "BenchmarkX 10";
  for (int i = 0; i < 65; ++i) line += " 1 unit" + std::to_string(i);
  EXPECT_EQ(ErrorOf(line), "'X' has 65 metrics; a run may have 64");
}

TEST(AdapterTest, WarningsAreCountedNotPiledUp) {
  std::string text = "BenchmarkX 10 5 ns/op\n";
  for (int i = 0; i < 1000; ++i) text += "--- FAIL: BenchmarkY\n";
  const ForeignResults results = MustReadText(text);
  ASSERT_EQ(results.warnings.size(), 21u);
  EXPECT_EQ(results.warnings.back(), "… and 980 more warnings like these");
}

}  // namespace
}  // namespace benchfleet
