#include "base/text.h"

#include "gtest/gtest.h"

namespace benchfleet {
namespace {

TEST(TextTest, NearestNameFindsSlipsAndRefusesStrangers) {
  const std::vector<std::string> names = {"crypto.sha256", "crypto.sha512", "memory.latency"};
  EXPECT_EQ(NearestName("crypto.sha265", names), "crypto.sha256");
  EXPECT_EQ(NearestName("memry.latency", names), "memory.latency");
  EXPECT_EQ(NearestName("zebra", names), std::nullopt);
  EXPECT_EQ(NearestName("jbos", {"jobs", "hosts"}), "jobs");
  EXPECT_EQ(DidYouMean("memory.latancy", names), " (did you mean 'memory.latency'?)");
}

TEST(TextTest, DurationsNeedAUnit) {
  EXPECT_EQ(*ParseDuration("1500ms"), absl::Milliseconds(1500));
  EXPECT_EQ(*ParseDuration("2m30s"), absl::Seconds(150));
  EXPECT_EQ(*ParseDuration("5 us"), absl::Microseconds(5));
  EXPECT_EQ(*ParseDuration("5µs"), absl::Microseconds(5));
  EXPECT_EQ(*ParseDuration("1e3ns"), absl::Microseconds(1));
  EXPECT_FALSE(ParseDuration("60").ok());
  EXPECT_FALSE(ParseDuration("").ok());
  EXPECT_FALSE(ParseDuration("-3s").ok());
  EXPECT_FALSE(ParseDuration("soon").ok());
  EXPECT_FALSE(ParseDuration("inf").ok());
}

TEST(TextTest, BytesInBothSystems) {
  EXPECT_EQ(*ParseBytes("64"), 64u);
  EXPECT_EQ(*ParseBytes("1KiB"), 1024u);
  EXPECT_EQ(*ParseBytes("85MB"), 85000000u);
  EXPECT_EQ(*ParseBytes("1.5MiB"), 1572864u);
  EXPECT_FALSE(ParseBytes("12 parsecs").ok());
  EXPECT_FALSE(ParseBytes("-1").ok());
  EXPECT_FALSE(ParseBytes("1e300GiB").ok());
}

TEST(TextTest, FormatsWithThreeDigits) {
  EXPECT_EQ(FormatNanoseconds(1234567), "1.23 ms");
  EXPECT_EQ(FormatNanoseconds(999700), "1.00 ms");
  EXPECT_EQ(FormatNanoseconds(0.5), "0.50 ns");
  EXPECT_EQ(FormatBytes(1536), "1.50 KiB");
  EXPECT_EQ(FormatCount(12345), "12.3 k");
  EXPECT_EQ(FormatCount(7), "7.00");
  EXPECT_EQ(FormatValue(2.0 * 1048576, "B/s"), "2.00 MiB/s");
}

TEST(TextTest, Utf8) {
  EXPECT_TRUE(IsUtf8("na\xc3\xafve \xe2\x82\xac \xf0\x9f\x98\x80"));
  EXPECT_FALSE(IsUtf8("\xff"));
  EXPECT_FALSE(IsUtf8("\xc0\xaf"));      // overlong
  EXPECT_FALSE(IsUtf8("\xed\xa0\x80"));  // surrogate
  EXPECT_FALSE(IsUtf8("\xe2\x82"));      // cut off
  EXPECT_FALSE(IsUtf8(std::string("a\0b", 3)));
}

}  // namespace
}  // namespace benchfleet
