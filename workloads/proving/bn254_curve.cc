#include "workloads/proving/bn254_curve.h"

namespace benchfleet {
namespace {

template <typename F>
bool SatisfiesEquation(const AffinePoint<F>& point, const F& b) {
  return point.y.Square() == point.x.Square() * point.x + b;
}

}  // namespace

G1Affine G1Generator() { return {Fq::FromUint64(1), Fq::FromUint64(2)}; }

G2Affine G2Generator() {
  return {{Fq::FromLimbs(
               {0x46debd5cd992f6ed, 0x674322d4f75edadd, 0x426a00665e5c4479, 0x1800deef121f1e76}),
           Fq::FromLimbs(
               {0x97e485b7aef312c2, 0xf1aa493335a9e712, 0x7260bfb731fb5d25, 0x198e9393920d483a})},
          {Fq::FromLimbs(
               {0x4ce6cc0166fa7daa, 0xe3d1e7690c43d37b, 0x4aab71808dcb408f, 0x12c85ea5db8c6deb}),
           Fq::FromLimbs(
               {0x55acdadcd122975b, 0xbc4b313370b38ef3, 0xec9e99ad690c3395, 0x090689d0585ff075})}};
}

bool IsOnCurve(const G1Affine& point) { return SatisfiesEquation(point, Fq::FromUint64(3)); }

bool IsOnCurve(const G2Affine& point) {
  // The sextic twist: b = 3 / (9 + u).
  const Fq2 twist = {Fq::FromUint64(9), Fq::FromUint64(1)};
  const Fq2 three = {Fq::FromUint64(3), Fq()};
  return SatisfiesEquation(point, three * twist.Inverse());
}

}  // namespace benchfleet
