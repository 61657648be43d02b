#include "adapters/units.h"

#include "adapters/quote.h"
#include "adapters/text.h"
#include "base/status.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

std::string Shown(const char* text) {
  const Unit unit = ReadUnit(text);
  const char* direction = unit.direction == Direction::kLowerIsBetter    ? "lower"
                          : unit.direction == Direction::kHigherIsBetter ? "higher"
                                                                         : "neutral";
  return unit.unit + " " + absl::StrFormat("%g", unit.factor) + " " + direction;
}

TEST(UnitsTest, OursAndTheFactorToThem) {
  EXPECT_EQ(Shown("ns"), "ns 1 lower");
  EXPECT_EQ(Shown("µs"), "ns 1000 lower");
  EXPECT_EQ(Shown("ms/op"), "ns 1e+06 lower");
  EXPECT_EQ(Shown("seconds"), "ns 1e+09 lower");
  EXPECT_EQ(Shown("B/op"), "B 1 lower");
  EXPECT_EQ(Shown("KiB"), "B 1024 lower");
  EXPECT_EQ(Shown("MB/s"), "B/s 1e+06 higher");
  EXPECT_EQ(Shown("ops/us"), "1/s 1e+06 higher");
  EXPECT_EQ(Shown("ops/min"), "1/s 0.0166667 higher");
  EXPECT_EQ(Shown("1/s"), "1/s 1 higher");
  EXPECT_EQ(Shown("frames/s"), "frames/s 1 higher");
  EXPECT_EQ(Shown("faults/op"), "faults/op 1 lower");
  EXPECT_EQ(Shown("apples"), "apples 1 neutral");
  EXPECT_EQ(Shown(""), " 1 neutral");
  EXPECT_EQ(Shown("/"), "/ 1 neutral");
}

TEST(TextTest, NumbersAreWholeAndDecimal) {
  EXPECT_EQ(ReadNumber("1e3"), 1000);
  EXPECT_EQ(ReadNumber("+2.5"), 2.5);
  EXPECT_EQ(ReadNumber("1,5"), std::nullopt);
  EXPECT_EQ(ReadNumber("0x10"), std::nullopt);
  EXPECT_EQ(ReadNumber(""), std::nullopt);
  EXPECT_EQ(ReadNumber("1e999"), std::nullopt);
}

TEST(TextTest, WhatIsNoPlainText) {
  EXPECT_EQ(*PlainText("\xef\xbb\xbfx"), "x");
  EXPECT_EQ(Message(PlainText(" \r\n").status()), "the file is empty");
  EXPECT_EQ(Message(PlainText(std::string("\xff\xfe{\0", 4)).status()),
            "the text is UTF-16, expected UTF-8 (save it as UTF-8)");
  EXPECT_EQ(Message(PlainText("a\nb\x80\n").status()), "line 2 has bytes that are not UTF-8 text");
}

TEST(QuoteTest, StrangersWordsAreHarmless) {
  EXPECT_EQ(Quote("a\x1b[31m\nb"), "'a?[31m?b'");
  EXPECT_EQ(Quote("\xc2\x9b"), "'?'");
  EXPECT_EQ(Quote("é\xff"), "'?\?\?'");
  EXPECT_EQ(Quote(std::string(100, 'x')), "'" + std::string(60, 'x') + "…'");
}

}  // namespace
}  // namespace benchfleet
