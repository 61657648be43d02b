#include "workloads/proving/bn254_curve.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/ids.h"

namespace benchfleet {
namespace {

template <typename Field>
Field RandomElement(Random& random) {
  Limbs limbs{};
  for (uint64_t& limb : limbs) limb = random.Next();
  limbs[3] &= (uint64_t{1} << 61) - 1;
  return Field::FromLimbs(limbs);
}

template <typename Field>
class PrimeFieldTest : public testing::Test {};
using Fields = testing::Types<Fq, Fr>;
TYPED_TEST_SUITE(PrimeFieldTest, Fields);

TYPED_TEST(PrimeFieldTest, ObeysTheLawsOfAField) {
  Random random(7);
  for (int i = 0; i < 200; ++i) {
    const auto a = RandomElement<TypeParam>(random);
    const auto b = RandomElement<TypeParam>(random);
    const auto c = RandomElement<TypeParam>(random);
    EXPECT_EQ(a + b, b + a);
    EXPECT_EQ((a + b) + c, a + (b + c));
    EXPECT_EQ(a * b, b * a);
    EXPECT_EQ((a * b) * c, a * (b * c));
    EXPECT_EQ(a * (b + c), a * b + a * c);
    EXPECT_EQ(a - b + b, a);
    EXPECT_EQ(a * a.Inverse(), TypeParam::One());
    EXPECT_EQ(a.Square(), a * a);
  }
}

TYPED_TEST(PrimeFieldTest, WrapsAroundAtTheModulus) {
  const TypeParam minus_one =
      TypeParam::FromLimbs(LimbsSubtract(TypeParam::kModulus, {1, 0, 0, 0}));
  EXPECT_TRUE((minus_one + TypeParam::One()).IsZero());
  EXPECT_EQ(TypeParam() - TypeParam::One(), minus_one);
  EXPECT_EQ(minus_one * minus_one, TypeParam::One());
  EXPECT_TRUE(TypeParam().Inverse().IsZero());
  EXPECT_EQ(TypeParam::FromUint64(~uint64_t{0}) + TypeParam::One(),
            TypeParam::FromLimbs({0, 1, 0, 0}));
}

TYPED_TEST(PrimeFieldTest, KnowsItsOrder) {
  Random random(8);
  const auto a = RandomElement<TypeParam>(random);
  EXPECT_EQ(a.Power(TypeParam::kModulus), a);
  EXPECT_NE(a.Power(LimbsSubtract(TypeParam::kModulus, {1, 0, 0, 0})), a);
}

TYPED_TEST(PrimeFieldTest, SurvivesEncoding) {
  Random random(9);
  for (int i = 0; i < 50; ++i) {
    const auto a = RandomElement<TypeParam>(random);
    EXPECT_EQ(TypeParam::FromBigEndian(a.ToBigEndian()), a);
    EXPECT_EQ(TypeParam::FromLimbs(a.ToLimbs()), a);
  }
  std::array<uint8_t, 32> bytes{};
  bytes[30] = 1;
  EXPECT_EQ(TypeParam::FromBigEndian(bytes), TypeParam::FromUint64(256));
}

TYPED_TEST(PrimeFieldTest, RefusesAnEncodingThatIsNotReduced) {
  std::array<uint8_t, 32> modulus{};
  for (size_t i = 0; i < 32; ++i) {
    modulus[31 - i] = static_cast<uint8_t>(TypeParam::kModulus[i / 8] >> (8 * (i % 8)));
  }
  EXPECT_FALSE(TypeParam::FromBigEndian(modulus).has_value());
  modulus[31] = static_cast<uint8_t>(modulus[31] - 1);
  EXPECT_TRUE(TypeParam::FromBigEndian(modulus).has_value());
}

TEST(Fq2Test, SquaresItsUnitToMinusOne) {
  const Fq2 u = {Fq(), Fq::One()};
  EXPECT_EQ(u * u, (Fq2{Fq() - Fq::One(), Fq()}));
  const Fq2 a = {Fq::FromUint64(5), Fq::FromUint64(11)};
  EXPECT_EQ(a * a.Inverse(), Fq2::One());
}

G1Affine OneAffine(const JacobianPoint<Fq>& point) { return ToAffine<Fq>({point})[0]; }
G2Affine OneAffine(const JacobianPoint<Fq2>& point) { return ToAffine<Fq2>({point})[0]; }

TEST(CurveTest, HasTheGeneratorsOfOrderR) {
  EXPECT_TRUE(IsOnCurve(G1Generator()));
  EXPECT_TRUE(IsOnCurve(G2Generator()));
  EXPECT_FALSE(IsOnCurve(G1Affine{Fq::FromUint64(1), Fq::FromUint64(3)}));
  EXPECT_TRUE(Multiply(ToJacobian(G1Generator()), Fr::kModulus).IsNeutral());
  EXPECT_TRUE(Multiply(ToJacobian(G2Generator()), Fr::kModulus).IsNeutral());
}

TEST(CurveTest, DoublesTheGeneratorAsPublished) {
  // The value of 2 * G1 that implementations of EIP-196 test against.
  const G1Affine expected = {Fq::FromLimbs({0xd3c208c16d87cfd3, 0xd97816a916871ca8,
                                            0x9b85045b68181585, 0x030644e72e131a02}),
                             Fq::FromLimbs({0xff3ebf7a5a18a2c4, 0x68a6a449e3538fc7,
                                            0xe7845f96b2ae9c0a, 0x15ed738c0e0a7c92})};
  EXPECT_EQ(OneAffine(Double(ToJacobian(G1Generator()))), expected);
}

template <typename F>
void ExpectGroupLaws(const AffinePoint<F>& generator) {
  Random random(11);
  const auto g = ToJacobian(generator);
  for (int i = 0; i < 10; ++i) {
    const auto p = Multiply(g, RandomElement<Fr>(random).ToLimbs());
    const auto q = Multiply(g, RandomElement<Fr>(random).ToLimbs());
    const auto q_affine = OneAffine(q);
    EXPECT_TRUE(IsOnCurve(OneAffine(p)));
    EXPECT_TRUE(IsOnCurve(OneAffine(Add(p, q))));
    EXPECT_EQ(OneAffine(Add(p, q)), OneAffine(Add(q, p)));
    EXPECT_EQ(OneAffine(Add(p, q)), OneAffine(Add(p, q_affine)));
    EXPECT_EQ(OneAffine(Add(Add(p, q), g)), OneAffine(Add(p, Add(q, g))));
    EXPECT_EQ(OneAffine(Add(Double(p), p)), OneAffine(Multiply(p, {3, 0, 0, 0})));
  }
}

TEST(CurveTest, ObeysTheGroupLawsInG1) { ExpectGroupLaws(G1Generator()); }
TEST(CurveTest, ObeysTheGroupLawsInG2) { ExpectGroupLaws(G2Generator()); }

TEST(CurveTest, AddsEqualOppositeAndNeutralPoints) {
  const auto g = ToJacobian(G1Generator());
  const G1Affine minus_g = {G1Generator().x, Fq() - G1Generator().y};
  const JacobianPoint<Fq> neutral;
  EXPECT_EQ(OneAffine(Add(g, g)), OneAffine(Double(g)));
  EXPECT_EQ(OneAffine(Add(g, G1Generator())), OneAffine(Double(g)));
  EXPECT_TRUE(Add(g, minus_g).IsNeutral());
  EXPECT_TRUE(Add(g, ToJacobian(minus_g)).IsNeutral());
  EXPECT_EQ(OneAffine(Add(neutral, g)), G1Generator());
  EXPECT_EQ(OneAffine(Add(g, neutral)), G1Generator());
  EXPECT_EQ(OneAffine(Add(neutral, G1Generator())), G1Generator());
  EXPECT_TRUE(Double(neutral).IsNeutral());
}

TEST(CurveTest, NormalisesABatchAsOneByOne) {
  std::vector<JacobianPoint<Fq>> points;
  JacobianPoint<Fq> point = ToJacobian(G1Generator());
  for (int i = 0; i < 20; ++i) points.push_back(point = Double(point));
  const auto batch = ToAffine(points);
  for (size_t i = 0; i < points.size(); ++i) EXPECT_EQ(batch[i], OneAffine(points[i])) << i;
  EXPECT_TRUE(ToAffine(std::vector<JacobianPoint<Fq>>()).empty());
}

TEST(CurveTest, MultipliesByTableAsByDoubling) {
  const FixedBaseTable<Fq> table(G1Generator());
  const auto g = ToJacobian(G1Generator());
  Random random(12);
  std::vector<Fr> scalars = {Fr::One(), Fr::FromUint64(1023), Fr::FromUint64(1024),
                             Fr() - Fr::One()};
  for (size_t bit = 0; bit < 253; ++bit) {
    Limbs limbs{};
    limbs[bit / 64] = uint64_t{1} << (bit % 64);
    scalars.push_back(Fr::FromLimbs(limbs));
  }
  for (int i = 0; i < 50; ++i) scalars.push_back(RandomElement<Fr>(random));
  for (const Fr& scalar : scalars) {
    EXPECT_EQ(OneAffine(table.Multiply(scalar)), OneAffine(Multiply(g, scalar.ToLimbs())));
  }
  EXPECT_TRUE(table.Multiply(Fr()).IsNeutral());
}

}  // namespace
}  // namespace benchfleet
