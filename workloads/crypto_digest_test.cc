#include "gtest/gtest.h"
#include "workloads/builtins.h"
#include "workloads/testing.h"

namespace benchfleet {
namespace {

// Every run compares with the published digest of "abc" in Validate().
TEST(DigestTest, EveryDigestOfThisOpenSslMeasuresAndValidates) {
  for (const WorkloadEntry& entry : DigestWorkloads()) {
    if (!entry.description.unavailable.empty()) continue;
    for (const char* size : {"0", "1", "64", "1KiB"}) {
      const CollectingSink sink = RunBuiltin(entry.description.name, {{"size", size}});
      EXPECT_EQ(sink.finished()->outcome, Outcome::kOk) << sink.finished()->message;
      EXPECT_GE(sink.Values(kLatency).size(), 2u);
    }
  }
}

TEST(DigestTest, ThroughputFollowsThePayload) {
  const CollectingSink sink = RunBuiltin("crypto.sha256", {{"size", "4KiB"}});
  ASSERT_EQ(sink.started()->metrics.size(), 2u);
  EXPECT_EQ(sink.started()->metrics[1], ThroughputMetric(4096));
}

TEST(DigestTest, TellsItsOpenSsl) {
  const CollectingSink sink = RunBuiltin("crypto.sha256", {});
  EXPECT_NE(sink.finished()->facts.at("openssl.version").find("OpenSSL"), std::string::npos);
}

TEST(DigestTest, ASizeThatIsNoneIsNotStarted) {
  const CollectingSink sink = RunBuiltin("crypto.sha256", {{"size", "12 parsecs"}});
  EXPECT_EQ(sink.finished()->outcome, Outcome::kNotStarted);
  EXPECT_NE(sink.finished()->message.find("parameter 'size'"), std::string::npos);
}

TEST(DigestTest, ASizeAboveTheBoundIsNotStarted) {
  const CollectingSink sink = RunBuiltin("crypto.sha256", {{"size", "2GiB"}});
  EXPECT_EQ(sink.finished()->outcome, Outcome::kNotStarted);
}

}  // namespace
}  // namespace benchfleet
