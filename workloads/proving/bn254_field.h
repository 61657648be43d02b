// The two prime fields of the curve BN254: Fq (coordinates) and Fr (scalars).
//
// Numbers are four 64-bit limbs in Montgomery form (a * 2^256 mod p), always reduced. Not constant
// time: these fields only serve a test set-up whose secret is public.
// Source: P. L. Montgomery, "Modular multiplication without trial division" (1985), in the
// operand-scanning form; the last carry cannot occur because both moduli are below 2^254.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace benchfleet {

// 256 bits, least significant limb first.
using Limbs = std::array<uint64_t, 4>;
using Uint128 = unsigned __int128;

// True when a < b.
constexpr bool LimbsLess(const Limbs& a, const Limbs& b) {
  for (size_t i = 4; i-- > 0;) {
    if (a[i] != b[i]) return a[i] < b[i];
  }
  return false;
}

// a + b; the caller knows that it fits 256 bits.
constexpr Limbs LimbsAdd(const Limbs& a, const Limbs& b) {
  Limbs sum{};
  Uint128 carry = 0;
  for (size_t i = 0; i < 4; ++i) {
    carry += static_cast<Uint128>(a[i]) + b[i];
    sum[i] = static_cast<uint64_t>(carry);
    carry >>= 64;
  }
  return sum;
}

// a - b modulo 2^256.
constexpr Limbs LimbsSubtract(const Limbs& a, const Limbs& b) {
  Limbs difference{};
  uint64_t borrow = 0;
  for (size_t i = 0; i < 4; ++i) {
    const Uint128 step = static_cast<Uint128>(a[i]) - b[i] - borrow;
    difference[i] = static_cast<uint64_t>(step);
    borrow = static_cast<uint64_t>(step >> 64) & 1;
  }
  return difference;
}

// A field of prime order Params::kModulus. A value: copyable, comparable, zero when new.
template <typename Params>
class PrimeField {
 public:
  static constexpr Limbs kModulus = Params::kModulus;

  constexpr PrimeField() = default;
  static constexpr PrimeField One() { return PrimeField(kOne); }
  static constexpr PrimeField FromUint64(uint64_t value) { return FromLimbs({value, 0, 0, 0}); }
  // `value` in normal form, below the modulus.
  static constexpr PrimeField FromLimbs(const Limbs& value) {
    return PrimeField(MontgomeryMultiply(value, kSquaredRadix));
  }
  // 32 bytes, most significant first; nothing when they are not below the modulus.
  static std::optional<PrimeField> FromBigEndian(std::span<const uint8_t, 32> bytes);

  // Normal form, below the modulus.
  constexpr Limbs ToLimbs() const { return MontgomeryMultiply(limbs_, {1, 0, 0, 0}); }
  // Normal form, most significant byte first.
  std::array<uint8_t, 32> ToBigEndian() const;
  // The limbs of value * 2^256, as files of snarkjs hold them.
  constexpr const Limbs& montgomery() const { return limbs_; }

  constexpr bool operator==(const PrimeField&) const = default;
  constexpr bool IsZero() const { return *this == PrimeField(); }

  friend constexpr PrimeField operator+(const PrimeField& a, const PrimeField& b) {
    return PrimeField(Reduce(LimbsAdd(a.limbs_, b.limbs_)));
  }
  friend constexpr PrimeField operator-(const PrimeField& a, const PrimeField& b) {
    const Limbs difference = LimbsSubtract(a.limbs_, b.limbs_);
    const bool negative = LimbsLess(a.limbs_, b.limbs_);
    return PrimeField(negative ? LimbsAdd(difference, kModulus) : difference);
  }
  friend constexpr PrimeField operator*(const PrimeField& a, const PrimeField& b) {
    return PrimeField(MontgomeryMultiply(a.limbs_, b.limbs_));
  }
  constexpr PrimeField Square() const { return *this * *this; }
  constexpr PrimeField Power(const Limbs& exponent) const;
  // By Fermat's little theorem; the inverse of zero is zero.
  constexpr PrimeField Inverse() const { return Power(LimbsSubtract(kModulus, {2, 0, 0, 0})); }

 private:
  explicit constexpr PrimeField(const Limbs& montgomery) : limbs_(montgomery) {}

  // `value` is below twice the modulus.
  static constexpr Limbs Reduce(const Limbs& value) {
    return LimbsLess(value, kModulus) ? value : LimbsSubtract(value, kModulus);
  }
  // 2^exponent mod p, in normal form.
  static constexpr Limbs PowerOfTwo(int exponent) {
    Limbs power = {1, 0, 0, 0};
    for (int i = 0; i < exponent; ++i) power = Reduce(LimbsAdd(power, power));
    return power;
  }
  // -1/p mod 2^64 by Newton's iteration, which doubles the right bits at each step.
  static constexpr uint64_t NegativeInverse() {
    uint64_t inverse = 1;
    for (int i = 0; i < 6; ++i) inverse *= 2 - kModulus[0] * inverse;
    return ~inverse + 1;
  }
  static constexpr Limbs MontgomeryMultiply(const Limbs& a, const Limbs& b);

  static constexpr uint64_t kNegativeInverse = NegativeInverse();
  static constexpr Limbs kOne = PowerOfTwo(256);
  static constexpr Limbs kSquaredRadix = PowerOfTwo(512);

  Limbs limbs_ = {0, 0, 0, 0};
};

template <typename Params>
constexpr Limbs PrimeField<Params>::MontgomeryMultiply(const Limbs& a, const Limbs& b) {
  Limbs t = {0, 0, 0, 0};
#pragma GCC unroll 4
  for (size_t i = 0; i < 4; ++i) {
    Uint128 product = static_cast<Uint128>(a[0]) * b[i] + t[0];
    const uint64_t factor = static_cast<uint64_t>(product) * kNegativeInverse;
    Uint128 reduced = static_cast<Uint128>(factor) * kModulus[0] + static_cast<uint64_t>(product);
#pragma GCC unroll 4
    for (size_t j = 1; j < 4; ++j) {
      product = static_cast<Uint128>(a[j]) * b[i] + t[j] + static_cast<uint64_t>(product >> 64);
      reduced = static_cast<Uint128>(factor) * kModulus[j] + static_cast<uint64_t>(product) +
                static_cast<uint64_t>(reduced >> 64);
      t[j - 1] = static_cast<uint64_t>(reduced);
    }
    t[3] = static_cast<uint64_t>(product >> 64) + static_cast<uint64_t>(reduced >> 64);
  }
  return Reduce(t);
}

template <typename Params>
constexpr PrimeField<Params> PrimeField<Params>::Power(const Limbs& exponent) const {
  PrimeField result = One();
  for (size_t bit = 256; bit-- > 0;) {
    result = result.Square();
    if ((exponent[bit / 64] >> (bit % 64)) & 1) result = result * *this;
  }
  return result;
}

template <typename Params>
std::array<uint8_t, 32> PrimeField<Params>::ToBigEndian() const {
  const Limbs value = ToLimbs();
  std::array<uint8_t, 32> bytes{};
  for (size_t i = 0; i < 32; ++i) {
    bytes[31 - i] = static_cast<uint8_t>(value[i / 8] >> (8 * (i % 8)));
  }
  return bytes;
}

template <typename Params>
std::optional<PrimeField<Params>> PrimeField<Params>::FromBigEndian(
    std::span<const uint8_t, 32> bytes) {
  Limbs value = {0, 0, 0, 0};
  for (size_t i = 0; i < 32; ++i) {
    value[i / 8] |= static_cast<uint64_t>(bytes[31 - i]) << (8 * (i % 8));
  }
  if (!LimbsLess(value, kModulus)) return std::nullopt;
  return FromLimbs(value);
}

// Source of both moduli: EIP-196, "Precompiled contracts for addition and scalar multiplication on
// the elliptic curve alt_bn128".
struct FqParams {
  static constexpr Limbs kModulus = {0x3c208c16d87cfd47, 0x97816a916871ca8d, 0xb85045b68181585d,
                                     0x30644e72e131a029};
};
struct FrParams {
  static constexpr Limbs kModulus = {0x43e1f593f0000001, 0x2833e84879b97091, 0xb85045b68181585d,
                                     0x30644e72e131a029};
};

using Fq = PrimeField<FqParams>;
using Fr = PrimeField<FrParams>;

}  // namespace benchfleet
