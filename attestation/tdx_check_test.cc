// What no genuine quote can show, with throw-away keys.
#include "attestation/tdx_check.h"

#include <string>

#include "attestation/refusal.h"
#include "attestation/tdx_test_util.h"
#include "base/status.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

const std::string kQuotedData(64, 'q');
const absl::Time kQuoteTime = absl::FromCivil(absl::CivilDay(2026, 6, 1), absl::UTCTimeZone());

class TdxCheckTest : public testing::Test {
 protected:
  absl::StatusOr<TdxFindings> Check(const std::string& quote) const {
    return CheckTdxQuoteWithoutTcb(quote, kQuotedData, platform_.anchors(), kQuoteTime);
  }
  // Of a quote whose byte at `offset` of the trust domain's part is signed as `value`.
  std::string ReasonWith(size_t offset, char value) const {
    const auto change = [&](std::string& part) { part[48 + offset] = value; };
    return ReasonOf(Check(platform_.Quote(kQuotedData, change)).status());
  }

  const TestTdxPlatform platform_;
};

TEST_F(TdxCheckTest, AGoodQuoteTellsWhatItIsOf) {
  const auto findings = Check(platform_.Quote(kQuotedData));
  ASSERT_TRUE(findings.ok()) << Message(findings.status());
  EXPECT_EQ(findings->measurement.substr(0, 6), "6d6d6d");
  EXPECT_EQ(findings->issuer, "Intel SGX PCK Platform CA");
}

TEST_F(TdxCheckTest, SignedQuotesOfBadGuestsAreRefused) {
  constexpr size_t kSeamSigner = 64;
  constexpr size_t kSeamAttributes = 112;
  constexpr size_t kTdAttributes = 120;
  EXPECT_EQ(ReasonWith(kTdAttributes, 1), "debug");
  EXPECT_EQ(ReasonWith(kTdAttributes, 2), "td_attributes");
  EXPECT_EQ(ReasonWith(kTdAttributes + 3, 0x20), "policy_migrate");
  EXPECT_EQ(ReasonWith(kSeamSigner, 1), "seam_module");
  EXPECT_EQ(ReasonWith(kSeamAttributes, 1), "seam_module");
  EXPECT_EQ(ReasonWith(520, 'x'), "report_data");
  EXPECT_EQ(ReasonWith(0, 9), "") << "its TCB is not judged";
}

TEST_F(TdxCheckTest, AKeyThatNobodyVouchesForSignsNothing) {
  EXPECT_EQ(ReasonOf(Check(platform_.Quote(kQuotedData, nullptr, /*own_key=*/true)).status()),
            "qe_report_data");
}

TEST_F(TdxCheckTest, ARootOfTheSameNameIsNotTheRoot) {
  const TestTdxPlatform other;
  EXPECT_EQ(ReasonOf(Check(other.Quote(kQuotedData)).status()), "root_untrusted");
  EXPECT_EQ(
      ReasonOf(
          CheckTdxQuoteWithoutTcb(other.Quote(kQuotedData), kQuotedData, {}, kQuoteTime).status()),
      "root_untrusted")
      << "no anchor is not any anchor";
}

}  // namespace
}  // namespace benchfleet
