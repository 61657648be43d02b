// Is an SEV-SNP report genuine, about what was asked, and of a guest that nobody looks into? All of
// it, in the order structure, signatures, policy; what is missing is refused.
//
// What is shown when it passes: an AMD processor of a known product signed a report for a guest
// with this launch measurement, whose debugging and migration are off, and the guest asked for it
// with `report_data`. What is not: which software the guest runs, unless its measurement is in the
// policy's list; that the firmware's security versions are the newest; anything about speed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "attestation/snp_certificates.h"
#include "attestation/snp_report.h"
#include "attestation/trust_anchors.h"

namespace benchfleet {

struct SnpPolicy {
  uint32_t report_version_min = 2;
  // Privilege level of who asked: 0 alone is the guest's own kernel or below it. Raise it only
  // where the software at the levels below is measured.
  uint32_t vmpl_max = 0;
  // Cloud providers whose VLEK counts, such as "cc-us-east-2.amazonaws.com". None by default: such
  // a key names a provider and not a chip.
  std::vector<std::string> vlek_providers = {};
  // Launch measurements that are allowed, 96 hexadecimal digits in lower case. Empty: any.
  std::vector<std::string> measurements = {};
};

struct SnpFindings {
  std::string product;      // "Genoa"
  std::string measurement;  // hexadecimal
  std::string tcb;          // "boot loader 10, TEE 0, SNP 23, microcode 84", as reported
  std::string signer;       // "VCEK", "VLEK of cc-us-east-2.amazonaws.com"
  bool measurement_listed = false;
};

// `report_data` is what the report must be about, 64 bytes. Errors, refusals: those of
// ParseSnpReport, ChainCertificate and CheckChainOfThree, and product_unknown, product_mismatch,
// leaf_kind, intermediate_kind, root_untrusted, leaf_key, report_signature, leaf_extension,
// leaf_tcb, leaf_hwid, vlek_csp, report_version, policy_reserved, policy_debug, policy_migrate,
// vmpl, tcb_order, measurement, report_data.
absl::StatusOr<SnpFindings> CheckSnpEvidence(std::string_view report,
                                             const SnpCertificates& certificates,
                                             std::string_view report_data, const SnpPolicy& policy,
                                             const TrustAnchors& anchors, absl::Time now);

}  // namespace benchfleet
