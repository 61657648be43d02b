#include "attestation/tdx_quote.h"

#include <algorithm>

#include "attestation/refusal.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr size_t kTdxHeaderBytes = 48;
constexpr size_t kTdxBodyBytes = 584;         // TDX 1.0
constexpr size_t kTdxLongerBodyBytes = 648;   // TDX 1.5: another TCB, MRSERVICETD
constexpr uint16_t kTdxCertDataQeReport = 6;  // of Intel's types of certification data
constexpr uint16_t kTdxCertDataPckChain = 5;
constexpr std::string_view kIntelQeVendor(
    "\x93\x9a\x72\x33\xf7\x9c\x4c\xa9\x94\x0a\x0d\xb3\x95\x7f\x06\x07", 16);

// Takes bytes from the front, and says when there are not so many.
class TdxReader {
 public:
  explicit TdxReader(std::string_view bytes) : bytes_(bytes) {}

  std::string_view Take(size_t size) {
    if (size > bytes_.size()) {
      complete_ = false;
      size = bytes_.size();
    }
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }
  uint64_t Number(size_t size) {
    const std::string_view taken = Take(size);
    uint64_t value = 0;
    for (size_t i = taken.size(); i > 0; --i) {
      value = value << 8 | static_cast<unsigned char>(taken[i - 1]);
    }
    return value;
  }
  std::string_view rest() const { return bytes_; }
  bool complete() const { return complete_; }

 private:
  std::string_view bytes_;
  bool complete_ = true;
};

absl::Status TdxTruncated() {
  return Refused("format_truncated", "the quote ends before its time");
}

absl::Status ReadTdxHeader(TdxReader& reader, TdxQuote* quote) {
  quote->version = static_cast<uint16_t>(reader.Number(2));
  const uint64_t key_type = reader.Number(2);
  const uint64_t tee_type = reader.Number(4);
  const uint64_t reserved = reader.Number(4);
  const std::string_view vendor = reader.Take(kIntelQeVendor.size());
  reader.Take(20);  // free for the quoting enclave
  if (!reader.complete()) return TdxTruncated();
  if (quote->version != 4 && quote->version != 5) {
    return Refused("format_version",
                   absl::StrFormat("a quote of version %d; known are 4 and 5", quote->version));
  }
  if (key_type != 2) {
    return Refused("format_att_key_type",
                   absl::StrFormat("an attestation key of type %d; expected 2 (P-256)", key_type));
  }
  if (tee_type != 0x81) {
    return Refused("format_tee_type", absl::StrFormat("TEE type %#x; expected 0x81", tee_type));
  }
  if (reserved != 0) return Refused("format_reserved", "reserved bytes of the header are not zero");
  if (vendor != kIntelQeVendor) return Refused("format_qe_vendor", "not Intel's quoting enclave");
  return absl::OkStatus();
}

absl::Status ReadTdxBody(TdxReader& reader, TdxQuote* quote) {
  size_t size = kTdxBodyBytes;
  if (quote->version == 5) {
    const uint64_t type = reader.Number(2);
    size = reader.Number(4);
    if (!reader.complete()) return TdxTruncated();
    if (!(type == 2 && size == kTdxBodyBytes) && !(type == 3 && size == kTdxLongerBodyBytes)) {
      return Refused("format_body_type",
                     absl::StrFormat("a body of type %d and %d bytes", type, size));
    }
  }
  TdxReader body(reader.Take(size));
  if (!reader.complete()) return TdxTruncated();
  body.Take(16 + 48);  // TEE_TCB_SVN, MRSEAM
  quote->seam_signer = body.Take(48);
  quote->seam_attributes = body.Number(8);
  quote->td_attributes = body.Number(8);
  body.Take(8);  // XFAM
  quote->mrtd = body.Take(48);
  body.Take(3 * 48 + 4 * 48);  // MRCONFIGID, MROWNER, MROWNERCONFIG, RTMR0 to 3
  quote->report_data = body.Take(64);
  if (size == kTdxLongerBodyBytes) {
    body.Take(16);  // TEE_TCB_SVN2
    quote->service_td = body.Take(48);
  }
  return absl::OkStatus();
}

// What is behind the body: all of it is what `size` says, to the byte.
absl::Status ReadTdxSignature(std::string_view bytes, TdxQuote* quote) {
  TdxReader reader(bytes);
  quote->signature = reader.Take(64);
  quote->attestation_key = reader.Take(64);
  const uint64_t outer_type = reader.Number(2);
  const uint64_t outer_size = reader.Number(4);
  if (!reader.complete()) return Refused("format_length", "the signature's data is too short");
  if (outer_type != kTdxCertDataQeReport) {
    return Refused("format_cert_type",
                   absl::StrFormat("certification data of type %d; expected 6", outer_type));
  }
  if (outer_size != reader.rest().size()) {
    return Refused("format_length", "certification data of another size than there is room for");
  }
  quote->qe_report = reader.Take(384);
  quote->qe_signature = reader.Take(64);
  const uint64_t auth_size = reader.Number(2);
  quote->qe_auth_data = reader.Take(auth_size);
  const uint64_t inner_type = reader.Number(2);
  const uint64_t inner_size = reader.Number(4);
  if (!reader.complete()) return Refused("format_length", "the certification data is too short");
  if (inner_type != kTdxCertDataPckChain) {
    return Refused("format_cert_type",
                   absl::StrFormat("certification data of type %d; expected 5", inner_type));
  }
  if (inner_size != reader.rest().size()) {
    return Refused("format_length", "a certificate chain of another size than there is room for");
  }
  quote->chain = reader.rest();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TdxQuote> ParseTdxQuote(std::string_view bytes) {
  if (bytes.size() > kTdxQuoteBytesMax) {
    return Refused("format_length", absl::StrFormat("a quote of %d bytes; at most %d", bytes.size(),
                                                    kTdxQuoteBytesMax));
  }
  TdxQuote quote;
  TdxReader reader(bytes);
  BF_RETURN_IF_ERROR(ReadTdxHeader(reader, &quote));
  BF_RETURN_IF_ERROR(ReadTdxBody(reader, &quote));
  quote.signed_part = bytes.substr(0, bytes.size() - reader.rest().size());
  const uint64_t size = reader.Number(4);
  if (!reader.complete()) return TdxTruncated();
  if (size > reader.rest().size()) {
    return Refused("format_length",
                   absl::StrFormat("%d bytes of signature's data are announced and %d are there",
                                   size, reader.rest().size()));
  }
  BF_RETURN_IF_ERROR(ReadTdxSignature(reader.Take(size), &quote));
  const std::string_view rest = reader.rest();
  if (std::any_of(rest.begin(), rest.end(), [](char byte) { return byte != 0; })) {
    return Refused("format_trailing", "something other than zeros follows the quote");
  }
  return quote;
}

}  // namespace benchfleet
