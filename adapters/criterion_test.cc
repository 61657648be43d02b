#include "adapters/testing.h"

namespace benchfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kId =
    R"({"group_id": "hash", "function_id": "blake3", "value_str": "1024",
        "throughput": {"Bytes": 1024}, "full_id": "hash/blake3/1024",
        "directory_name": "hash/blake3/1024", "title": "hash/blake3/1024"})";
constexpr const char* kSample =
    R"({"sampling_mode": "Linear",
        "iters": [10.0, 20.0, 30.0], "times": [1000.0, 2100.0, 2700.0]})";
constexpr const char* kEstimates =
    R"({"mean": {"confidence_interval": {"confidence_level": 0.95, "lower_bound": 1.0,
        "upper_bound": 3.0}, "point_estimate": 96.5, "standard_error": 0.5},
        "median": {"point_estimate": 95.0}, "std_dev": {"point_estimate": 4.0}, "slope": null})";

Source Tree(std::vector<SourceFile> files) {
  Source source;
  source.name = "criterion";
  source.directory = true;
  source.files = std::move(files);
  return source;
}

Source Usual() {
  return Tree({{"hash/blake3/1024/base/benchmark.json", kId},
               {"hash/blake3/1024/base/sample.json", With(kSample, "1000.0", "5000.0")},
               {"hash/blake3/1024/change/estimates.json", "{}"},
               {"hash/blake3/1024/new/benchmark.json", kId},
               {"hash/blake3/1024/new/estimates.json", kEstimates},
               {"hash/blake3/1024/new/sample.json", kSample}});
}

std::string TreeError(const Source& source, const StringMap& map = {}) {
  AdapterOptions options;
  options.map = map;
  const auto results = ReadForeign(source, "", options);
  return results.ok() ? "no error" : Message(results.status());
}

TEST(CriterionTest, SamplesAreTimesPerIteration) {
  const auto results = ReadForeign(Usual(), "", {});
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_EQ(results->adapter, "criterion");
  ASSERT_EQ(results->benchmarks.size(), 1u);
  const ForeignBenchmark& hash = BenchmarkOf(*results, "hash/blake3", {{"input", "1024"}});
  ASSERT_EQ(hash.runs.size(), 1u);
  EXPECT_THAT(SamplesOf(hash, "latency"), ElementsAre(100, 105, 90));
  const Metric& throughput = MeasuredOf(hash, "throughput").metric;
  EXPECT_EQ(throughput.derived_from, "latency");
  EXPECT_EQ(throughput.numerator, 1024);
}

TEST(CriterionTest, AnotherBaseline) {
  AdapterOptions options;
  options.map["baseline"] = "base";
  const auto results = ReadForeign(Usual(), "", options);
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_THAT(SamplesOf(results->benchmarks[0], "latency"), ElementsAre(500, 105, 90));
  EXPECT_EQ(TreeError(Usual(), {{"baseline", "main"}}),
            "no benchmark of Criterion's baseline 'main' here; there are: base, new (--map "
            "baseline=NAME)");
}

TEST(CriterionTest, WithoutSamplesTheEstimatesAreAnAggregate) {
  const auto results =
      ReadForeign(Tree({{"benchmark.json", kId}, {"estimates.json", kEstimates}}), "", {});
  ASSERT_TRUE(results.ok()) << results.status();
  const Measured& latency = MeasuredOf(results->benchmarks[0], "latency");
  EXPECT_THAT(latency.samples, IsEmpty());
  EXPECT_EQ(latency.aggregate->mean, 96.5);
  EXPECT_EQ(latency.aggregate->median, 95);
  EXPECT_EQ(latency.aggregate->stddev, 4);
  EXPECT_EQ(results->benchmarks[0].runs[0].measured.size(), 1u);
}

TEST(CriterionTest, BadFilesAreNamed) {
  const auto with = [](const std::string& id, const std::string& sample) {
    return TreeError(Tree({{"g/new/benchmark.json", id}, {"g/new/sample.json", sample}}));
  };
  EXPECT_EQ(with("{}", kSample), "g/new/benchmark.json: the document has no 'group_id'");
  EXPECT_EQ(with(kId, With(kSample, "20.0", "0.0")),
            "g/new/sample.json: /iters/1 is 0.0, expected a number of at least 1");
  EXPECT_EQ(with(kId, With(kSample, "2100.0", "-2100.0")),
            "g/new/sample.json: /times/1 is -2100.0, expected a time that is not negative");
  EXPECT_EQ(with(kId, With(kSample, ", 30.0", "")),
            "g/new/sample.json: /times is a list, expected as many times as there are iters");
  EXPECT_EQ(with(kId, ""), "g/new/sample.json: the file is empty");
  EXPECT_THAT(with(kId, std::string(kSample).substr(0, 60)), HasSubstr("is it cut off?"));
  EXPECT_THAT(ErrorOf(kSample, "criterion"), HasSubstr("are a directory"));
}

}  // namespace
}  // namespace benchfleet
