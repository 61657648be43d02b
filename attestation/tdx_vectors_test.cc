// Quotes of real machines, and what was done to them, as far as it shows without Intel's
// collateral.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "analysis/worked_examples.h"
#include "attestation/evidence_cases_test_util.h"
#include "attestation/refusal.h"
#include "attestation/tdx_check.h"
#include "base/status.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

struct TdxQuestion {
  std::string quote;
  std::string report_data;
  absl::Time now;

  absl::Status Answer() const {
    return CheckTdxQuoteWithoutTcb(quote, report_data, PinnedTrustAnchors(), now).status();
  }
};

TdxQuestion TdxQuestionOf(const std::string& name) {
  const nlohmann::json vector = nlohmann::json::parse(EvidenceFile(name + "/vector.json"));
  TdxQuestion question;
  question.quote = EvidenceFile(name + "/quote.bin");
  question.report_data =
      absl::HexStringToBytes(vector["fields"]["body"]["report_data"].get<std::string>());
  question.now = TimeOf(vector["verify_at_utc"]);
  return question;
}

TEST(TdxVectorsTest, GenuineQuotesPassWhatIsJudgedHere) {
  BF_READ_EXAMPLES(cases, "attestation/negative-cases.json");
  ASSERT_FALSE(cases.empty());
  for (const char* name : {"v4-uptodate", "v4-gcp-zero-padded", "v5-uptodate",
                           "v5-relaunch-advised", "v5-tcb-unrecognised"}) {
    const absl::Status status = TdxQuestionOf(std::string("tdx/") + name).Answer();
    EXPECT_TRUE(status.ok()) << name << ": " << Message(status);
  }
  EXPECT_EQ(ReasonOf(TdxQuestionOf("tdx/v4-debug-td").Answer()), "debug");
}

TEST(TdxVectorsTest, EveryNegativeCaseOfAQuoteIsRefused) {
  BF_READ_EXAMPLES(file, "attestation/negative-cases.json");
  // Words about a TCB, which only collateral could give.
  const std::vector<std::string> needs_collateral = {"tcb_status", "fmspc_mismatch"};
  int refused = 0;
  int left_to_collateral = 0;
  for (const nlohmann::json& one : file.at("cases")) {
    const std::string vector = one.at("vector");
    const std::string id = one.at("id");
    if (vector.rfind("tdx/", 0) != 0) continue;
    const std::string measured = one.at("measured_reason");
    const nlohmann::json context = one.value("context", nlohmann::json::object());
    const bool collateral =
        context.contains("collateral") || measured.rfind("collateral_", 0) == 0 ||
        std::count(needs_collateral.begin(), needs_collateral.end(), measured) > 0;
    TdxQuestion question = TdxQuestionOf(vector);
    if (one.contains("ops")) question.quote = AfterOperations(question.quote, one["ops"]);
    if (context.contains("verify_at_utc")) question.now = TimeOf(context["verify_at_utc"]);
    if (context.contains("expected_report_data")) {
      question.report_data =
          absl::HexStringToBytes(context["expected_report_data"].get<std::string>());
    }
    const absl::Status status = question.Answer();
    if (collateral) {
      ++left_to_collateral;
      EXPECT_TRUE(status.ok()) << id << ": " << Message(status);
      continue;
    }
    ++refused;
    EXPECT_EQ(ReasonOf(status), measured) << id << ": " << Message(status);
  }
  EXPECT_EQ(refused + left_to_collateral, 71);
  EXPECT_GE(refused, 52);
}

TEST(TdxVectorsTest, ChainsAreJudgedAtTheirTime) {
  BF_READ_EXAMPLES(vector, "attestation/tdx/v4-uptodate/vector.json");
  TdxQuestion question = TdxQuestionOf("tdx/v4-uptodate");
  question.now = TimeOf(vector.at("chain_valid_utc")[1]) + absl::Hours(24);
  EXPECT_EQ(ReasonOf(question.Answer()), "chain_time_expired");
  question.now = TimeOf(vector.at("chain_valid_utc")[0]) - absl::Hours(24);
  EXPECT_EQ(ReasonOf(question.Answer()), "chain_time_not_yet");
  question = TdxQuestionOf("tdx/v4-uptodate");
  EXPECT_EQ(ReasonOf(CheckTdxQuoteWithoutTcb(question.quote, question.report_data,
                                             {{}, std::string(64, '0')}, question.now)
                         .status()),
            "root_untrusted");
}

// Line breaks of the PEM and its final NUL are outside of every signature; all else is not.
TEST(TdxVectorsTest, NoByteOfWhatIsSignedMayChange) {
  BF_READ_EXAMPLES(vector, "attestation/tdx/v4-uptodate/vector.json");
  const TdxQuestion genuine = TdxQuestionOf("tdx/v4-uptodate");
  ASSERT_TRUE(genuine.Answer().ok()) << vector.at("name");
  const size_t chain = genuine.quote.find("-----BEGIN");
  ASSERT_NE(chain, std::string::npos);
  TdxQuestion question = genuine;
  for (size_t byte = 0; byte < chain; ++byte) {
    question.quote[byte] = static_cast<char>(genuine.quote[byte] ^ (1 << (byte % 8)));
    ASSERT_FALSE(question.Answer().ok()) << "byte " << byte;
    question.quote[byte] = genuine.quote[byte];
  }
}

}  // namespace
}  // namespace benchfleet
