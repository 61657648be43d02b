#include "attestation/evidence_cases_test_util.h"

#include <fstream>
#include <sstream>

#include "absl/strings/escaping.h"
#include "analysis/worked_examples.h"
#include "gtest/gtest.h"

namespace benchfleet {

std::string EvidenceFile(const std::string& name) {
  const std::string path = TestDataPath("attestation/" + name);
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

std::string AfterOperations(std::string evidence, const nlohmann::json& operations) {
  for (const nlohmann::json& operation : operations) {
    const std::string op = operation.at("op");
    const size_t offset = operation.value("offset", size_t{0});
    const std::string bytes =
        absl::HexStringToBytes(operation.value("hex", operation.value("insert", std::string())));
    if (op == "xor") {
      for (size_t i = 0; i < bytes.size(); ++i) {
        evidence.at(offset + i) = static_cast<char>(evidence.at(offset + i) ^ bytes[i]);
      }
    } else if (op == "set") {
      evidence.replace(offset, bytes.size(), bytes);
    } else if (op == "splice") {
      evidence.replace(offset, operation.at("delete").get<size_t>(), bytes);
    } else if (op == "truncate") {
      evidence.resize(operation.at("length").get<size_t>());
    } else if (op == "append") {
      const auto times = operation.value("repeat", size_t{1});
      for (size_t i = 0; i < times; ++i) evidence += bytes;
    } else {
      ADD_FAILURE() << "unknown operation " << op;
    }
  }
  return evidence;
}

absl::Time TimeOf(const std::string& utc) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, utc, &time, &error)) << error;
  return time;
}

}  // namespace benchfleet
