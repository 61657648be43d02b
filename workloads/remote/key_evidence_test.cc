#include "workloads/remote/key_evidence.h"

#include <string>

#include "attestation/refusal.h"
#include "attestation/snp_test_util.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const std::string kAskedNonce(32, 'n');
const std::string kServicesKey(32, 'k');
const absl::Time kJudgedAt = absl::FromCivil(absl::CivilDay(2026, 6, 1), absl::UTCTimeZone());

EvidenceDemand Demanding(const char* required) {
  EvidenceDemand demand;
  demand.required = required;
  return demand;
}

class KeyEvidenceTest : public testing::Test {
 protected:
  absl::StatusOr<EvidenceVerdict> Check(const KeyEvidence& evidence,
                                        const EvidenceDemand& demand = {}) {
    return CheckKeyEvidence(evidence, kAskedNonce, kServicesKey, demand, chip_.anchors(),
                            kJudgedAt);
  }
  std::string Reason(const KeyEvidence& evidence, const EvidenceDemand& demand = {}) {
    return ReasonOf(Check(evidence, demand).status());
  }

  const TestSnpChip chip_;
  TestTsmKernel kernel_{chip_};
};

TEST_F(KeyEvidenceTest, ABindingIsOfKindNonceAndKey) {
  const std::string binding = EvidenceBinding("snp", "nonce", "key").value();
  EXPECT_EQ(binding.size(), 64u);
  EXPECT_NE(binding, EvidenceBinding("snp", "other", "key").value());
  EXPECT_NE(binding, EvidenceBinding("snp", "nonc", "ekey").value());
  EXPECT_NE(binding, EvidenceBinding("snp", "nonce", "yek").value());
  EXPECT_EQ(EvidenceBinding("sgx", "nonce", "key").status().code(),
            absl::StatusCode::kUnimplemented);
}

TEST_F(KeyEvidenceTest, AHostWithoutSaysWhyAndIsTakenWhereNothingIsDemanded) {
  KernelTsmFiles nowhere("/nowhere/tsm");
  KeyEvidence evidence = MakeKeyEvidence(nowhere, kAskedNonce, kServicesKey);
  EXPECT_EQ(evidence.kind, "none");
  EXPECT_THAT(evidence.statement, StartsWith("this host has no /nowhere/tsm/report"));
  const auto verdict = Check(evidence);
  ASSERT_TRUE(verdict.ok());
  EXPECT_EQ(verdict->level, 0);
  EXPECT_EQ(verdict->words, "self-reported: " + evidence.statement);
  for (const char* required : {"any", "snp"}) {
    EXPECT_EQ(Reason(evidence, Demanding(required)), "evidence_required");
  }
  evidence.document = "a seal of wax";
  EXPECT_EQ(Reason(evidence), "evidence_format");
}

TEST_F(KeyEvidenceTest, AReportForThisNonceAndKeyIsLevelOne) {
  const KeyEvidence evidence = MakeKeyEvidence(kernel_, kAskedNonce, kServicesKey);
  EXPECT_EQ(evidence.kind, "snp");
  for (const char* required : {"none", "any", "snp"}) {
    const auto verdict = Check(evidence, Demanding(required));
    ASSERT_TRUE(verdict.ok()) << Message(verdict.status());
    EXPECT_EQ(verdict->level, 1);
    EXPECT_THAT(verdict->words, StartsWith("genuine SEV-SNP, unknown software: a Genoa guest"));
  }
  EXPECT_EQ(kernel_.folders(), 0u);
}

TEST_F(KeyEvidenceTest, AnOldReportOrAnothersIsRefused) {
  EXPECT_EQ(Reason(MakeKeyEvidence(kernel_, std::string(32, 'o'), kServicesKey)), "report_data");
  EXPECT_EQ(Reason(MakeKeyEvidence(kernel_, kAskedNonce, std::string(32, 'o'))), "report_data");
}

TEST_F(KeyEvidenceTest, BadEvidenceIsRefusedThoughNoneWasDemanded) {
  KeyEvidence evidence = MakeKeyEvidence(kernel_, kAskedNonce, kServicesKey);
  evidence.document[0x90] = 'x';
  EXPECT_EQ(Reason(evidence), "report_signature");
  evidence.document.pop_back();
  EXPECT_EQ(Reason(evidence), "format_length");
  evidence = MakeKeyEvidence(kernel_, kAskedNonce, kServicesKey);
  evidence.certificates.clear();
  EXPECT_EQ(Reason(evidence), "certificates_missing");
  evidence.kind = "sgx";
  EXPECT_EQ(Check(evidence).status().code(), absl::StatusCode::kUnimplemented);
}

// A genuine quote, which is not about our question; tdx_vectors_test.cc has those that pass.
TEST_F(KeyEvidenceTest, TdxQuotesAreCheckedToo) {
  KeyEvidence evidence{"tdx", "no quote", "", ""};
  EXPECT_EQ(Reason(evidence), "format_truncated");
  kernel_.set_provider("tdx_guest");
  evidence = MakeKeyEvidence(kernel_, kAskedNonce, kServicesKey);
  EXPECT_EQ(evidence.kind, "none") << "what the test's kernel gives is no quote";
  EXPECT_THAT(evidence.statement, StartsWith("format_"));
  EXPECT_NE(EvidenceBinding("tdx", "nonce", "key").value(),
            EvidenceBinding("snp", "nonce", "key").value());
}

TEST_F(KeyEvidenceTest, AHostWhoseEvidenceNobodyCouldCheckShowsNone) {
  kernel_.set_auxblob("");
  EXPECT_THAT(MakeKeyEvidence(kernel_, kAskedNonce, kServicesKey).statement,
              StartsWith("certificates_missing: the hypervisor gave no certificates"));
  kernel_.set_provider("arm_cca_guest");
  const KeyEvidence evidence = MakeKeyEvidence(kernel_, kAskedNonce, kServicesKey);
  EXPECT_EQ(evidence.kind, "none");
  EXPECT_THAT(evidence.statement, HasSubstr("this host gives evidence by 'arm_cca_guest'"));
}

}  // namespace
}  // namespace benchfleet
