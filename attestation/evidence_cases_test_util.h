// Genuine evidence and what was done to it, read in place from the test data beside the checkout
// (testdata/attestation; its README says what lies there).
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "absl/time/time.h"

namespace benchfleet {

// "snp/v2-milan-vcek/report.bin" of the test data, whole.
std::string EvidenceFile(const std::string& name);

// `evidence` after the operations of one of negative-cases.json's cases.
std::string AfterOperations(std::string evidence, const nlohmann::json& operations);

absl::Time TimeOf(const std::string& utc);

}  // namespace benchfleet
