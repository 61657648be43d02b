// What a VCEK or VLEK says of the chip and firmware that its key belongs to, in AMD's extensions
// ("Versioned Chip Endorsement Key Certificate and KDS Interface Specification", 57230), and what a
// product's parts are called. Private to attestation/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "attestation/certificate_chain.h"
#include "attestation/snp_report.h"

namespace benchfleet {

// One part of a product's firmware: where its version lies in a TCB, and in which extension.
struct SnpTcbPart {
  const char* name;
  size_t byte;
  const char* oid;
};

// Errors, refusals: product_unknown.
absl::StatusOr<std::string> SnpProductOfCpu(const SnpCpu& cpu);
// Of a report that does not tell: from the leaf. Errors: leaf_extension, product_unknown.
absl::StatusOr<std::string> SnpProductOfLeaf(const ChainCertificate& leaf);
// Those that are named are all that a TCB of the product holds; the rest is zero.
const std::vector<SnpTcbPart>& SnpTcbParts(const std::string& product);
std::string DescribeSnpTcb(const std::string& product, const SnpTcb& tcb);

// Errors, refusals: leaf_extension, leaf_tcb, leaf_hwid.
absl::Status CheckSnpLeafTcb(const ChainCertificate& leaf, const std::string& product,
                             const SnpTcb& reported);
absl::Status CheckSnpLeafChip(const ChainCertificate& leaf, const std::string& product,
                              const std::string& chip_id);
// "cc-us-east-2.amazonaws.com". Error: leaf_extension.
absl::StatusOr<std::string> VlekProvider(const ChainCertificate& leaf);

}  // namespace benchfleet
