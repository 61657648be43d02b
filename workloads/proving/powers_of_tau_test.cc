#include "workloads/proving/powers_of_tau.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "base/status.h"
#include "workloads/proving/reference_string.h"

namespace benchfleet {
namespace {

constexpr int kPower = 3;
constexpr size_t kN = 8;
constexpr uint64_t kSeed = 42;

uint64_t Number(const std::string& bytes, size_t at, size_t size) {
  uint64_t number = 0;
  for (size_t i = size; i-- > 0;) number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
  return number;
}

// The sections of a file, by number.
std::map<uint64_t, std::string> Sections(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_EQ(bytes.substr(0, 4), "ptau");
  EXPECT_EQ(Number(bytes, 4, 4), 1u);
  std::map<uint64_t, std::string> sections;
  size_t at = 12;
  while (at + 12 <= bytes.size()) {
    const uint64_t number = Number(bytes, at, 4);
    const uint64_t size = Number(bytes, at + 4, 8);
    sections[number] = bytes.substr(at + 12, size);
    at += 12 + size;
  }
  EXPECT_EQ(at, bytes.size());
  EXPECT_EQ(sections.size(), Number(bytes, 8, 4));
  return sections;
}

// Coordinates are compared in the file's own form.
std::string Encoded(const G1Affine& point) {
  std::string bytes(64, '\0');
  std::memcpy(bytes.data(), point.x.montgomery().data(), 32);
  std::memcpy(bytes.data() + 32, point.y.montgomery().data(), 32);
  return bytes;
}

std::string TimesG1(const Fr& scalar) {
  const auto point = Multiply(ToJacobian(G1Generator()), scalar.ToLimbs());
  return Encoded(ToAffine<Fq>({point})[0]);
}

class PowersOfTauTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string path = testing::TempDir() + "/powers.ptau";
    ASSERT_TRUE(WritePowersOfTau(path, kPower, kSeed).ok());
    sections_ = Sections(path);
  }
  std::string Point(uint64_t section, size_t index) {
    return sections_[section].substr(index * 64, 64);
  }
  std::map<uint64_t, std::string> sections_;
};

TEST_F(PowersOfTauTest, EverySectionHasItsSize) {
  const std::map<uint64_t, size_t> sizes = {{1, 44},
                                            {2, 64 * (2 * kN - 1)},
                                            {3, 128 * kN},
                                            {4, 64 * kN},
                                            {5, 64 * kN},
                                            {6, 128},
                                            {7, 4},
                                            {12, 64 * (4 * kN - 1)},
                                            {13, 128 * (2 * kN - 1)},
                                            {14, 64 * (2 * kN - 1)},
                                            {15, 64 * (2 * kN - 1)}};
  std::map<uint64_t, size_t> actual;
  for (const auto& [number, content] : sections_) actual[number] = content.size();
  EXPECT_EQ(actual, sizes);
  EXPECT_EQ(Number(sections_[1], 36, 4), static_cast<uint64_t>(kPower));
}

TEST_F(PowersOfTauTest, HoldsThePowers) {
  const Fr tau = TauFromSeed(kSeed);
  Fr power = Fr::One();
  for (size_t i = 0; i < 2 * kN - 1; ++i, power = power * tau) {
    EXPECT_EQ(Point(2, i), TimesG1(power)) << i;
  }
}

// Over the roots of unity of order two, 1 and -1, the Lagrange polynomials are (1 + x) / 2 and
// (1 - x) / 2. Blocks of one, two, four ... points follow each other.
TEST_F(PowersOfTauTest, HoldsLagrangePolynomialsAtTau) {
  const Fr tau = TauFromSeed(kSeed);
  const Fr half = Fr::FromUint64(2).Inverse();
  EXPECT_EQ(Point(12, 0), TimesG1(Fr::One()));
  EXPECT_EQ(Point(12, 1), TimesG1((Fr::One() + tau) * half));
  EXPECT_EQ(Point(12, 2), TimesG1((Fr::One() - tau) * half));
}

TEST(PowersOfTauErrorTest, OtherSizesAndPlacesAreRefused) {
  for (const int power : {kSmallestPtauPower - 1, kLargestPtauPower + 1}) {
    const absl::Status status = WritePowersOfTau(testing::TempDir() + "/silly", power, 1);
    EXPECT_THAT(Message(status), testing::HasSubstr("expected one from 1 to 24"));
  }
  EXPECT_FALSE(std::filesystem::exists(testing::TempDir() + "/silly"));
  EXPECT_THAT(Message(WritePowersOfTau("/nonexistent/x", 1, 1)),
              testing::HasSubstr("/nonexistent/x"));
}

}  // namespace
}  // namespace benchfleet
