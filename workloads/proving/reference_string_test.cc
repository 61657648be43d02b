#include "workloads/proving/reference_string.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/status.h"

namespace benchfleet {
namespace {

std::string NewDirectory(const std::string& name) {
  const std::string path = testing::TempDir() + "/refstring_" + name;
  std::filesystem::remove_all(path);
  return path;
}

std::string Content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

G1Affine TimesG1(uint64_t scalar) {
  return ToAffine<Fq>({Multiply(ToJacobian(G1Generator()), {scalar, 0, 0, 0})})[0];
}

TEST(ReferenceStringTest, HoldsThePowersOfASmallTau) {
  PowersOfTau powers(Fr::FromUint64(3));
  std::vector<G1Affine> points = powers.Next(5);
  for (const G1Affine& point : powers.Next(30)) points.push_back(point);
  uint64_t power = 1;
  for (size_t i = 0; i < points.size(); ++i, power *= 3) {
    EXPECT_TRUE(IsOnCurve(points[i])) << i;
    EXPECT_EQ(points[i], TimesG1(power)) << i;
  }
}

TEST(ReferenceStringTest, StepsByTauFromPointToPoint) {
  const Fr tau = TauFromSeed(kDefaultTauSeed);
  const auto points = PowersOfTau(tau).Next(40);
  EXPECT_EQ(points[0], G1Generator());
  for (size_t i = 1; i < points.size(); ++i) {
    const auto next = Multiply(ToJacobian(points[i - 1]), tau.ToLimbs());
    EXPECT_EQ(points[i], ToAffine<Fq>({next})[0]) << i;
  }
}

TEST(ReferenceStringTest, HasTheSameTauInG2) {
  const auto g = ToJacobian(G2Generator());
  EXPECT_EQ(TauTimesG2(Fr::FromUint64(3)), ToAffine<Fq2>({Add(Add(g, g), g)})[0]);
  EXPECT_TRUE(IsOnCurve(TauTimesG2(TauFromSeed(5))));
}

TEST(ReferenceStringTest, DerivesTauFromTheSeedAlone) {
  EXPECT_EQ(TauFromSeed(1), TauFromSeed(1));
  EXPECT_FALSE(TauFromSeed(1) == TauFromSeed(2));
  EXPECT_FALSE(TauFromSeed(0).IsZero());
}

TEST(ReferenceStringTest, EncodesMostSignificantByteFirst) {
  const auto g1 = EncodeG1(G1Generator());
  EXPECT_EQ(g1[31], 1);
  EXPECT_EQ(g1[63], 2);
  EXPECT_EQ(std::count(g1.begin(), g1.end(), 0), 62);
  const auto g2 = EncodeG2(G2Generator());
  EXPECT_EQ(g2[0], 0x18);  // x.c0, x.c1, y.c0, y.c1 of EIP-197's generator begin so
  EXPECT_EQ(g2[32], 0x19);
  EXPECT_EQ(g2[64], 0x12);
  EXPECT_EQ(g2[96], 0x09);
}

TEST(ReferenceStringTest, WritesTheFilesThatBbReads) {
  const std::string directory = NewDirectory("files");
  // More than one block, and not a multiple of it.
  ASSERT_TRUE(WriteReferenceString(directory, 4100, 42).ok());
  const std::string g1 = Content(directory + "/bn254_g1.dat");
  ASSERT_EQ(g1.size(), 4100u * 64);
  const auto points = PowersOfTau(TauFromSeed(42)).Next(4100);
  for (const size_t i : {0, 1, 4095, 4096, 4099}) {
    const auto expected = EncodeG1(points[i]);
    EXPECT_EQ(g1.substr(i * 64, 64), std::string(expected.begin(), expected.end())) << i;
  }
  const auto g2 = EncodeG2(TauTimesG2(TauFromSeed(42)));
  EXPECT_EQ(Content(directory + "/bn254_g2.dat"), std::string(g2.begin(), g2.end()));
  EXPECT_THAT(Content(directory + "/README-INSECURE.txt"),
              testing::AllOf(testing::HasSubstr("seed 42"), testing::HasSubstr("forge")));
  const std::filesystem::directory_iterator files(directory);
  EXPECT_EQ(std::distance(begin(files), end(files)), 3) << "a temporary file stayed behind";
}

TEST(ReferenceStringTest, RefusesSillySizes) {
  const std::string directory = NewDirectory("silly");
  for (const uint64_t points : {uint64_t{0}, uint64_t{1}, kMaxReferencePoints + 1}) {
    const absl::Status status = WriteReferenceString(directory, points, 1);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(Message(status), testing::HasSubstr("expected a number from 2"));
  }
  EXPECT_FALSE(std::filesystem::exists(directory));
}

TEST(ReferenceStringTest, NamesADirectoryThatCannotBe) {
  const std::string file = NewDirectory("file");
  std::ofstream(file) << "in the way";
  const absl::Status status = WriteReferenceString(file + "/sub", 2, 1);
  EXPECT_THAT(Message(status), testing::HasSubstr(file + "/sub"));
}

}  // namespace
}  // namespace benchfleet
