// Real proofs by the installed provers; skipped by name where there are none.
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "gtest/gtest.h"
#include "workloads/prover_bb.h"
#include "workloads/prover_installation.h"
#include "workloads/prover_test_util.h"

namespace benchfleet {
namespace {

class ProvingProveTest : public testing::Test {
 protected:
  void SetUp() override {
    const absl::StatusOr<ProverInstallation> found = FindProverInstallation();
    if (!found.ok()) GTEST_SKIP() << found.status();
    installation_ = *found;
    scratch_ = testing::TempDir() + "/proving-XXXXXX";
    ASSERT_NE(mkdtemp(scratch_.data()), nullptr);
    cache_.emplace("XDG_CACHE_HOME", (scratch_ + "/cache").c_str());
  }
  void TearDown() override { std::filesystem::remove_all(scratch_); }

  std::string NewFolder(const std::string& name) const {
    std::string path = scratch_ + "/" + name;
    std::filesystem::create_directory(path);
    return path;
  }

  ProverInstallation installation_;
  std::string scratch_;
  std::optional<ScopedVariable> cache_;
};

TEST_F(ProvingProveTest, ProofsAreVerifiedColdAndWarm) {
  for (const char* start : {"cold", "warm"}) {
    const CollectingSink sink = RunProving({{"circuit", "age"}, {"start", start}});
    ASSERT_EQ(sink.finished()->outcome, Outcome::kOk) << sink.finished()->message;
    const std::vector<double> whole = sink.Values(kLatency);
    ASSERT_EQ(whole.size(), 2u);
    for (size_t i = 0; i < whole.size(); ++i) {
      EXPECT_LE(sink.Values("witness")[i] + sink.Values("prove")[i] + sink.Values("verify")[i],
                whole[i]);
      EXPECT_EQ(sink.Values("proof_size")[i], 14656);
      EXPECT_GT(sink.Values("prove_cpu")[i], 0);
      EXPECT_GT(sink.Values("prover_rss_peak")[i], 1 << 20);
    }
    StringMap facts = sink.finished()->facts;
    EXPECT_EQ(facts["prover.sha256"], installation_.program_sha256);
    EXPECT_EQ(facts["vk.cached"], std::string(start) == "cold" ? "false" : "true");
    EXPECT_EQ(facts["prover.setup"].find("INSECURE") != std::string::npos,
              installation_.crs_is_test);
  }
}

TEST_F(ProvingProveTest, AChainHasTheSizeThatWasAskedFor) {
  const CollectingSink sink = RunProving({{"circuit", "chain"}, {"size", "11"}, {"start", "warm"}});
  EXPECT_EQ(sink.finished()->outcome, Outcome::kOk) << sink.finished()->message;
  EXPECT_EQ(sink.finished()->facts.at("circuit.name"), "chain-11");
  EXPECT_EQ(sink.finished()->facts.at("circuit.log2_gates"), "11");
}

TEST_F(ProvingProveTest, WhatWasChangedIsRejectedColdAndWarm) {
  const absl::StatusOr<Circuit> circuit = FindCircuit(installation_, "age");
  ASSERT_TRUE(circuit.ok()) << circuit.status();
  const std::unique_ptr<Prover> provers[] = {ColdBbProver({installation_, 1, NewFolder("cold")}),
                                             WarmBbProver({installation_, 1, NewFolder("warm")})};
  Proof proof;
  for (const auto& prover : provers) {
    ASSERT_TRUE(prover->SetUp(*circuit).ok());
    const absl::StatusOr<std::string> witness = prover->MakeWitness();
    ASSERT_TRUE(witness.ok()) << witness.status();
    const absl::StatusOr<MadeProof> made = prover->Prove(*witness);
    ASSERT_TRUE(made.ok()) << made.status();
    EXPECT_NE(made->proof.proof, proof.proof) << "a proof that hides is random";
    proof = made->proof;
  }
  const auto expect = [&](const Proof& claim, bool valid, const char* what) {
    for (const auto& prover : provers) {
      const absl::StatusOr<Verdict> verdict = prover->Verify(claim);
      ASSERT_TRUE(verdict.ok()) << what << ": " << verdict.status();
      EXPECT_EQ(verdict->valid, valid) << what << ": " << verdict->reason;
    }
  };
  expect(proof, true, "as it was made");
  for (const size_t place : {size_t{31}, proof.proof.size() / 2 + 31, proof.proof.size() - 1}) {
    Proof damaged = proof;
    damaged.proof[place] = static_cast<char>(damaged.proof[place] ^ 1);
    expect(damaged, false, "a flipped bit");
  }
  expect({proof.proof.substr(32), proof.public_inputs}, false, "a cut proof");
  expect({"", proof.public_inputs}, false, "no proof");
  Proof other = proof;
  other.public_inputs[31] = static_cast<char>(other.public_inputs[31] ^ 1);
  expect(other, false, "another statement");
  expect(proof, true, "as it was made, after all that");
}

}  // namespace
}  // namespace benchfleet
