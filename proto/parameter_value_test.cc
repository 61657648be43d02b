#include "proto/parameter_value.h"

#include "base/status.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

ParameterDescription Of(ParameterKind kind, const std::string& min = "",
                        const std::string& max = "") {
  return {"p", "", "", {}, false, kind, min, max};
}

// "" for a good value.
std::string Refusal(const ParameterDescription& parameter, const std::string& value) {
  return Message(CheckParameterValue(parameter, value));
}

TEST(ParameterValueTest, EachKindHasItsNotation) {
  struct Case {
    ParameterKind kind;
    std::vector<std::string> good;
    std::vector<std::string> bad;
  };
  const Case cases[] = {
      {ParameterKind::kText, {"", "abc", "1,2"}, {}},
      {ParameterKind::kSize, {"0", "64", "1KiB", "85MB", "1.5GiB"}, {"abc", "-1", "1X", "1kib"}},
      {ParameterKind::kCount, {"0", "-7", "12"}, {"1.5", "x", "7x", " 7", "99999999999999999999"}},
      {ParameterKind::kDuration, {"250us", "2m30s", "0s"}, {"250", "abc", "-1s", "inf"}},
      {ParameterKind::kNumber, {"1.5", "-2", "1e3"}, {"x", "1.5x", "nan", "inf"}},
      {ParameterKind::kBoolean, {"true", "false"}, {"yes", "True", "1"}},
      {ParameterKind::kBitRate, {"20mbit", "1.5gbit"}, {"20", "20MB", "-1mbit"}},
      {ParameterKind::kPercent, {"0.5%", "0%"}, {"0.5", "nan%"}},
      {ParameterKind::kList, {"[\"ls\"]", "[]"}, {"ls -l", "[1]", "{}"}},
      {ParameterKind::kMap, {"A=1", "A=1,B=", "{\"A\": \"1\"}"}, {"A", "=1", "{\"A\": 1}", "A=1,"}},
  };
  for (const Case& c : cases) {
    for (const std::string& value : c.good) {
      EXPECT_EQ(Refusal(Of(c.kind), value), "") << static_cast<int>(c.kind) << " " << value;
    }
    for (const std::string& value : c.bad) {
      EXPECT_NE(Refusal(Of(c.kind), value), "") << static_cast<int>(c.kind) << " " << value;
    }
  }
}

TEST(ParameterValueTest, BoundsAreInclusiveAndNamed) {
  const ParameterDescription size = Of(ParameterKind::kSize, "4KiB", "16GiB");
  EXPECT_EQ(Refusal(size, "4KiB"), "");
  EXPECT_EQ(Refusal(size, "16GiB"), "");
  EXPECT_EQ(Refusal(size, "4095"), "expected a size from 4KiB to 16GiB (64, 1KiB, 85MB)");
  EXPECT_EQ(Refusal(Of(ParameterKind::kCount, "10", "17"), "9"),
            "expected a whole number from 10 to 17");
  EXPECT_EQ(Refusal(Of(ParameterKind::kNumber, "0.5"), "0.4"), "expected a number of at least 0.5");
  EXPECT_EQ(Refusal(Of(ParameterKind::kDuration, "", "10s"), "1m"),
            "expected a duration of at most 10s (250us, 1500ms, 2m30s)");
}

TEST(ParameterValueTest, TheNearestValueIsOffered) {
  EXPECT_EQ(Refusal(Of(ParameterKind::kSize), "64kib"),
            "expected a size (64, 1KiB, 85MB) (did you mean '64KiB'?)");
  EXPECT_EQ(Refusal(Of(ParameterKind::kBoolean), "True"),
            "expected true or false (did you mean 'true'?)");
  ParameterDescription mode = Of(ParameterKind::kText);
  mode.allowed = {"local", "remote"};
  EXPECT_EQ(Refusal(mode, "remot"), "expected one of local, remote (did you mean 'remote'?)");
}

TEST(ParameterValueTest, ADefaultIsTakenUnlessTheHostListsWhatItOffers) {
  ParameterDescription size = Of(ParameterKind::kCount, "10", "17");
  EXPECT_EQ(Refusal(size, ""), "");  // none given
  ParameterDescription prover = Of(ParameterKind::kText);
  prover.default_value = "bb";
  prover.allowed = {"fake"};
  EXPECT_EQ(Refusal(prover, "bb"), "expected one of fake");
}

ParameterDescription Network() {
  ParameterDescription network = Of(ParameterKind::kText);
  network.allowed = {"none", "wan"};
  network.fields = {{"delay", "", "40ms", {}, false, ParameterKind::kDuration, "0s", "10s"},
                    {"jitter", "", "5ms", {}, false, ParameterKind::kDuration, "0s", "10s"}};
  network.fields[1].not_above = "delay";
  return network;
}

TEST(ParameterValueTest, FieldsAreCheckedOneByOne) {
  for (const char* good : {"none", "wan", "delay=1ms", "jitter=1ms,delay=2ms"}) {
    EXPECT_EQ(Refusal(Network(), good), "") << good;
  }
  EXPECT_EQ(Refusal(Network(), "wam"),
            "expected none, wan or delay=40ms,jitter=5ms (did you mean 'wan'?)");
  EXPECT_EQ(Refusal(Network(), "delay=1ms,jiter=1ms"),
            "it has no 'jiter', expected delay, jitter (did you mean 'jitter'?)");
  EXPECT_EQ(Refusal(Network(), "delay=1"),
            "its delay is '1', expected a duration from 0s to 10s (250us, 1500ms, 2m30s)");
  EXPECT_EQ(Refusal(Network(), "delay=1ms,jitter=2ms"),
            "its jitter is '2ms', expected at most its delay (1ms)");
  EXPECT_EQ(Refusal(Network(), "delay=1ms,delay=1ms"), "'delay' is in it twice");
}

}  // namespace
}  // namespace benchfleet
