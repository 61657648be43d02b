#include "attestation/snp_leaf.h"

#include <openssl/asn1.h>
#include <openssl/err.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "attestation/refusal.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr char kProductNameOid[] = "1.3.6.1.4.1.3704.1.2";
constexpr char kHwidOid[] = "1.3.6.1.4.1.3704.1.4";
constexpr char kCspIdOid[] = "1.3.6.1.4.1.3704.1.5";
constexpr char kTurin[] = "Turin";
constexpr size_t kTurinHwidBytes = 8;

// A DER value that fills all of `der`; null otherwise.
template <typename T>
std::unique_ptr<T, void (*)(T*)> DecodeAll(const std::string& der,
                                           T* (*decode)(T**, const unsigned char**, long),
                                           void (*release)(T*)) {
  const auto* const begin = reinterpret_cast<const unsigned char*>(der.data());
  const unsigned char* at = begin;
  std::unique_ptr<T, void (*)(T*)> value(decode(nullptr, &at, static_cast<long>(der.size())),
                                         release);
  ERR_clear_error();
  if (value != nullptr && at != begin + der.size()) value = nullptr;
  return value;
}

absl::StatusOr<std::string> TextExtension(const ChainCertificate& leaf, const char* oid) {
  BF_ASSIGN_OR_RETURN(const std::string der, leaf.Extension(oid));
  const auto text = DecodeAll(der, d2i_ASN1_IA5STRING, ASN1_IA5STRING_free);
  if (text == nullptr) {
    return Refused("leaf_extension", absl::StrFormat("the leaf has no text in %s", oid));
  }
  return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text.get())),
                     static_cast<size_t>(ASN1_STRING_length(text.get())));
}

absl::StatusOr<uint8_t> ByteExtension(const ChainCertificate& leaf, const char* oid) {
  BF_ASSIGN_OR_RETURN(const std::string der, leaf.Extension(oid));
  const auto number = DecodeAll(der, d2i_ASN1_INTEGER, ASN1_INTEGER_free);
  int64_t value = 0;
  if (number == nullptr || ASN1_INTEGER_get_int64(&value, number.get()) != 1 || value < 0 ||
      value > UINT8_MAX) {
    return Refused("leaf_extension", absl::StrFormat("the leaf has no small number in %s", oid));
  }
  return static_cast<uint8_t>(value);
}

}  // namespace

absl::StatusOr<std::string> SnpProductOfCpu(const SnpCpu& cpu) {
  if (cpu.family == 0x19 && cpu.model <= 0x0F) return "Milan";
  if (cpu.family == 0x19 && (cpu.model >> 4 == 1 || cpu.model >> 4 == 0xA)) return "Genoa";
  if (cpu.family == 0x1A && cpu.model <= 0x11) return kTurin;
  return Refused("product_unknown", absl::StrFormat("no product is known of family %#x, model %#x",
                                                    cpu.family, cpu.model));
}

absl::StatusOr<std::string> SnpProductOfLeaf(const ChainCertificate& leaf) {
  BF_ASSIGN_OR_RETURN(const std::string name, TextExtension(leaf, kProductNameOid));
  const std::string product = name.substr(0, name.find('-'));  // "Milan-B0"
  if (product == "Milan" || product == "Genoa" || product == kTurin) return product;
  return Refused("product_unknown", absl::StrFormat("no product is known by the name '%s'", name));
}

const std::vector<SnpTcbPart>& SnpTcbParts(const std::string& product) {
  static constexpr char kBootLoader[] = "1.3.6.1.4.1.3704.1.3.1";
  static constexpr char kTee[] = "1.3.6.1.4.1.3704.1.3.2";
  static constexpr char kSnp[] = "1.3.6.1.4.1.3704.1.3.3";
  static constexpr char kMicrocode[] = "1.3.6.1.4.1.3704.1.3.8";
  static const std::vector<SnpTcbPart> older = {{"boot loader", 0, kBootLoader},
                                                {"TEE", 1, kTee},
                                                {"SNP", 6, kSnp},
                                                {"microcode", 7, kMicrocode}};
  static const std::vector<SnpTcbPart> turin = {{"FMC", 0, "1.3.6.1.4.1.3704.1.3.9"},
                                                {"boot loader", 1, kBootLoader},
                                                {"TEE", 2, kTee},
                                                {"SNP", 3, kSnp},
                                                {"microcode", 7, kMicrocode}};
  return product == kTurin ? turin : older;
}

std::string DescribeSnpTcb(const std::string& product, const SnpTcb& tcb) {
  std::string text;
  for (const SnpTcbPart& part : SnpTcbParts(product)) {
    text += absl::StrFormat("%s%s %d", text.empty() ? "" : ", ", part.name, tcb[part.byte]);
  }
  return text;
}

absl::Status CheckSnpLeafTcb(const ChainCertificate& leaf, const std::string& product,
                             const SnpTcb& reported) {
  SnpTcb expected = {};
  for (const SnpTcbPart& part : SnpTcbParts(product)) {
    BF_ASSIGN_OR_RETURN(expected[part.byte], ByteExtension(leaf, part.oid));
  }
  if (reported == expected) return absl::OkStatus();
  return Refused("leaf_tcb", absl::StrFormat("the report is of firmware %s, its certificate of %s",
                                             DescribeSnpTcb(product, reported),
                                             DescribeSnpTcb(product, expected)));
}

absl::Status CheckSnpLeafChip(const ChainCertificate& leaf, const std::string& product,
                              const std::string& chip_id) {
  BF_ASSIGN_OR_RETURN(std::string hwid, leaf.Extension(kHwidOid));
  const size_t size = product == kTurin ? kTurinHwidBytes : chip_id.size();
  if (hwid.size() == size + 2) {  // wrapped as an OCTET STRING
    const auto wrapped = DecodeAll(hwid, d2i_ASN1_OCTET_STRING, ASN1_OCTET_STRING_free);
    if (wrapped != nullptr) hwid.erase(0, 2);
  }
  if (hwid.size() != size) {
    return Refused("leaf_extension", absl::StrFormat("the leaf's chip id has %d bytes; expected %d",
                                                     hwid.size(), size));
  }
  hwid.resize(chip_id.size(), '\0');
  if (hwid == chip_id) return absl::OkStatus();
  return Refused("leaf_hwid", "the certificate is another chip's than the report");
}

absl::StatusOr<std::string> VlekProvider(const ChainCertificate& leaf) {
  BF_ASSIGN_OR_RETURN(std::string provider, TextExtension(leaf, kCspIdOid));
  constexpr std::string_view kPrefix = "CN=";
  if (provider.rfind(kPrefix, 0) == 0) provider.erase(0, kPrefix.size());
  return provider;
}

}  // namespace benchfleet
