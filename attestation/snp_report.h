// The attestation report of AMD SEV-SNP, as its firmware signs it: 1184 bytes, little endian.
// Layout and names are those of AMD's "SEV Secure Nested Paging Firmware ABI Specification"
// (56860), table ATTESTATION_REPORT, versions 2 to 5.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace benchfleet {

inline constexpr size_t kSnpReportBytes = 1184;
inline constexpr size_t kSnpReportDataBytes = 64;

// Which key signed: one of this chip alone, or one that AMD gave to a cloud provider.
enum class SnpSigner { kVcek, kVlek };

// Security versions of the firmware's parts, as their bytes lie in the report; which byte is whose
// depends on the product.
using SnpTcb = std::array<uint8_t, 8>;

struct SnpCpu {
  uint8_t family = 0;
  uint8_t model = 0;
  uint8_t stepping = 0;
};

// A value; byte strings are copies.
struct SnpReport {
  uint32_t version = 0;
  uint64_t policy = 0;
  uint32_t vmpl = 0;
  SnpSigner signer = SnpSigner::kVcek;
  SnpTcb current_tcb = {};
  SnpTcb reported_tcb = {};
  SnpTcb committed_tcb = {};
  std::optional<SnpCpu> cpu;  // from version 3 on
  std::string report_data;    // 64 bytes, the guest's own
  std::string measurement;    // 48 bytes, of the guest as it was launched
  std::string chip_id;        // 64 bytes
  std::string signed_part;    // what the signature is over
  std::string r;              // of the signature, 48 bytes each, big endian
  std::string s;
};

// Checks the structure and nothing else. Errors, refusals: format_length, format_version,
// format_sig_algo, format_reserved, format_signature, signing_key, mask_chip_key.
absl::StatusOr<SnpReport> ParseSnpReport(std::string_view bytes);

}  // namespace benchfleet
