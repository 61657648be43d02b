// What no genuine report can show, with throw-away keys.
#include "attestation/snp_check.h"

#include <string>

#include "attestation/refusal.h"
#include "attestation/snp_test_util.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using testing::HasSubstr;

const std::string kAbout(kSnpReportDataBytes, 'a');
const absl::Time kNow = absl::FromCivil(absl::CivilDay(2026, 6, 1), absl::UTCTimeZone());

absl::Status Judge(const TestSnpChip& chip, const std::string& report,
                   const SnpPolicy& policy = {}) {
  return CheckSnpEvidence(report, chip.certificates(), kAbout, policy, chip.anchors(), kNow)
      .status();
}

std::string ReasonFor(const TestChainOptions& options) {
  const TestSnpChip chip(options);
  return ReasonOf(Judge(chip, chip.Report(kAbout)));
}

TEST(SnpCheckTest, AGoodChainIsAcceptedOfEveryProduct) {
  for (const char* product : {"Genoa", "Turin"}) {
    const TestSnpChip chip({.product = product});
    const absl::Status status = Judge(chip, chip.Report(kAbout));
    EXPECT_TRUE(status.ok()) << product << ": " << Message(status);
  }
}

TEST(SnpCheckTest, ARootOfTheSameNameIsNotTheRoot) {
  EXPECT_EQ(ReasonFor({.other_root_key = true}), "root_untrusted");
  const TestSnpChip chip;
  EXPECT_EQ(ReasonOf(CheckSnpEvidence(chip.Report(kAbout), chip.certificates(), kAbout, {},
                                      PinnedTrustAnchors(), kNow)
                         .status()),
            "root_untrusted");
}

TEST(SnpCheckTest, TheChainHasTheRightKinds) {
  EXPECT_EQ(ReasonFor({.leaf_curve = "P-256"}), "leaf_key");
  EXPECT_EQ(ReasonFor({.leaf_name = "SEV-VLEK"}), "leaf_kind");
  EXPECT_EQ(ReasonFor({.pss = false}), "chain_algorithm");
  EXPECT_EQ(ReasonFor({.intermediate_is_ca = false}), "chain_signature");
  EXPECT_EQ(ReasonFor({.intermediate_signs_certificates = false}), "chain_signature");
}

TEST(SnpCheckTest, ALeafDoesNotIssueOthers) {
  const TestSnpChip chip;
  SnpCertificates shifted = chip.certificates();
  shifted.intermediate = shifted.leaf;
  EXPECT_EQ(
      ReasonOf(CheckSnpEvidence(chip.Report(kAbout), shifted, kAbout, {}, chip.anchors(), kNow)
                   .status()),
      "intermediate_kind");
}

TEST(SnpCheckTest, TheLeafIsOfThisFirmwareAndChip) {
  EXPECT_EQ(ReasonFor({.leaf_microcode = 83}), "leaf_tcb");
  EXPECT_EQ(ReasonFor({.leaf_microcode = 200}), "leaf_tcb");
  EXPECT_EQ(ReasonFor({.chip = 'd'}), "leaf_hwid");
  EXPECT_EQ(ReasonFor({.product = "Turin", .chip = 'd'}), "leaf_hwid");
  EXPECT_EQ(ReasonFor({.microcode_twice = true}), "leaf_extension");
}

TEST(SnpCheckTest, SignedReportsOfBadGuestsAreRefused) {
  const TestSnpChip chip;
  const auto reason = [&](const TestSnpChip::Change& change) {
    return ReasonOf(Judge(chip, chip.Report(kAbout, change)));
  };
  EXPECT_EQ(reason([](std::string& report) { report[10] |= 0x08; }), "policy_debug");
  EXPECT_EQ(reason([](std::string& report) { report[10] |= 0x04; }), "policy_migrate");
  EXPECT_EQ(reason([](std::string& report) { report[10] = 1; }), "policy_reserved");
  EXPECT_EQ(reason([](std::string& report) { report[0x30] = 3; }), "vmpl");
  EXPECT_EQ(reason([](std::string& report) { report[0x1E0 + 6] = 24; }), "tcb_order");
  EXPECT_EQ(reason([](std::string& report) { report[0x50] = 'b'; }), "report_data");
  EXPECT_EQ(reason([](std::string& report) { report[0x189] = 1; }), "product_mismatch");
  EXPECT_EQ(reason([](std::string& report) { report[0x188] = 0x17; }), "product_unknown");
  // What is not looked at is not refused.
  EXPECT_EQ(reason([](std::string& report) { report[0x40] = 0x7f; }), "");
}

TEST(SnpCheckTest, AnExpectationOfAnotherLengthIsNoMatch) {
  const TestSnpChip chip;
  for (const size_t size : {0u, 63u}) {
    EXPECT_EQ(ReasonOf(CheckSnpEvidence(chip.Report(kAbout), chip.certificates(),
                                        kAbout.substr(0, size), {}, chip.anchors(), kNow)
                           .status()),
              "report_data");
  }
}

TEST(SnpCheckTest, TheAllowListDecidesWhereThereIsOne) {
  const TestSnpChip chip;
  std::string listed;
  for (int i = 0; i < 48; ++i) listed += "6d";  // 'm'
  EXPECT_TRUE(Judge(chip, chip.Report(kAbout), {.measurements = {listed}}).ok());
  const absl::Status refusal =
      Judge(chip, chip.Report(kAbout), {.measurements = {std::string(96, '0')}});
  EXPECT_EQ(ReasonOf(refusal), "measurement");
  EXPECT_THAT(Message(refusal), HasSubstr(listed)) << "so that it can be added to the list";
}

TEST(SnpCertificatesTest, ATableIsReadAndABadOneNamed) {
  const TestSnpChip chip;
  const std::string table = chip.CertificateTable();
  const auto certificates = ParseSnpCertificates(table, SnpSigner::kVcek);
  ASSERT_TRUE(certificates.ok()) << Message(certificates.status());
  EXPECT_EQ(certificates->leaf, chip.certificates().leaf);
  EXPECT_EQ(certificates->root, chip.certificates().root);
  const auto reason = [](const std::string& bytes, SnpSigner signer = SnpSigner::kVcek) {
    return ReasonOf(ParseSnpCertificates(bytes, signer).status());
  };
  EXPECT_EQ(reason(table, SnpSigner::kVlek), "certificates_missing");
  EXPECT_EQ(reason(""), "certificates_missing");
  EXPECT_EQ(reason(std::string(4096, '\0')), "certificates_missing") << "nothing was provisioned";
  EXPECT_EQ(reason(table.substr(0, table.size() - 1)), "certificates_format");
  EXPECT_EQ(reason(table.substr(0, 30)), "certificates_format");
  std::string wild = table;
  wild.replace(16, 4, "\xff\xff\xff\xff");
  EXPECT_EQ(reason(wild), "certificates_format");
  wild = table;
  wild.replace(24, 16, table.substr(0, 16));
  EXPECT_EQ(reason(wild), "certificates_format") << "twice";
}

TEST(SnpCheckTest, CertificatesAreTakenWhole) {
  const TestSnpChip chip;
  SnpCertificates longer = chip.certificates();
  longer.leaf += '\0';
  EXPECT_EQ(
      ReasonOf(
          CheckSnpEvidence(chip.Report(kAbout), longer, kAbout, {}, chip.anchors(), kNow).status()),
      "certificate_format");
}

}  // namespace
}  // namespace benchfleet
