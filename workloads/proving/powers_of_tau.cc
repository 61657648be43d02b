#include "workloads/proving/powers_of_tau.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "workloads/proving/bn254_curve.h"
#include "workloads/proving/reference_string.h"
#include "workloads/proving/whole_file.h"

namespace benchfleet {
namespace {

constexpr uint32_t kVersion = 1;
constexpr uint32_t kSections = 11;
constexpr uint64_t kFieldBytes = 32;
constexpr uint64_t kG1Bytes = 2 * kFieldBytes;
constexpr uint64_t kG2Bytes = 4 * kFieldBytes;
constexpr int kFieldTwoAdicity = 28;  // 2^28 divides the scalar field's order minus one

// A generator of the roots of unity of order 2^k, the one that snarkjs takes: 5 is the smallest
// number that is no square.
Fr RootOfUnity(int k) {
  Limbs exponent = LimbsSubtract(Fr::kModulus, {1, 0, 0, 0});
  for (int i = 0; i < kFieldTwoAdicity; ++i) {
    for (size_t limb = 0; limb < 4; ++limb) {
      exponent[limb] = exponent[limb] >> 1 | (limb < 3 ? exponent[limb + 1] << 63 : 0);
    }
  }
  Fr root = Fr::FromUint64(5).Power(exponent);
  for (int i = kFieldTwoAdicity; i > k; --i) root = root.Square();
  return root;
}

// The inverses of numbers none of which is zero, with one inversion for all.
std::vector<Fr> Inverses(const std::vector<Fr>& numbers) {
  std::vector<Fr> inverses(numbers.size());
  Fr product = Fr::One();
  for (size_t i = 0; i < numbers.size(); ++i) {
    inverses[i] = product;
    product = product * numbers[i];
  }
  Fr inverse = product.Inverse();
  for (size_t i = numbers.size(); i-- > 0;) {
    inverses[i] = inverses[i] * inverse;
    inverse = inverse * numbers[i];
  }
  return inverses;
}

// first, first * ratio, ...
std::vector<Fr> Powers(const Fr& first, const Fr& ratio, size_t count) {
  std::vector<Fr> powers(count);
  Fr power = first;
  for (Fr& one : powers) {
    one = power;
    power = power * ratio;
  }
  return powers;
}

// L_i(tau) = w^i (tau^n - 1) / (n (tau - w^i)) for i < n = 2^k, times `factor`. Without the last
// power of tau, it is less by w^i tau^(n-1) / n.
std::vector<Fr> LagrangeValues(const Fr& tau, int k, const Fr& factor, bool without_last) {
  const uint64_t n = uint64_t{1} << k;
  const std::vector<Fr> roots = Powers(Fr::One(), RootOfUnity(k), n);
  std::vector<Fr> differences(n);
  for (uint64_t i = 0; i < n; ++i) differences[i] = tau - roots[i];
  const std::vector<Fr> inverses = Inverses(differences);
  const Fr last = tau.Power({n - 1, 0, 0, 0});
  const Fr scale = factor * Fr::FromUint64(n).Inverse();
  const Fr numerator = last * tau - Fr::One();
  std::vector<Fr> values(n);
  for (uint64_t i = 0; i < n; ++i) {
    const Fr value = numerator * inverses[i];
    values[i] = scale * roots[i] * (without_last ? value - last : value);
  }
  return values;
}

class PtauWriter {
 public:
  PtauWriter(WholeFile file, int power, uint64_t tau_seed)
      : file_(std::move(file)),
        power_(power),
        n_(uint64_t{1} << power),
        tau_(TauFromSeed(tau_seed)),
        alpha_(tau_.Power({3, 0, 0, 0})),
        beta_(tau_.Power({5, 0, 0, 0})),
        g1_(G1Generator()),
        g2_(G2Generator()) {}

  absl::Status Write();

 private:
  void Number(uint64_t number, size_t bytes);
  void Field(const Limbs& limbs);
  void Encode(const G1Affine& point);
  void Encode(const G2Affine& point);
  absl::Status Flush();
  absl::Status Section(uint32_t number, uint64_t bytes);
  absl::Status Header();
  template <typename F>
  absl::Status Points(const FixedBaseTable<F>& base, const std::vector<Fr>& scalars);
  template <typename F>
  absl::Status LagrangeSection(uint32_t number, const FixedBaseTable<F>& base, uint64_t point_bytes,
                               const Fr& factor, int largest);

  WholeFile file_;
  const int power_;
  const uint64_t n_;
  const Fr tau_;
  const Fr alpha_;
  const Fr beta_;
  const FixedBaseTable<Fq> g1_;
  const FixedBaseTable<Fq2> g2_;
  std::vector<uint8_t> block_;
};

void PtauWriter::Number(uint64_t number, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) block_.push_back(static_cast<uint8_t>(number >> (8 * i)));
}

void PtauWriter::Field(const Limbs& limbs) {
  for (const uint64_t limb : limbs) Number(limb, sizeof limb);
}

void PtauWriter::Encode(const G1Affine& point) {
  Field(point.x.montgomery());
  Field(point.y.montgomery());
}

void PtauWriter::Encode(const G2Affine& point) {
  Encode(G1Affine{point.x.c0, point.x.c1});
  Encode(G1Affine{point.y.c0, point.y.c1});
}

absl::Status PtauWriter::Flush() {
  BF_RETURN_IF_ERROR(file_.Write(block_));
  block_.clear();
  return absl::OkStatus();
}

absl::Status PtauWriter::Section(uint32_t number, uint64_t bytes) {
  Number(number, sizeof number);
  Number(bytes, sizeof bytes);
  return Flush();
}

absl::Status PtauWriter::Header() {
  for (const char c : std::string_view("ptau")) block_.push_back(static_cast<uint8_t>(c));
  Number(kVersion, 4);
  Number(kSections, 4);
  BF_RETURN_IF_ERROR(Section(1, 4 + kFieldBytes + 4 + 4));
  Number(kFieldBytes, 4);
  Field(Fq::kModulus);
  Number(static_cast<uint64_t>(power_), 4);
  Number(static_cast<uint64_t>(power_), 4);  // of the ceremony
  return Flush();
}

template <typename F>
absl::Status PtauWriter::Points(const FixedBaseTable<F>& base, const std::vector<Fr>& scalars) {
  for (size_t done = 0; done < scalars.size(); done += kPointsPerBlock) {
    const size_t end = std::min(scalars.size(), done + kPointsPerBlock);
    std::vector<JacobianPoint<F>> points;
    points.reserve(end - done);
    for (size_t i = done; i < end; ++i) points.push_back(base.Multiply(scalars[i]));
    for (const AffinePoint<F>& point : ToAffine(points)) Encode(point);
    BF_RETURN_IF_ERROR(Flush());
  }
  return absl::OkStatus();
}

template <typename F>
absl::Status PtauWriter::LagrangeSection(uint32_t number, const FixedBaseTable<F>& base,
                                         uint64_t point_bytes, const Fr& factor, int largest) {
  BF_RETURN_IF_ERROR(Section(number, ((uint64_t{2} << largest) - 1) * point_bytes));
  for (int k = 0; k <= largest; ++k) {
    BF_RETURN_IF_ERROR(Points(base, LagrangeValues(tau_, k, factor, k > power_)));
  }
  return absl::OkStatus();
}

absl::Status PtauWriter::Write() {
  BF_RETURN_IF_ERROR(Header());
  BF_RETURN_IF_ERROR(Section(2, (2 * n_ - 1) * kG1Bytes));
  BF_RETURN_IF_ERROR(Points(g1_, Powers(Fr::One(), tau_, 2 * n_ - 1)));
  BF_RETURN_IF_ERROR(Section(3, n_ * kG2Bytes));
  BF_RETURN_IF_ERROR(Points(g2_, Powers(Fr::One(), tau_, n_)));
  BF_RETURN_IF_ERROR(Section(4, n_ * kG1Bytes));
  BF_RETURN_IF_ERROR(Points(g1_, Powers(alpha_, tau_, n_)));
  BF_RETURN_IF_ERROR(Section(5, n_ * kG1Bytes));
  BF_RETURN_IF_ERROR(Points(g1_, Powers(beta_, tau_, n_)));
  BF_RETURN_IF_ERROR(Section(6, kG2Bytes));
  BF_RETURN_IF_ERROR(Points(g2_, {beta_}));
  BF_RETURN_IF_ERROR(Section(7, 4));
  Number(0, 4);
  BF_RETURN_IF_ERROR(LagrangeSection(12, g1_, kG1Bytes, Fr::One(), power_ + 1));
  BF_RETURN_IF_ERROR(LagrangeSection(13, g2_, kG2Bytes, Fr::One(), power_));
  BF_RETURN_IF_ERROR(LagrangeSection(14, g1_, kG1Bytes, alpha_, power_));
  BF_RETURN_IF_ERROR(LagrangeSection(15, g1_, kG1Bytes, beta_, power_));
  return file_.Commit();
}

}  // namespace

absl::Status WritePowersOfTau(const std::string& path, int power, uint64_t tau_seed) {
  if (power < kSmallestPtauPower || power > kLargestPtauPower) {
    return absl::InvalidArgumentError(absl::StrFormat("power %d: expected one from %d to %d", power,
                                                      kSmallestPtauPower, kLargestPtauPower));
  }
  BF_ASSIGN_OR_RETURN(WholeFile file, WholeFile::Create(path, 0644));
  return PtauWriter(std::move(file), power, tau_seed).Write();
}

}  // namespace benchfleet
