#include "attestation/snp_report.h"

#include <algorithm>

#include "attestation/refusal.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr size_t kSnpSignedBytes = 0x2A0;
constexpr size_t kSnpSignatureR = 0x2A0;
constexpr size_t kSnpSignatureS = 0x2E8;
constexpr size_t kSnpNumberBytes = 48;  // of 72 that are kept for one
constexpr size_t kSnpNumberRoom = 72;

constexpr uint32_t kFlagMaskChipKey = 1u << 1;
constexpr uint32_t kFlagsKnown = 0x1F;

uint64_t LittleEndian(std::string_view bytes, size_t offset, size_t size) {
  uint64_t value = 0;
  for (size_t i = size; i > 0; --i) {
    value = value << 8 | static_cast<unsigned char>(bytes[offset + i - 1]);
  }
  return value;
}

bool AllZero(std::string_view bytes, size_t begin, size_t end) {
  return std::all_of(bytes.begin() + static_cast<ptrdiff_t>(begin),
                     bytes.begin() + static_cast<ptrdiff_t>(end),
                     [](char byte) { return byte == 0; });
}

SnpTcb TcbAt(std::string_view bytes, size_t offset) {
  SnpTcb tcb = {};
  std::copy_n(bytes.begin() + static_cast<ptrdiff_t>(offset), tcb.size(), tcb.begin());
  return tcb;
}

std::string NumberAt(std::string_view bytes, size_t offset) {
  std::string number(bytes.substr(offset, kSnpNumberBytes));
  std::reverse(number.begin(), number.end());
  return number;
}

// What the report's version keeps for later ones. The bytes after the signature are not signed:
// only this finds them changed.
absl::Status CheckSnpReserved(std::string_view bytes, uint32_t version) {
  struct Range {
    size_t begin;
    size_t end;
  };
  const Range ranges[] = {
      {0x4C, 0x50},
      {version >= 3 ? 0x18Bu : 0x188u, 0x1A0},  // behind the processor's family, model, stepping
      {0x1EB, 0x1EC},
      {0x1EF, 0x1F0},
      {version >= 5 ? 0x208u : 0x1F8u, kSnpSignedBytes},  // behind the mitigation vectors
      {kSnpSignatureS + kSnpNumberRoom, kSnpReportBytes},
  };
  for (const Range& range : ranges) {
    if (AllZero(bytes, range.begin, range.end)) continue;
    return Refused("format_reserved",
                   absl::StrFormat("bytes %#x to %#x are reserved in a report of version %d and "
                                   "are not zero",
                                   range.begin, range.end - 1, version));
  }
  return absl::OkStatus();
}

absl::StatusOr<SnpSigner> SnpSignerOf(uint32_t flags) {
  if ((flags & ~kFlagsKnown) != 0) {
    return Refused("format_reserved", "reserved bits of the report's flags are not zero");
  }
  if ((flags & kFlagMaskChipKey) != 0) {
    return Refused("mask_chip_key", "the chip's key is masked, so the report is signed by none");
  }
  const uint32_t key = flags >> 2 & 7;
  if (key > 1) {
    return Refused("signing_key",
                   absl::StrFormat("signing key %d; expected 0 (VCEK) or 1 (VLEK)", key));
  }
  return key == 0 ? SnpSigner::kVcek : SnpSigner::kVlek;
}

}  // namespace

absl::StatusOr<SnpReport> ParseSnpReport(std::string_view bytes) {
  if (bytes.size() != kSnpReportBytes) {
    return Refused("format_length", absl::StrFormat("a report of %d bytes; expected %d",
                                                    bytes.size(), kSnpReportBytes));
  }
  SnpReport report;
  report.version = static_cast<uint32_t>(LittleEndian(bytes, 0, 4));
  if (report.version < 2 || report.version > 5) {
    return Refused("format_version",
                   absl::StrFormat("a report of version %d; known are 2 to 5", report.version));
  }
  if (const uint64_t algorithm = LittleEndian(bytes, 0x34, 4); algorithm != 1) {
    return Refused("format_sig_algo",
                   absl::StrFormat("signature algorithm %d; expected 1 (ECDSA P-384)", algorithm));
  }
  BF_ASSIGN_OR_RETURN(report.signer,
                      SnpSignerOf(static_cast<uint32_t>(LittleEndian(bytes, 0x48, 4))));
  BF_RETURN_IF_ERROR(CheckSnpReserved(bytes, report.version));
  for (const size_t number : {kSnpSignatureR, kSnpSignatureS}) {
    if (!AllZero(bytes, number + kSnpNumberBytes, number + kSnpNumberRoom)) {
      return Refused("format_signature", "a number of the signature is longer than 48 bytes");
    }
  }
  report.policy = LittleEndian(bytes, 8, 8);
  report.vmpl = static_cast<uint32_t>(LittleEndian(bytes, 0x30, 4));
  report.current_tcb = TcbAt(bytes, 0x38);
  report.reported_tcb = TcbAt(bytes, 0x180);
  report.committed_tcb = TcbAt(bytes, 0x1E0);
  if (report.version >= 3) {
    const auto at = [&](size_t offset) { return static_cast<uint8_t>(bytes[offset]); };
    report.cpu = {at(0x188), at(0x189), at(0x18A)};
  }
  report.report_data = bytes.substr(0x50, kSnpReportDataBytes);
  report.measurement = bytes.substr(0x90, 48);
  report.chip_id = bytes.substr(0x1A0, 64);
  report.signed_part = bytes.substr(0, kSnpSignedBytes);
  report.r = NumberAt(bytes, kSnpSignatureR);
  report.s = NumberAt(bytes, kSnpSignatureS);
  return report;
}

}  // namespace benchfleet
