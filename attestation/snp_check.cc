#include "attestation/snp_check.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <optional>

#include "absl/strings/escaping.h"
#include "attestation/certificate_chain.h"
#include "attestation/refusal.h"
#include "attestation/snp_leaf.h"
#include "base/status.h"

namespace benchfleet {
namespace {

// Of the guest's POLICY.
constexpr uint64_t kPolicyReservedOne = 1ull << 17;
constexpr uint64_t kPolicyMigrationAgent = 1ull << 18;
constexpr uint64_t kPolicyDebug = 1ull << 19;

struct SnpChain {
  ChainCertificate leaf;
  ChainCertificate intermediate;
  ChainCertificate root;
};

absl::StatusOr<SnpChain> ReadSnpChain(const SnpCertificates& certificates) {
  BF_ASSIGN_OR_RETURN(ChainCertificate leaf, ChainCertificate::FromDer(certificates.leaf, "leaf"));
  BF_ASSIGN_OR_RETURN(ChainCertificate intermediate,
                      ChainCertificate::FromDer(certificates.intermediate, "intermediate"));
  BF_ASSIGN_OR_RETURN(ChainCertificate root, ChainCertificate::FromDer(certificates.root, "root"));
  return SnpChain{std::move(leaf), std::move(intermediate), std::move(root)};
}

// That the three are the kinds that they stand for, of this product.
absl::Status CheckSnpNames(const SnpChain& chain, SnpSigner signer, const std::string& product,
                           const TrustAnchors& anchors) {
  const bool vcek = signer == SnpSigner::kVcek;
  const std::string leaf_name = vcek ? "SEV-VCEK" : "SEV-VLEK";
  if (chain.leaf.SubjectCommonName() != leaf_name) {
    return Refused("leaf_kind", absl::StrFormat("the leaf is '%s'; the report was signed by %s",
                                                chain.leaf.SubjectCommonName(), leaf_name));
  }
  const std::string issuer = (vcek ? "SEV-" : "SEV-VLEK-") + product;
  if (chain.leaf.IssuerCommonName() != issuer) {
    return Refused("product_mismatch",
                   absl::StrFormat("the leaf was issued by '%s'; a report of %s needs '%s'",
                                   chain.leaf.IssuerCommonName(), product, issuer));
  }
  const auto pinned = anchors.amd_roots.find(product);
  if (pinned == anchors.amd_roots.end() || chain.root.Sha256Hex() != pinned->second) {
    return Refused("root_untrusted", absl::StrFormat("the root is not AMD's for %s but '%s'",
                                                     product, chain.root.SubjectCommonName()));
  }
  if (chain.intermediate.SubjectCommonName() != issuer) {
    return Refused("intermediate_kind",
                   absl::StrFormat("the intermediate is '%s'; expected '%s'",
                                   chain.intermediate.SubjectCommonName(), issuer));
  }
  return absl::OkStatus();
}

absl::Status CheckSnpSignatures(const SnpReport& report, const SnpChain& chain, absl::Time now) {
  for (const ChainCertificate* certificate : {&chain.leaf, &chain.intermediate, &chain.root}) {
    BF_RETURN_IF_ERROR(certificate->CheckSignedByPss384());
  }
  BF_RETURN_IF_ERROR(chain.intermediate.CheckRsa4096Key());
  BF_RETURN_IF_ERROR(chain.root.CheckRsa4096Key());
  BF_RETURN_IF_ERROR(CheckChainOfThree(chain.leaf, chain.intermediate, chain.root, now));
  BF_ASSIGN_OR_RETURN(const EcdsaKey key,
                      EcdsaKey::OfCertificate(chain.leaf, EcdsaKey::Curve::kP384));
  if (key.Verifies(report.signed_part, report.r, report.s)) return absl::OkStatus();
  return Refused("report_signature", "the report was not signed by its certificate's key");
}

// Sets findings->signer.
absl::Status CheckSnpLeaf(const SnpReport& report, const ChainCertificate& leaf,
                          const SnpPolicy& policy, SnpFindings* findings) {
  BF_RETURN_IF_ERROR(CheckSnpLeafTcb(leaf, findings->product, report.reported_tcb));
  if (report.signer == SnpSigner::kVcek) {
    findings->signer = "VCEK";
    return CheckSnpLeafChip(leaf, findings->product, report.chip_id);
  }
  BF_ASSIGN_OR_RETURN(const std::string provider, VlekProvider(leaf));
  const auto& allowed = policy.vlek_providers;
  if (std::find(allowed.begin(), allowed.end(), provider) == allowed.end()) {
    return Refused("vlek_csp", absl::StrFormat("signed by a VLEK of '%s', which is not among the "
                                               "allowed vlek_providers",
                                               provider));
  }
  findings->signer = "VLEK of " + provider;
  return absl::OkStatus();
}

absl::Status CheckSnpPolicy(const SnpReport& report, const SnpPolicy& policy) {
  if (report.version < policy.report_version_min) {
    return Refused("report_version", absl::StrFormat("a report of version %d; at least %d is asked",
                                                     report.version, policy.report_version_min));
  }
  if ((report.policy & kPolicyReservedOne) == 0) {
    return Refused("policy_reserved", "bit 17 of the guest's policy is not set");
  }
  if ((report.policy & kPolicyDebug) != 0) {
    return Refused("policy_debug", "the host may debug this guest: read and write its memory");
  }
  if ((report.policy & kPolicyMigrationAgent) != 0) {
    return Refused("policy_migrate", "a migration agent may move this guest elsewhere");
  }
  if (report.vmpl > policy.vmpl_max) {
    return Refused("vmpl", absl::StrFormat("asked for at privilege level %d; at most %d is allowed",
                                           report.vmpl, policy.vmpl_max));
  }
  for (size_t i = 0; i < report.committed_tcb.size(); ++i) {
    if (report.committed_tcb[i] > report.current_tcb[i]) {
      return Refused("tcb_order", "the committed firmware is newer than the current one");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SnpFindings> CheckSnpEvidence(std::string_view report_bytes,
                                             const SnpCertificates& certificates,
                                             std::string_view report_data, const SnpPolicy& policy,
                                             const TrustAnchors& anchors, absl::Time now) {
  BF_ASSIGN_OR_RETURN(const SnpReport report, ParseSnpReport(report_bytes));
  BF_ASSIGN_OR_RETURN(const SnpChain chain, ReadSnpChain(certificates));
  SnpFindings findings;
  if (report.cpu.has_value()) {
    BF_ASSIGN_OR_RETURN(findings.product, SnpProductOfCpu(*report.cpu));
  } else {
    BF_ASSIGN_OR_RETURN(findings.product, SnpProductOfLeaf(chain.leaf));
  }
  BF_RETURN_IF_ERROR(CheckSnpNames(chain, report.signer, findings.product, anchors));
  BF_RETURN_IF_ERROR(CheckSnpSignatures(report, chain, now));
  BF_RETURN_IF_ERROR(CheckSnpLeaf(report, chain.leaf, policy, &findings));
  BF_RETURN_IF_ERROR(CheckSnpPolicy(report, policy));
  if (report_data.size() != report.report_data.size() ||
      CRYPTO_memcmp(report_data.data(), report.report_data.data(), report_data.size()) != 0) {
    return Refused("report_data", "the report is about another nonce or key");
  }
  findings.measurement = absl::BytesToHexString(report.measurement);
  findings.tcb = DescribeSnpTcb(findings.product, report.reported_tcb);
  if (policy.measurements.empty()) return findings;
  const auto& listed = policy.measurements;
  if (std::find(listed.begin(), listed.end(), findings.measurement) == listed.end()) {
    return Refused("measurement", absl::StrFormat("the guest's measurement %s is not in the list",
                                                  findings.measurement));
  }
  findings.measurement_listed = true;
  return findings;
}

}  // namespace benchfleet
