#include "workloads/parameters.h"

#include "base/limits.h"
#include "base/status.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

WorkloadDescription Described() {
  WorkloadDescription description;
  description.name = "test.w";
  description.parameters = {OptionalParameter("size", "of it", "1KiB"),
                            OptionalParameter("mode", "of it", "fast", {"fast", "slow"}),
                            RequiredParameter("input", "what to read")};
  return description;
}

std::string ErrorOf(const StringMap& given) {
  return Message(Parameters::Check(Described(), given).status());
}

TEST(ParametersTest, DefaultsStandInForWhatIsNotGiven) {
  const auto parameters = Parameters::Check(Described(), {{"input", "x"}, {"mode", "slow"}});
  ASSERT_TRUE(parameters.ok());
  EXPECT_EQ(parameters->Text("input"), "x");
  EXPECT_EQ(parameters->Text("mode"), "slow");
  EXPECT_EQ(*parameters->Bytes("size"), 1024u);
}

TEST(ParametersTest, ErrorsNameTheParameterAndTheNearest) {
  EXPECT_EQ(ErrorOf({}), "test.w needs the parameter 'input' (what to read)");
  EXPECT_EQ(ErrorOf({{"input", "x"}, {"mod", "fast"}}),
            "test.w has no parameter 'mod' (did you mean 'mode'?); it has: size, mode, input");
  EXPECT_EQ(ErrorOf({{"input", "x"}, {"mode", "slwo"}}),
            "parameter 'mode': 'slwo', expected one of fast, slow (did you mean 'slow'?)");
  EXPECT_EQ(ErrorOf({{"input", std::string(limits::kMaxParameterBytes + 1, 'x')}}),
            "parameter 'input': 65537 bytes; the bound is 65536");
}

Parameters Given(const std::string& input) {
  return *Parameters::Check(Described(), {{"input", input}});
}

TEST(ParametersTest, KindsAreCheckedBeforeAWorkloadAsks) {
  WorkloadDescription description;
  description.name = "test.w";
  description.parameters = {SizeParameter("size", "of it", "1KiB", 1, 3 << 20),
                            CountParameter("count", "of it", "1", -10, 10)};
  const auto error = [&](const StringMap& given) {
    return Message(Parameters::Check(description, given).status());
  };
  EXPECT_EQ(error({{"count", "11"}}),
            "parameter 'count': '11', expected a whole number from -10 to 10");
  EXPECT_EQ(error({{"size", "4MiB"}}),
            "parameter 'size': '4MiB', expected a size from 1 to 3MiB (64, 1KiB, 85MB)");
  const auto good = Parameters::Check(description, {{"size", "2MiB"}, {"count", "-7"}});
  ASSERT_TRUE(good.ok()) << good.status();
  EXPECT_EQ(*good->Bytes("size"), 2u << 20);
  EXPECT_EQ(*good->Count("count"), -7);
}

TEST(ParametersTest, ThePlaceOfAParameterIsBesideAnother) {
  WorkloadDescription description = Described();
  description.parameters[0].only_where = "mode";
  description.parameters[0].values = {"slow"};
  EXPECT_EQ(Message(Parameters::Check(description, {{"input", "x"}, {"size", "1"}}).status()),
            "parameter 'size': is of use only with mode=slow, and mode is fast");
  EXPECT_TRUE(
      Parameters::Check(description, {{"input", "x"}, {"size", "1"}, {"mode", "slow"}}).ok());
  EXPECT_TRUE(Parameters::Check(description, {{"input", "x"}}).ok());
}

TEST(ParametersTest, Durations) {
  EXPECT_EQ(*Given("250us").Duration("input"), absl::Microseconds(250));
  EXPECT_FALSE(Given("250").Duration("input").ok());
}

TEST(ParametersTest, Booleans) {
  EXPECT_TRUE(*Given("true").Boolean("input"));
  EXPECT_FALSE(*Given("false").Boolean("input"));
  EXPECT_FALSE(Given("yes").Boolean("input").ok());
}

TEST(ParametersTest, ListsAndMaps) {
  EXPECT_EQ(*Given(R"(["ls", "-l"])").TextList("input"), (std::vector<std::string>{"ls", "-l"}));
  EXPECT_TRUE(Given("").TextList("input")->empty());
  for (const char* text : {"ls -l", "[1]", "{}", "[", "[[\"a\"]]"}) {
    EXPECT_FALSE(Given(text).TextList("input").ok()) << text;
  }
  EXPECT_EQ(*Given(R"({"A": "1"})").TextMap("input"), (StringMap{{"A", "1"}}));
  EXPECT_EQ(*Given("A=1,B=").TextMap("input"), (StringMap{{"A", "1"}, {"B", ""}}));
  for (const char* text : {"A", "=1", "A=1,", "[]", R"({"A": 1})", "{"}) {
    EXPECT_FALSE(Given(text).TextMap("input").ok()) << text;
  }
}

}  // namespace
}  // namespace benchfleet
