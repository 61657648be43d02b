// The certificates that come with an SEV-SNP report. The hypervisor hands them to the guest as a
// table (GHCB specification 56421, "SNP Extended Guest Request"): rows of GUID[16], offset u32,
// length u32, a row of zeros at its end, then what the rows point to. The guest's kernel gives that
// table as `auxblob`.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "attestation/snp_report.h"

namespace benchfleet {

// DER.
struct SnpCertificates {
  std::string leaf;          // VCEK or VLEK
  std::string intermediate;  // ASK or ASVK
  std::string root;          // ARK
};

// The three that a report by `signer` needs. Errors, refusals: certificates_missing, an empty table
// or one without them; certificates_format, rows that point outside or are there twice.
absl::StatusOr<SnpCertificates> ParseSnpCertificates(std::string_view table, SnpSigner signer);

}  // namespace benchfleet
