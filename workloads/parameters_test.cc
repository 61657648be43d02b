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
  EXPECT_EQ(*parameters->Bytes("size", 0, 4096), 1024u);
}

TEST(ParametersTest, ErrorsNameTheParameterAndTheNearest) {
  EXPECT_EQ(ErrorOf({}), "test.w needs the parameter 'input' (what to read)");
  EXPECT_EQ(ErrorOf({{"input", "x"}, {"mod", "fast"}}),
            "test.w has no parameter 'mod' (did you mean 'mode'?); it has: size, mode, input");
  EXPECT_EQ(ErrorOf({{"input", "x"}, {"mode", "slwo"}}),
            "parameter 'mode': 'slwo' is not one of fast, slow (did you mean 'slow'?)");
  EXPECT_EQ(ErrorOf({{"input", std::string(limits::kMaxParameterBytes + 1, 'x')}}),
            "parameter 'input': 65537 bytes; the bound is 65536");
}

Parameters Given(const std::string& input) {
  return *Parameters::Check(Described(), {{"input", input}});
}

TEST(ParametersTest, Numbers) {
  EXPECT_EQ(*Given("-7").Integer("input", -10, 10), -7);
  for (const char* text : {"", "7x", " 7", "11", "-11", "99999999999999999999", "1.5"}) {
    EXPECT_FALSE(Given(text).Integer("input", -10, 10).ok()) << text;
  }
  EXPECT_EQ(Message(Given("11").Integer("input", -10, 10).status()),
            "parameter 'input': '11' is not a whole number between -10 and 10");
}

TEST(ParametersTest, SizesAndDurations) {
  EXPECT_EQ(Message(Given("2KiB").Bytes("input", 1, 1024).status()),
            "parameter 'input': '2KiB' is not between 1.00 B and 1.00 KiB");
  EXPECT_EQ(*Given("250us").Duration("input"), absl::Microseconds(250));
  EXPECT_FALSE(Given("250").Duration("input").ok());
}

TEST(ParametersTest, Booleans) {
  EXPECT_TRUE(*Given("true").Boolean("input"));
  EXPECT_FALSE(*Given("false").Boolean("input"));
  EXPECT_FALSE(Given("yes").Boolean("input").ok());
}

TEST(ParametersTest, ListsAndMapsAreJson) {
  EXPECT_EQ(*Given(R"(["ls", "-l"])").TextList("input"), (std::vector<std::string>{"ls", "-l"}));
  EXPECT_TRUE(Given("").TextList("input")->empty());
  for (const char* text : {"ls -l", "[1]", "{}", "[", "[[\"a\"]]"}) {
    EXPECT_FALSE(Given(text).TextList("input").ok()) << text;
  }
  EXPECT_EQ(*Given(R"({"A": "1"})").TextMap("input"), (StringMap{{"A", "1"}}));
  for (const char* text : {"A=1", "[]", R"({"A": 1})", "{"}) {
    EXPECT_FALSE(Given(text).TextMap("input").ok()) << text;
  }
}

}  // namespace
}  // namespace benchfleet
