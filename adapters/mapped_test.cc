#include "adapters/map.h"
#include "adapters/testing.h"

namespace benchfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

StringMap Map(const std::string& text) {
  const auto map = ParseMap({text});
  EXPECT_TRUE(map.ok()) << map.status();
  return map.ok() ? *map : StringMap();
}

std::string MapError(const std::vector<std::string>& pieces) {
  return Message(ParseMap(pieces).status());
}

TEST(MapTest, ReadsKeysAndNamesSlips) {
  EXPECT_EQ(*ParseMap({"name=a,value=b", "unit=ms"}),
            (StringMap{{"name", "a"}, {"unit", "ms"}, {"value", "b"}}));
  EXPECT_EQ(MapError({"name"}),
            "--map: 'name' is no KEY=COLUMN, as in name=benchmark,value=time,unit=ms");
  EXPECT_EQ(MapError({"vallue=b"}), "--map: there is no key 'vallue' (did you mean 'value'?)");
  EXPECT_EQ(MapError({"name=a", "name=b"}), "--map: the key 'name' is there twice");
  EXPECT_THAT(MapError({""}), HasSubstr("is no KEY=COLUMN"));
}

TEST(MappedCsvTest, RowsAreSamples) {
  const ForeignResults results = MustReadText(
      "benchmark;size;time;note\n\"sort; fast\";8;1.5;x\n\"sort; fast\";8;2.5;\"two\nlines\"\n"
      "sort;8;3;\n",
      "csv", Map("name=benchmark,value=time,unit=ms,param.size=size"));
  EXPECT_EQ(results.adapter, "csv");
  EXPECT_THAT(SamplesOf(BenchmarkOf(results, "sort; fast", {{"size", "8"}}), "latency"),
              ElementsAre(1.5e6, 2.5e6));
  EXPECT_THAT(SamplesOf(BenchmarkOf(results, "sort", {{"size", "8"}}), "latency"),
              ElementsAre(3e6));
}

TEST(MappedCsvTest, OrAggregates) {
  const ForeignResults results =
      MustReadText("name,avg,sd,n,p99\nx,2,0.5,10,4\nx,3,0.5,10,5\n", "csv",
                   Map("name=name,mean=avg,stddev=sd,count=n,p99=p99,unit=1/s"));
  const ForeignBenchmark& x = BenchmarkOf(results, "x");
  ASSERT_EQ(x.runs.size(), 2u);
  const Measured& first = MeasuredOf(x, "throughput", 0);
  EXPECT_THAT(first.samples, IsEmpty());
  EXPECT_EQ(first.aggregate->mean, 2);
  EXPECT_EQ(first.aggregate->count, 10u);
  EXPECT_EQ(first.aggregate->percentiles.at(99), 4);
}

TEST(MappedCsvTest, MetricAndUnitMayBeColumns) {
  const ForeignResults results =
      MustReadText("what,metric,value,unit\r\nx,startup,2,ms\r\nx,size,3,KiB\r\n", "csv",
                   Map("name=what,value=value,metric=@metric,unit=@unit"));
  EXPECT_THAT(SamplesOf(BenchmarkOf(results, "x"), "startup"), ElementsAre(2e6));
  EXPECT_THAT(SamplesOf(BenchmarkOf(results, "x"), "size"), ElementsAre(3072));
}

TEST(MappedCsvTest, BadTablesAreNamedWhereTheyAreBad) {
  const StringMap map = Map("name=a,value=b");
  EXPECT_EQ(ErrorOf("a,b\nx,1\nx,fast\n", "csv", map), "line 3: 'b' is 'fast', expected a number");
  EXPECT_EQ(ErrorOf("a,b\nx\n", "csv", map),
            "line 2: 1 fields, expected 2 as in the row of titles");
  EXPECT_EQ(ErrorOf("a,b\n\"x,1\n", "csv", map),
            "line 2: a quote is not closed (is the file cut off?)");
  EXPECT_EQ(ErrorOf("name,time_ms\nx,1\n", "csv", Map("name=name,value=time_s")),
            "--map value: there is no column 'time_s' among name, time_ms (did you mean "
            "'time_ms'?)");
  EXPECT_EQ(ErrorOf("a,b\nx,1\n", "csv"),
            "a table needs --map name=COLUMN,value=COLUMN,unit=UNIT; its columns are: a, b");
  EXPECT_EQ(ErrorOf("a,b\nx,-1\n", "csv", Map("name=a,value=b,unit=ns")),
            "line 2: 'latency' is -1 ns, expected a time that is not negative");
  EXPECT_EQ(ErrorOf("a,b\n,1\n", "csv", map), "line 2: the name is empty");
  EXPECT_EQ(ErrorOf("a,b\nx,1\n", "csv", Map("name=a,value=b,direction=up")),
            "line 2: the direction 'up' is none of lower, higher, neutral");
}

TEST(MappedJsonTest, PlacesArePointers) {
  const std::string text = R"({"data": [{"id": {"n/a": "x"}, "ms": [1, 2, null], "threads": 4},
                                        {"id": {"n/a": "y"}, "ms": 3, "threads": 8}]})";
  const ForeignResults results = MustReadText(
      text, "json", Map("items=/data,name=/id/n~1a,value=ms,unit=ms,param.threads=/threads"));
  EXPECT_THAT(SamplesOf(BenchmarkOf(results, "x", {{"threads", "4"}}), "latency"),
              ElementsAre(1e6, 2e6));
  EXPECT_THAT(SamplesOf(BenchmarkOf(results, "y", {{"threads", "8"}}), "latency"),
              ElementsAre(3e6));
}

TEST(MappedJsonTest, KeysMayBeNames) {
  const ForeignResults results = MustReadText(R"({"x": {"ops": 5}, "y": {"ops": 6}})", "json",
                                              Map("name=@key,value=ops,unit=ops/s,metric=rate"));
  EXPECT_THAT(SamplesOf(BenchmarkOf(results, "y"), "rate"), ElementsAre(6));
  EXPECT_EQ(MeasuredOf(BenchmarkOf(results, "x"), "rate").metric.direction,
            Direction::kHigherIsBetter);
}

TEST(MappedJsonTest, BadDocumentsAreNamedWhereTheyAreBad) {
  EXPECT_EQ(ErrorOf(R"([{"n": "x", "v": "1"}])", "json", Map("name=n,value=v")),
            "/0/v is \"1\", expected a number");
  EXPECT_EQ(ErrorOf(R"([{"n": "x"}])", "json", Map("name=n,value=v")), "/0 has nothing at 'v'");
  EXPECT_EQ(ErrorOf(R"([])", "json", Map("items=/a,name=n,value=v")),
            "--map items: the document has nothing at '/a'");
  EXPECT_EQ(ErrorOf(R"([{"n": [], "v": 1}])", "json", Map("name=n,value=v")),
            "/0/n is a list, expected a text or a number");
  EXPECT_THAT(ErrorOf("[]", "json"), HasSubstr("JSON needs --map"));
}

}  // namespace
}  // namespace benchfleet
