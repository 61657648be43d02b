#include "attestation/snp_certificates.h"

#include <cstdint>
#include <map>

#include "absl/strings/escaping.h"
#include "attestation/refusal.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr size_t kGuidBytes = 16;
constexpr size_t kTableRowBytes = kGuidBytes + 8;
constexpr char kVcekGuid[] = "63da758de6644564adc5f4b93be8accd";
constexpr char kVlekGuid[] = "a8074bc2a25a483eaae639c045a0b8a1";
constexpr char kAskGuid[] = "4ab7b379bbac4fe4a02f05aef327c782";
constexpr char kArkGuid[] = "c0b406a4a803495297433fb6014cd0ae";

uint64_t TableNumber(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = 4; i > 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[i - 1]);
  return value;
}

// GUID, hexadecimal in the order of its text -> content.
absl::StatusOr<std::map<std::string, std::string>> ReadSnpTable(std::string_view table) {
  std::map<std::string, std::string> contents;
  const std::string end(kTableRowBytes, '\0');
  for (size_t at = 0; at + kTableRowBytes <= table.size(); at += kTableRowBytes) {
    const std::string_view row = table.substr(at, kTableRowBytes);
    if (row.substr(0, kGuidBytes) == std::string_view(end).substr(0, kGuidBytes)) return contents;
    const uint64_t offset = TableNumber(row.substr(kGuidBytes));
    const uint64_t length = TableNumber(row.substr(kGuidBytes + 4));
    if (offset > table.size() || length > table.size() - offset) {
      return Refused("certificates_format", "a row of the certificate table points outside of it");
    }
    const std::string guid = absl::BytesToHexString(std::string(row.substr(0, kGuidBytes)));
    if (!contents.emplace(guid, table.substr(offset, length)).second) {
      return Refused("certificates_format", "a row of the certificate table is there twice");
    }
  }
  return Refused("certificates_format", "the certificate table has no end");
}

}  // namespace

absl::StatusOr<SnpCertificates> ParseSnpCertificates(std::string_view table, SnpSigner signer) {
  if (table.empty()) {
    return Refused("certificates_missing", "the hypervisor gave no certificates with the report");
  }
  BF_ASSIGN_OR_RETURN(const auto contents, ReadSnpTable(table));
  const bool vcek = signer == SnpSigner::kVcek;
  SnpCertificates certificates;
  const auto take = [&](const char* guid, const char* name, std::string* certificate) {
    const auto found = contents.find(guid);
    if (found == contents.end() || found->second.empty()) {
      return Refused("certificates_missing",
                     absl::StrFormat("the hypervisor gave no %s with the report", name));
    }
    *certificate = found->second;
    return absl::OkStatus();
  };
  BF_RETURN_IF_ERROR(
      take(vcek ? kVcekGuid : kVlekGuid, vcek ? "VCEK" : "VLEK", &certificates.leaf));
  // The row of the intermediate has one GUID for both kinds.
  BF_RETURN_IF_ERROR(take(kAskGuid, vcek ? "ASK" : "ASVK", &certificates.intermediate));
  BF_RETURN_IF_ERROR(take(kArkGuid, "ARK", &certificates.root));
  return certificates;
}

}  // namespace benchfleet
