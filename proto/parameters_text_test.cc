#include "proto/parameters_text.h"

#include "gtest/gtest.h"

namespace benchfleet {
namespace {

TEST(ParametersTextTest, ACommandReadsAsOneTypesIt) {
  EXPECT_EQ(ParametersText({{"argv", R"(["sh","-c","sha256sum '/bin/ls'"])"}}),
            R"(sh -c 'sha256sum '\''/bin/ls'\''')");
  EXPECT_EQ(ParametersText({{"argv", R"(["true",""])"}, {"adapter", "json"}}),
            "true ''  adapter=json");
}

TEST(ParametersTextTest, WhatIsNoCommandStaysAsItIs) {
  EXPECT_EQ(ParametersText({{"size", "10"}, {"circuit", "age"}}), "circuit=age size=10");
  EXPECT_EQ(ParametersText({}), "");
  for (const char* argv : {"[1,2]", "[]", "not json", "{}", "[\"a\",3]"}) {
    EXPECT_EQ(ParametersText({{"argv", argv}}), FormatParameters({{"argv", argv}}));
  }
}

}  // namespace
}  // namespace benchfleet
