#include "adapters/json.h"

#include "adapters/json_sniff.h"
#include "base/limits.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using ::testing::HasSubstr;

TEST(ForeignJsonTest, WhatIsNotFiniteIsNull) {
  const auto json =
      foreign::ParseJson(R"({"a": NaN, "b": -Infinity, "c": "NaN \" NaN", "d": [nan]})");
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ(json->dump(), R"({"a":null,"b":null,"c":"NaN \" NaN","d":[null]})");
  EXPECT_FALSE(foreign::ParseJson(R"({"a": NaNa})").ok());
  EXPECT_FALSE(foreign::ParseJson(R"({"a": -})").ok());
}

TEST(ForeignJsonTest, ErrorsNameTheLine) {
  const auto error = [](const std::string& text) {
    return Message(foreign::ParseJson(text).status());
  };
  EXPECT_EQ(error("{\n\n oops}"), "line 3: not JSON");
  EXPECT_EQ(error("{\n\"a\": [1,"), "line 2: the file ends in the middle (is it cut off?)");
  EXPECT_EQ(error("[1]\n[2]"), "line 2: not JSON");
  EXPECT_EQ(error("\n[1e999]"), "line 2: a number that is too large");
}

TEST(ForeignJsonTest, DepthAndSizeAreBounded) {
  EXPECT_TRUE(foreign::ParseJson(std::string(limits::kMaxForeignJsonDepth, '[') +
                                 std::string(limits::kMaxForeignJsonDepth, ']'))
                  .ok());
  EXPECT_THAT(Message(foreign::ParseJson(std::string(100'000, '[')).status()),
              HasSubstr("more than 64 lists in lists, which is the bound"));
  std::string many = "[";
  for (size_t i = 0; i < limits::kMaxForeignJsonValues; ++i) many += "1,";
  many += "1]";
  EXPECT_THAT(Message(foreign::ParseJson(many).status()),
              HasSubstr("more than 8000000 numbers, which is the bound"));
}

TEST(ForeignJsonTest, SniffingSeesWhereValuesStand) {
  const std::set<std::string> paths =
      SniffJson(R"({"a": {"b": 1}, "c": [{"d": []}], "e": NaN, cut)");
  EXPECT_THAT(paths, ::testing::IsSupersetOf({"/a", "/a/b", "/c", "/c/*", "/c/*/d", "/e"}));
  EXPECT_TRUE(SniffJson("no JSON").empty());
}

}  // namespace
}  // namespace benchfleet
