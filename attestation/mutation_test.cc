// Damaged evidence, always the same: whatever comes out of a few thousand random changes is
// refused, or was found to say what the undamaged one says (PEM may hold other line breaks, zeros
// may follow a quote). A build with sanitizers finds what reads past an end.
#include <algorithm>
#include <random>
#include <string>

#include "attestation/refusal.h"
#include "attestation/snp_check.h"
#include "attestation/snp_test_util.h"
#include "attestation/tdx_check.h"
#include "attestation/tdx_test_util.h"
#include "base/status.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

constexpr int kMutations = 3000;
const std::string kMutatedAbout(64, 'z');
const absl::Time kMutatedAt = absl::FromCivil(absl::CivilDay(2026, 6, 1), absl::UTCTimeZone());

class EvidenceMutator {
 public:
  std::string Mutated(std::string bytes) {
    const size_t changes = 1 + Below(3);
    for (size_t i = 0; i < changes; ++i) Change(&bytes);
    return bytes;
  }

 private:
  size_t Below(size_t bound) { return random_() % std::max<size_t>(bound, 1); }

  void Change(std::string* bytes) {
    if (bytes->empty()) return;
    const size_t at = Below(bytes->size());
    switch (Below(6)) {
      case 0:
        (*bytes)[at] = static_cast<char>((*bytes)[at] ^ (1 << Below(8)));
        break;
      case 1:
        bytes->resize(at);
        break;
      case 2:
        bytes->erase(at, 1 + Below(40));
        break;
      case 3:
        bytes->insert(at, std::string(1 + Below(40), static_cast<char>(random_())));
        break;
      case 4:  // as a length would be made huge
        bytes->replace(at, std::min<size_t>(4, bytes->size() - at), "\xff\xff\xff\xff");
        break;
      default:  // one part where another was
        bytes->replace(at, std::min<size_t>(64, bytes->size() - at),
                       bytes->substr(Below(bytes->size()), 64));
    }
  }

  std::mt19937_64 random_{20261121};
};

TEST(EvidenceMutationTest, AReportAndItsCertificates) {
  const TestSnpChip chip;
  const std::string report = chip.Report(kMutatedAbout);
  const std::string table = chip.CertificateTable();
  const auto check = [&](const std::string& document,
                         const std::string& certificates) -> absl::StatusOr<SnpFindings> {
    BF_ASSIGN_OR_RETURN(const SnpReport parsed, ParseSnpReport(document));
    BF_ASSIGN_OR_RETURN(const SnpCertificates read,
                        ParseSnpCertificates(certificates, parsed.signer));
    return CheckSnpEvidence(document, read, kMutatedAbout, {}, chip.anchors(), kMutatedAt);
  };
  const absl::StatusOr<SnpFindings> good = check(report, table);
  ASSERT_TRUE(good.ok()) << Message(good.status());
  EvidenceMutator mutator;
  int refused = 0;
  for (int i = 0; i < kMutations; ++i) {
    const bool of_report = i % 3 == 0;
    const std::string document = of_report ? mutator.Mutated(report) : report;
    const std::string certificates = of_report ? table : mutator.Mutated(table);
    const absl::StatusOr<SnpFindings> findings = check(document, certificates);
    if (!findings.ok()) {
      ++refused;
      EXPECT_NE(ReasonOf(findings.status()), "") << Message(findings.status());
      continue;
    }
    EXPECT_EQ(findings->measurement, good->measurement);
    EXPECT_EQ(findings->tcb, good->tcb);
    EXPECT_EQ(document, report) << "no bit of a report is free";
  }
  EXPECT_GT(refused, kMutations * 9 / 10);
}

TEST(EvidenceMutationTest, AQuote) {
  const TestTdxPlatform platform;
  const std::string quote = platform.Quote(kMutatedAbout);
  const auto check = [&](const std::string& bytes) {
    return CheckTdxQuoteWithoutTcb(bytes, kMutatedAbout, platform.anchors(), kMutatedAt);
  };
  const absl::StatusOr<TdxFindings> good = check(quote);
  ASSERT_TRUE(good.ok()) << Message(good.status());
  EvidenceMutator mutator;
  int refused = 0;
  for (int i = 0; i < kMutations; ++i) {
    const absl::StatusOr<TdxFindings> findings = check(mutator.Mutated(quote));
    if (!findings.ok()) {
      ++refused;
      EXPECT_NE(ReasonOf(findings.status()), "") << Message(findings.status());
      continue;
    }
    EXPECT_EQ(findings->measurement, good->measurement);
    EXPECT_EQ(findings->issuer, good->issuer);
  }
  EXPECT_GT(refused, kMutations * 8 / 10);
}

}  // namespace
}  // namespace benchfleet
