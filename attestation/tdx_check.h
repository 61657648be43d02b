// Is a TDX quote signed by a processor of Intel's, about what was asked, and of a guest that nobody
// looks into? **Its TCB is not judged**: whether the platform's firmware is up to date, or was
// withdrawn, is told by Intel's collateral (TCB info, quoting enclave's identity, revocation
// lists), which nobody fetches here. So a quote that passes shows less than an SEV-SNP report does,
// and must never be called accepted as up to date: a key that leaked from old firmware passes as
// well.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "attestation/tdx_quote.h"
#include "attestation/trust_anchors.h"

namespace benchfleet {

struct TdxFindings {
  std::string measurement;  // MRTD, hexadecimal
  std::string issuer;       // "Intel SGX PCK Platform CA"
};

// `report_data` is what the quote must be about, 64 bytes. Errors, refusals: those of
// ParseTdxQuote, ChainCertificate and CheckChainOfThree, and root_untrusted, leaf_kind,
// intermediate_kind, leaf_key, qe_signature, qe_report_data, key_format, quote_signature, debug,
// td_attributes, seam_module, policy_migrate, report_data.
absl::StatusOr<TdxFindings> CheckTdxQuoteWithoutTcb(std::string_view quote,
                                                    std::string_view report_data,
                                                    const TrustAnchors& anchors, absl::Time now);

}  // namespace benchfleet
