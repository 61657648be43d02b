#include "proto/chunk.h"

#include <cmath>
#include <limits>

#include "base/ids.h"
#include "base/limits.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

SampleChunk IntegerChunk(const std::vector<int64_t>& values, uint64_t operations = 1) {
  return {"latency",
          0,
          static_cast<uint32_t>(values.size()),
          Encoding::kDeltaVarint,
          EncodeDeltaVarint(values),
          operations,
          false};
}

TEST(ChunkTest, IntegersSurviveIncludingTheExtremes) {
  const std::vector<int64_t> values = {
      0, 1, -1, 1'200'000, std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min(),
      7};
  EXPECT_EQ(*DecodeIntegers(IntegerChunk(values)), values);
}

TEST(ChunkTest, ValuesAreGivenPerOperation) {
  std::vector<double> values = {1};
  ASSERT_TRUE(DecodeChunk(IntegerChunk({1000, 500}, 1000), &values).ok());
  EXPECT_EQ(values, (std::vector<double>{1, 1.0, 0.5}));
}

TEST(ChunkTest, TimingsOfTwoPercentNoiseTakeLessThanThreeBytes) {
  Random random(1);
  std::vector<int64_t> values;
  for (int i = 0; i < 4096; ++i) {
    double gauss = -6;
    for (int k = 0; k < 12; ++k) gauss += random.Uniform();
    values.push_back(static_cast<int64_t>(1'200'000 + 24'000 * gauss));
  }
  EXPECT_LT(static_cast<double>(EncodeDeltaVarint(values).size()) / 4096.0, 2.9);
}

TEST(ChunkTest, FloatsSurviveAndInfinityIsRefused) {
  SampleChunk chunk{
      "score", 0, 2, Encoding::kFloat64, EncodeFloat64(std::vector<double>{1.5, -2}), 1, false};
  std::vector<double> values;
  ASSERT_TRUE(DecodeChunk(chunk, &values).ok());
  EXPECT_EQ(values, (std::vector<double>{1.5, -2}));
  chunk.payload = EncodeFloat64(std::vector<double>{1, std::nan("")});
  EXPECT_FALSE(CheckChunk(chunk).ok());
  EXPECT_EQ(DecodeChunk(chunk, &values).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(values.size(), 2u);
}

TEST(ChunkTest, DamagedPayloadsAreRefused) {
  const SampleChunk good = IntegerChunk({100, 200, 300});
  EXPECT_TRUE(CheckChunk(good).ok());
  SampleChunk cut = good;
  cut.payload.pop_back();
  EXPECT_FALSE(CheckChunk(cut).ok());
  SampleChunk longer = good;
  longer.payload.push_back('\1');
  EXPECT_FALSE(CheckChunk(longer).ok());
  SampleChunk endless = good;
  endless.payload.assign(12, '\xff');
  EXPECT_FALSE(CheckChunk(endless).ok());
  SampleChunk empty = good;
  empty.count = 0;
  EXPECT_FALSE(CheckChunk(empty).ok());
  SampleChunk huge = good;
  huge.count = limits::kMaxSamplesPerChunk + 1;
  EXPECT_FALSE(CheckChunk(huge).ok());
  SampleChunk no_operation = good;
  no_operation.operations = 0;
  EXPECT_FALSE(CheckChunk(no_operation).ok());
}

}  // namespace
}  // namespace benchfleet
