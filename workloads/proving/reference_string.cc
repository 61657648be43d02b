#include "workloads/proving/reference_string.h"

#include <algorithm>
#include <filesystem>
#include <span>
#include <system_error>

#include "absl/strings/str_format.h"
#include "base/ids.h"
#include "base/status.h"
#include "workloads/proving/whole_file.h"

namespace benchfleet {
namespace {

constexpr char kReadme[] =
    "INSECURE test reference string, made by bench-refstring with tau seed %d (%d points).\n"
    "\n"
    "The secret of this set-up is public: anyone can forge proofs under it. It serves to time\n"
    "provers and to check that their proofs verify, and nothing else. Never copy these files to a\n"
    "place where a real reference string is expected (such as ~/.bb-crs).\n";

template <size_t N, size_t M>
void CopyTo(std::span<uint8_t, N> target, const std::array<uint8_t, M>& bytes, size_t offset) {
  std::copy(bytes.begin(), bytes.end(), target.begin() + static_cast<ptrdiff_t>(offset));
}

absl::Status WriteG1(const std::string& path, uint64_t points, const Fr& tau) {
  BF_ASSIGN_OR_RETURN(WholeFile file, WholeFile::Create(path, 0644));
  PowersOfTau powers(tau);
  std::vector<uint8_t> block;
  for (uint64_t done = 0; done < points; done += kPointsPerBlock) {
    block.clear();
    const uint64_t count = std::min<uint64_t>(kPointsPerBlock, points - done);
    for (const G1Affine& point : powers.Next(static_cast<size_t>(count))) {
      const auto bytes = EncodeG1(point);
      block.insert(block.end(), bytes.begin(), bytes.end());
    }
    BF_RETURN_IF_ERROR(file.Write(block));
  }
  return file.Commit();
}

absl::Status WriteBytes(const std::string& path, std::span<const uint8_t> bytes) {
  BF_ASSIGN_OR_RETURN(WholeFile file, WholeFile::Create(path, 0644));
  BF_RETURN_IF_ERROR(file.Write(bytes));
  return file.Commit();
}

}  // namespace

Fr TauFromSeed(uint64_t seed) {
  Random random(seed);
  Limbs limbs{};
  for (uint64_t& limb : limbs) limb = random.Next();
  limbs[3] &= (uint64_t{1} << 61) - 1;  // 253 bits: below the modulus
  return Fr::FromLimbs(limbs);
}

PowersOfTau::PowersOfTau(const Fr& tau) : table_(G1Generator()), tau_(tau) {}

std::vector<G1Affine> PowersOfTau::Next(size_t count) {
  std::vector<JacobianPoint<Fq>> points;
  points.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    points.push_back(table_.Multiply(power_));
    power_ = power_ * tau_;
  }
  return ToAffine(points);
}

G2Affine TauTimesG2(const Fr& tau) {
  return ToAffine<Fq2>({Multiply(ToJacobian(G2Generator()), tau.ToLimbs())})[0];
}

std::array<uint8_t, 64> EncodeG1(const G1Affine& point) {
  std::array<uint8_t, 64> bytes{};
  CopyTo(std::span(bytes), point.x.ToBigEndian(), 0);
  CopyTo(std::span(bytes), point.y.ToBigEndian(), 32);
  return bytes;
}

std::array<uint8_t, 128> EncodeG2(const G2Affine& point) {
  std::array<uint8_t, 128> bytes{};
  CopyTo(std::span(bytes), point.x.c0.ToBigEndian(), 0);
  CopyTo(std::span(bytes), point.x.c1.ToBigEndian(), 32);
  CopyTo(std::span(bytes), point.y.c0.ToBigEndian(), 64);
  CopyTo(std::span(bytes), point.y.c1.ToBigEndian(), 96);
  return bytes;
}

absl::Status WriteReferenceString(const std::string& directory, uint64_t points,
                                  uint64_t tau_seed) {
  if (points < 2 || points > kMaxReferencePoints) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%d points: expected a number from 2 to %d", points, kMaxReferencePoints));
  }
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return ErrnoError(error.value(), "making the directory " + directory);

  const Fr tau = TauFromSeed(tau_seed);
  const std::string readme = absl::StrFormat(kReadme, tau_seed, points);
  const auto* text = reinterpret_cast<const uint8_t*>(readme.data());
  BF_RETURN_IF_ERROR(WriteBytes(directory + "/README-INSECURE.txt", {text, readme.size()}));
  BF_RETURN_IF_ERROR(WriteBytes(directory + "/bn254_g2.dat", EncodeG2(TauTimesG2(tau))));
  return WriteG1(directory + "/bn254_g1.dat", points, tau);
}

}  // namespace benchfleet
