// Reports of real machines, and everything that was done to them to find out whether it is noticed.
#include <map>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "analysis/worked_examples.h"
#include "attestation/evidence_cases_test_util.h"
#include "attestation/refusal.h"
#include "attestation/snp_check.h"
#include "base/status.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

const std::vector<std::string>& SnpVectors() {
  static const std::vector<std::string> names = {"snp/v2-milan-vcek", "snp/v2-milan-vcek-debug",
                                                 "snp/v3-genoa-vcek", "snp/v3-milan-vlek-aws",
                                                 "snp/v5-turin-vcek"};
  return names;
}

std::string DerOf(const std::string& pem) {
  const size_t begin = pem.find('\n') + 1;
  std::string der;
  EXPECT_TRUE(absl::Base64Unescape(pem.substr(begin, pem.find("-----END") - begin), &der));
  return der;
}

// What a vector, or a case on top of it, is judged by.
struct SnpQuestion {
  std::string report;
  SnpCertificates certificates;
  std::string report_data;
  SnpPolicy policy;
  absl::Time now;

  absl::StatusOr<SnpFindings> Answer() const {
    return CheckSnpEvidence(report, certificates, report_data, policy, PinnedTrustAnchors(), now);
  }
};

void TakeChain(const std::string& name, SnpCertificates* certificates) {
  const std::string pem = EvidenceFile(name);  // the intermediate, then the root
  certificates->intermediate = DerOf(pem);
  certificates->root = DerOf(pem.substr(pem.find("-----BEGIN", 1)));
}

SnpQuestion QuestionOf(const std::string& name) {
  const nlohmann::json vector = nlohmann::json::parse(EvidenceFile(name + "/vector.json"));
  SnpQuestion question;
  const nlohmann::json& files = vector.at("files");
  question.report = EvidenceFile(name + "/" + files.at("evidence").at("path").get<std::string>());
  question.certificates.leaf =
      EvidenceFile(name + "/" + files.at("leaf").at("path").get<std::string>());
  TakeChain(name + "/" + files.at("chain").get<std::string>(), &question.certificates);
  question.report_data =
      absl::HexStringToBytes(vector.at("fields").at("report_data").get<std::string>());
  question.now = TimeOf(vector.at("verify_at_utc"));
  return question;
}

void ApplyContext(const nlohmann::json& context, SnpQuestion* question) {
  for (const auto& [key, value] : context.items()) {
    if (key == "expected_report_data") {
      question->report_data = absl::HexStringToBytes(value.get<std::string>());
    } else if (key == "leaf") {
      question->certificates.leaf = EvidenceFile(value);
    } else if (key == "chain") {
      TakeChain(value, &question->certificates);
    } else if (key == "verify_at_utc") {
      question->now = TimeOf(value);
    } else if (key == "policy") {
      question->policy.vmpl_max = value.value("max_vmpl", 0u);
      question->policy.report_version_min = value.value("min_report_version", 2u);
      if (value.contains("allow_vlek")) question->policy.vlek_providers = {value["allow_vlek"]};
    } else {
      ADD_FAILURE() << "unknown context " << key;
    }
  }
}

TEST(SnpVectorsTest, EveryGenuineReportGetsItsVerdict) {
  BF_READ_EXAMPLES(cases, "attestation/negative-cases.json");
  ASSERT_FALSE(cases.empty());
  const std::map<std::string, std::string> refused = {{"snp/v2-milan-vcek-debug", "policy_debug"},
                                                      {"snp/v3-milan-vlek-aws", "vlek_csp"}};
  for (const std::string& name : SnpVectors()) {
    const auto findings = QuestionOf(name).Answer();
    const auto expected = refused.find(name);
    if (expected == refused.end()) {
      EXPECT_TRUE(findings.ok()) << name << ": " << Message(findings.status());
    } else {
      EXPECT_EQ(ReasonOf(findings.status()), expected->second) << name;
    }
  }
}

TEST(SnpVectorsTest, WhatWasFoundIsTold) {
  BF_READ_EXAMPLES(vector, "attestation/snp/v5-turin-vcek/vector.json");
  SnpQuestion question = QuestionOf("snp/v5-turin-vcek");
  const std::string measurement = vector.at("fields").at("measurement");
  question.policy.measurements = {std::string(96, '0'), measurement};
  const auto findings = question.Answer();
  ASSERT_TRUE(findings.ok()) << Message(findings.status());
  EXPECT_EQ(findings->product, "Turin");
  EXPECT_EQ(findings->signer, "VCEK");
  EXPECT_EQ(findings->measurement, measurement);
  EXPECT_EQ(findings->tcb, "FMC 1, boot loader 1, TEE 1, SNP 4, microcode 81");
  EXPECT_TRUE(findings->measurement_listed);
  question.policy.measurements.pop_back();
  EXPECT_EQ(ReasonOf(question.Answer().status()), "measurement");
}

TEST(SnpVectorsTest, AProvidersKeyCountsWhereItIsAllowed) {
  BF_READ_EXAMPLES(vector, "attestation/snp/v3-milan-vlek-aws/vector.json");
  SnpQuestion question = QuestionOf("snp/v3-milan-vlek-aws");
  question.policy.vlek_providers = {"cc-us-east-2.amazonaws.com"};
  EXPECT_EQ(ReasonOf(question.Answer().status()), "vmpl");
  question.policy.vmpl_max = 1;
  const auto findings = question.Answer();
  ASSERT_TRUE(findings.ok()) << Message(findings.status());
  EXPECT_EQ(findings->signer, "VLEK of cc-us-east-2.amazonaws.com");
  EXPECT_EQ(vector.at("fields").at("vmpl"), 1);
}

TEST(SnpVectorsTest, EveryNegativeCaseIsRefused) {
  BF_READ_EXAMPLES(file, "attestation/negative-cases.json");
  // The same refusal by another name.
  const std::map<std::string, std::string> others = {{"snp-vlek-for-vcek", "leaf_kind"},
                                                     {"snp-vcek-for-vlek", "leaf_kind"}};
  std::map<std::string, int> reasons;
  int cases = 0;
  for (const nlohmann::json& one : file.at("cases")) {
    const std::string vector = one.at("vector");
    if (vector.rfind("snp/", 0) != 0) continue;
    ++cases;
    SnpQuestion question = QuestionOf(vector);
    if (one.contains("ops")) question.report = AfterOperations(question.report, one["ops"]);
    if (one.contains("context")) ApplyContext(one["context"], &question);
    const absl::Status refusal = question.Answer().status();
    const std::string id = one.at("id");
    const auto other = others.find(id);
    const std::string expected =
        other != others.end() ? other->second : one.at("measured_reason").get<std::string>();
    EXPECT_EQ(ReasonOf(refusal), expected) << id << ": " << Message(refusal);
    ++reasons[ReasonOf(refusal)];
  }
  EXPECT_EQ(cases, 52);
  EXPECT_GE(reasons.size(), 15u);
}

// One bit of every byte.
TEST(SnpVectorsTest, NoBitOfAReportMayFlip) {
  BF_READ_EXAMPLES(vector, "attestation/snp/v2-milan-vcek/vector.json");
  const SnpQuestion genuine = QuestionOf("snp/v2-milan-vcek");
  ASSERT_TRUE(genuine.Answer().ok()) << vector.at("name");
  SnpQuestion question = genuine;
  for (size_t byte = 0; byte < genuine.report.size(); ++byte) {
    const int bit = static_cast<int>(byte % 8);
    question.report[byte] = static_cast<char>(genuine.report[byte] ^ (1 << bit));
    ASSERT_FALSE(question.Answer().ok()) << "byte " << byte << ", bit " << bit;
    question.report[byte] = genuine.report[byte];
  }
}

}  // namespace
}  // namespace benchfleet
