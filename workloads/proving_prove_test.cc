// proving.prove with the installed provers; skipped by name where there are none.
#include <filesystem>

#include "gtest/gtest.h"
#include "workloads/prover_installation.h"
#include "workloads/testing.h"

namespace benchfleet {
namespace {

TEST(ProvingProveTest, AProofOfAgeIsVerified) {
  const auto installed = FindProverInstallation();
  if (!installed.ok()) GTEST_SKIP() << installed.status();
  std::string scratch = testing::TempDir() + "/proving-XXXXXX";
  ASSERT_NE(mkdtemp(scratch.data()), nullptr);
  const CollectingSink sink = RunBuiltin("proving.prove", {{"circuit", "age"}}, scratch);
  EXPECT_EQ(sink.finished()->outcome, Outcome::kOk) << sink.finished()->message;
  EXPECT_EQ(sink.Values("prove").size(), sink.Values(kLatency).size());
  std::filesystem::remove_all(scratch);
}

}  // namespace
}  // namespace benchfleet
