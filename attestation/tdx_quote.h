// The quote of an Intel TDX guest, versions 4 and 5, little endian. Layout and names are those of
// Intel's "TDX DCAP: Quote Generation Library and Quote Verification Library", appendix A.3 and
// A.4.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace benchfleet {

inline constexpr size_t kTdxQuoteBytesMax = 16u << 10;  // with the zeros behind it

// A value; byte strings are copies.
struct TdxQuote {
  uint16_t version = 0;
  // ---- of the trust domain
  std::string seam_signer;  // 48 bytes, zero for Intel's own module
  uint64_t seam_attributes = 0;
  uint64_t td_attributes = 0;
  std::string mrtd;         // 48 bytes, of the guest as it was launched
  std::string service_td;   // 48 bytes; "" where the quote has no room for it
  std::string report_data;  // 64 bytes, the guest's own
  // ---- what signs what: the PCK key the quoting enclave's report, which names the attestation
  // key, which signs the quote
  std::string signed_part;
  std::string signature;        // r and s, 32 bytes each, big endian; so is the other
  std::string attestation_key;  // X and Y
  std::string qe_report;        // 384 bytes
  std::string qe_signature;
  std::string qe_auth_data;
  std::string chain;  // PEM: PCK certificate, PCK CA, root
};

// Checks the structure and nothing else: every size, and that only zeros follow. Errors, refusals:
// format_length, format_version, format_att_key_type, format_tee_type, format_reserved,
// format_qe_vendor, format_body_type, format_truncated, format_cert_type, format_trailing.
absl::StatusOr<TdxQuote> ParseTdxQuote(std::string_view bytes);

}  // namespace benchfleet
