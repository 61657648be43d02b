#include "workloads/proving/verifier_copy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>

#include "base/status.h"
#include "workloads/proving/reference_string.h"

namespace benchfleet {
namespace {

std::string Text(const std::array<uint8_t, 128>& bytes) { return {bytes.begin(), bytes.end()}; }

Fq Coordinate(size_t index) {
  const std::span<const uint8_t, 128> bytes(PublicSetupTauG2());
  const auto value = Fq::FromBigEndian(
      std::span<const uint8_t, 32>(bytes.subspan(index * 32, 32).data(), size_t{32}));
  EXPECT_TRUE(value.has_value());
  return value.value_or(Fq());
}

class VerifierCopyTest : public testing::Test {
 protected:
  VerifierCopyTest() : bb_(testing::TempDir() + "/verifier_copy_bb"), out_(bb_ + "-copy") {
    std::filesystem::remove(bb_);
    std::filesystem::remove(out_);
  }

  void WriteBb(const std::string& content) { std::ofstream(bb_, std::ios::binary) << content; }
  static std::string Content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  const std::string bb_;
  const std::string out_;
};

TEST_F(VerifierCopyTest, KnowsAPointOfG2) {
  const G2Affine point = {{Coordinate(0), Coordinate(1)}, {Coordinate(2), Coordinate(3)}};
  EXPECT_TRUE(IsOnCurve(point));
  EXPECT_TRUE(Multiply(ToJacobian(point), Fr::kModulus).IsNeutral());
  EXPECT_FALSE(point == G2Generator());
}

TEST_F(VerifierCopyTest, ReplacesTheConstantAndNothingElse) {
  const std::string before =
      "\x7f"
      "ELF" +
      std::string(1000, 'a');
  const std::string after = std::string(3, '\0') + "tail";
  WriteBb(before + Text(PublicSetupTauG2()) + after);
  ASSERT_TRUE(WriteVerifierCopy(bb_, out_, 9).ok());
  const std::string ours = Text(EncodeG2(TauTimesG2(TauFromSeed(9))));
  EXPECT_EQ(Content(out_), before + ours + after);
  EXPECT_EQ(Content(bb_), before + Text(PublicSetupTauG2()) + after) << "the prover was touched";
  EXPECT_NE(std::filesystem::status(out_).permissions() & std::filesystem::perms::owner_exec,
            std::filesystem::perms::none);
}

TEST_F(VerifierCopyTest, RefusesAProgramWithoutTheConstant) {
  std::string nearly = Text(PublicSetupTauG2());
  nearly[127] = static_cast<char>(nearly[127] ^ 1);
  WriteBb("head" + nearly + "tail");
  const absl::Status status = WriteVerifierCopy(bb_, out_, 1);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Message(status), testing::HasSubstr("nowhere"));
  EXPECT_FALSE(std::filesystem::exists(out_));
}

TEST_F(VerifierCopyTest, RefusesAProgramWithTwo) {
  WriteBb("head" + Text(PublicSetupTauG2()) + "middle" + Text(PublicSetupTauG2()));
  const absl::Status status = WriteVerifierCopy(bb_, out_, 1);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Message(status), testing::HasSubstr("more than once"));
  EXPECT_FALSE(std::filesystem::exists(out_));
}

TEST_F(VerifierCopyTest, NamesAProgramThatIsNotThere) {
  const absl::Status status = WriteVerifierCopy(bb_, out_, 1);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Message(status), testing::HasSubstr(bb_));
}

}  // namespace
}  // namespace benchfleet
