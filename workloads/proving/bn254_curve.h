// The groups G1 (over Fq) and G2 (over Fq2) of the curve BN254: y^2 = x^3 + b.
//
// Points are added in Jacobian coordinates (x/z^2, y/z^3; z = 0 is the neutral element) and turned
// into affine ones in batches that share one inversion. Formulas: the Explicit-Formulas Database,
// shortw/jacobian-0, dbl-2009-l and add-1998-cmo-2, made complete by explicit branches.
// Not constant time. Everything is a value; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "workloads/proving/bn254_field.h"

namespace benchfleet {

// Fq[u] / (u^2 + 1).
struct Fq2 {
  Fq c0, c1;

  static Fq2 One() { return {Fq::One(), Fq()}; }
  bool operator==(const Fq2&) const = default;
  bool IsZero() const { return c0.IsZero() && c1.IsZero(); }
  friend Fq2 operator+(const Fq2& a, const Fq2& b) { return {a.c0 + b.c0, a.c1 + b.c1}; }
  friend Fq2 operator-(const Fq2& a, const Fq2& b) { return {a.c0 - b.c0, a.c1 - b.c1}; }
  friend Fq2 operator*(const Fq2& a, const Fq2& b) {
    return {a.c0 * b.c0 - a.c1 * b.c1, a.c0 * b.c1 + a.c1 * b.c0};
  }
  Fq2 Square() const { return *this * *this; }
  Fq2 Inverse() const {
    const Fq norm = (c0.Square() + c1.Square()).Inverse();
    return {c0 * norm, (Fq() - c1) * norm};
  }
};

// A point of the curve other than the neutral element.
template <typename F>
struct AffinePoint {
  F x, y;
  bool operator==(const AffinePoint&) const = default;
};

template <typename F>
struct JacobianPoint {
  F x, y, z;  // New: z = 0, the neutral element.
  bool IsNeutral() const { return z.IsZero(); }
};

using G1Affine = AffinePoint<Fq>;
using G2Affine = AffinePoint<Fq2>;

// The generators that every BN254 library agrees on (EIP-196 and EIP-197).
G1Affine G1Generator();
G2Affine G2Generator();

bool IsOnCurve(const G1Affine& point);
bool IsOnCurve(const G2Affine& point);

template <typename F>
JacobianPoint<F> ToJacobian(const AffinePoint<F>& point) {
  return {point.x, point.y, F::One()};
}

template <typename F>
JacobianPoint<F> Double(const JacobianPoint<F>& p) {
  const F a = p.x.Square();
  const F b = p.y.Square();
  const F c = b.Square();
  const F half_d = (p.x + b).Square() - a - c;
  const F d = half_d + half_d;
  const F e = a + a + a;
  const F x = e.Square() - d - d;
  const F c2 = c + c;
  const F c4 = c2 + c2;
  const F yz = p.y * p.z;
  return {x, e * (d - x) - c4 - c4, yz + yz};
}

template <typename F>
JacobianPoint<F> Add(const JacobianPoint<F>& p, const JacobianPoint<F>& q) {
  if (p.IsNeutral()) return q;
  if (q.IsNeutral()) return p;
  const F p_zz = p.z.Square();
  const F q_zz = q.z.Square();
  const F u = p.x * q_zz;
  const F h = q.x * p_zz - u;
  const F s = p.y * q.z * q_zz;
  const F r = q.y * p.z * p_zz - s;
  if (h.IsZero()) return r.IsZero() ? Double(p) : JacobianPoint<F>();
  const F hh = h.Square();
  const F hhh = h * hh;
  const F v = u * hh;
  const F x = r.Square() - hhh - v - v;
  return {x, r * (v - x) - s * hhh, p.z * q.z * h};
}

// The same with q's z = 1, which spares five multiplications.
template <typename F>
JacobianPoint<F> Add(const JacobianPoint<F>& p, const AffinePoint<F>& q) {
  if (p.IsNeutral()) return ToJacobian(q);
  const F zz = p.z.Square();
  const F h = q.x * zz - p.x;
  const F r = q.y * p.z * zz - p.y;
  if (h.IsZero()) return r.IsZero() ? Double(p) : JacobianPoint<F>();
  const F hh = h.Square();
  const F hhh = h * hh;
  const F v = p.x * hh;
  const F x = r.Square() - hhh - v - v;
  return {x, r * (v - x) - p.y * hhh, p.z * h};
}

// scalar * point, by doubling and adding.
template <typename F>
JacobianPoint<F> Multiply(const JacobianPoint<F>& point, const Limbs& scalar) {
  JacobianPoint<F> result;
  for (size_t bit = 256; bit-- > 0;) {
    result = Double(result);
    if ((scalar[bit / 64] >> (bit % 64)) & 1) result = Add(result, point);
  }
  return result;
}

// Affine forms of `points`, none of them neutral, with one inversion for all.
template <typename F>
std::vector<AffinePoint<F>> ToAffine(const std::vector<JacobianPoint<F>>& points) {
  std::vector<F> products;  // products[i] = z_0 * ... * z_i
  products.reserve(points.size());
  F product = F::One();
  for (const auto& point : points) products.push_back(product = product * point.z);
  F inverse = product.Inverse();  // of z_0 * ... * z_i, i falling
  std::vector<AffinePoint<F>> result(points.size());
  for (size_t i = points.size(); i-- > 0;) {
    const F z_inverse = i == 0 ? inverse : inverse * products[i - 1];
    inverse = inverse * points[i].z;
    const F squared = z_inverse.Square();
    result[i] = {points[i].x * squared, points[i].y * squared * z_inverse};
  }
  return result;
}

// The multiples digit * 2^(kWindowBits * window) * base of one base point, so that each further
// product costs one addition per window. 2.6 MB and about 25,000 additions for a point of G1.
template <typename F>
class FixedBaseTable {
 public:
  explicit FixedBaseTable(const AffinePoint<F>& base) {
    std::vector<JacobianPoint<F>> multiples;
    multiples.reserve(kWindows * kDigits);
    JacobianPoint<F> unit = ToJacobian(base);
    for (size_t window = 0; window < kWindows; ++window) {
      JacobianPoint<F> multiple = unit;
      for (size_t digit = 1; digit <= kDigits; ++digit) {
        multiples.push_back(multiple);
        multiple = Add(multiple, unit);
      }
      unit = multiple;  // (kDigits + 1) * unit
    }
    multiples_ = ToAffine(multiples);
  }

  JacobianPoint<F> Multiply(const Fr& scalar) const {
    const Limbs limbs = scalar.ToLimbs();
    JacobianPoint<F> result;
    for (size_t window = 0; window < kWindows; ++window) {
      const size_t digit = Digit(limbs, window);
      if (digit != 0) result = Add(result, multiples_[window * kDigits + digit - 1]);
    }
    return result;
  }

 private:
  static constexpr size_t kWindowBits = 10;
  static constexpr size_t kDigits = (size_t{1} << kWindowBits) - 1;  // without zero
  static constexpr size_t kWindows = (254 + kWindowBits - 1) / kWindowBits;

  static size_t Digit(const Limbs& limbs, size_t window) {
    const size_t bit = window * kWindowBits;
    uint64_t bits = limbs[bit / 64] >> (bit % 64);
    if (bit % 64 + kWindowBits > 64 && bit / 64 < 3) bits |= limbs[bit / 64 + 1] << (64 - bit % 64);
    return static_cast<size_t>(bits & kDigits);
  }

  std::vector<AffinePoint<F>> multiples_;
};

}  // namespace benchfleet
