// Real proofs by the installed provers; skipped by name where there are none.
#include <algorithm>
#include <filesystem>
#include <optional>

#include "gtest/gtest.h"
#include "workloads/prover_installation.h"
#include "workloads/prover_registry.h"
#include "workloads/prover_test_util.h"

namespace benchfleet {
namespace {

class ProversTogetherTest : public testing::Test {
 protected:
  void SetUp() override {
    const absl::StatusOr<ProverInstallation> found = FindProverInstallation();
    if (!found.ok()) GTEST_SKIP() << found.status();
    installation_ = *found;
    scratch_ = testing::TempDir() + "/proving-XXXXXX";
    ASSERT_NE(mkdtemp(scratch_.data()), nullptr);
    // Keys and what they are made from are taken from one place, so that they are made once.
    cache_.emplace("XDG_CACHE_HOME", (testing::TempDir() + "/proving-cache").c_str());
  }
  void TearDown() override {
    if (!scratch_.empty()) std::filesystem::remove_all(scratch_);
  }

  std::unique_ptr<Prover> Make(const std::string& prover, const std::string& circuit, bool warm) {
    ProverChoice choice;
    choice.prover = prover;
    choice.circuit = circuit;
    choice.warm = warm;
    choice.work_dir = scratch_ + "/" + circuit + (warm ? "-warm" : "-cold");
    std::filesystem::create_directory(choice.work_dir);
    absl::StatusOr<ChosenProver> chosen = MakeProver(choice);
    EXPECT_TRUE(chosen.ok()) << chosen.status();
    if (!chosen.ok()) return nullptr;
    const absl::StatusOr<Keys> keys = chosen->prover->SetUp(chosen->circuit);
    EXPECT_TRUE(keys.ok()) << keys.status();
    return keys.ok() ? std::move(chosen->prover) : nullptr;
  }

  ProverInstallation installation_;
  std::string scratch_;
  std::optional<ScopedVariable> cache_;
};

class ProvingProveTest : public ProversTogetherTest,
                         public testing::WithParamInterface<std::string> {};

INSTANTIATE_TEST_SUITE_P(Shipped, ProvingProveTest,
                         testing::Values("ultrahonk-bb", "ultrahonk-bbjs-wasm", "groth16-snarkjs",
                                         "plonk-snarkjs", "fflonk-snarkjs"),
                         [](const auto& prover) {
                           std::string name = prover.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST_P(ProvingProveTest, IsMeasuredColdAndWarm) {
  for (const char* start : {"cold", "warm"}) {
    const CollectingSink sink =
        RunProving({{"prover", GetParam()}, {"circuit", "age"}, {"start", start}});
    ASSERT_EQ(sink.finished()->outcome, Outcome::kOk) << sink.finished()->message;
    const std::vector<double> whole = sink.Values(kLatency);
    ASSERT_EQ(whole.size(), 2u);
    for (size_t i = 0; i < whole.size(); ++i) {
      EXPECT_LE(sink.Values("witness")[i] + sink.Values("prove")[i] + sink.Values("verify")[i],
                whole[i]);
      EXPECT_GT(sink.Values("proof_size")[i], 700);
      EXPECT_GT(sink.Values("prove_cpu")[i], 0);
      EXPECT_GT(sink.Values("prover_rss_peak")[i], 1 << 20);
    }
    StringMap facts = sink.finished()->facts;
    EXPECT_EQ(facts["prover.sha256"].size(), 64u);
    EXPECT_EQ(facts["keys.sha256"].size(), 64u);
    EXPECT_NE(facts["prover.version"], "");
    if (installation_.real.empty()) {
      EXPECT_NE(facts["prover.setup"].find("INSECURE"), std::string::npos);
    }
  }
}

TEST_P(ProvingProveTest, WhatWasChangedIsRejectedColdAndWarm) {
  const std::unique_ptr<Prover> provers[] = {Make(GetParam(), "age", false),
                                             Make(GetParam(), "age", true)};
  Proof proof;
  for (const auto& prover : provers) {
    ASSERT_NE(prover, nullptr);
    const absl::StatusOr<std::string> witness = prover->MakeWitness();
    ASSERT_TRUE(witness.ok()) << witness.status();
    // A witness that one of them solved is proved by the other.
    const absl::StatusOr<MadeProof> made = provers[prover == provers[0] ? 1 : 0]->Prove(*witness);
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
  for (const auto& prover : provers) {
    const absl::Status refused = CheckThatForgeriesAreRefused(*prover, proof);
    EXPECT_TRUE(refused.ok()) << refused;
  }
  for (const size_t place : {proof.proof.size() / 8, proof.proof.size() / 2 + 31}) {
    Proof damaged = proof;
    damaged.proof[place] = static_cast<char>(damaged.proof[place] ^ 1);
    expect(damaged, false, "a flipped bit");
  }
  expect({proof.proof.substr(32), proof.public_inputs}, false, "a cut proof");
  expect({"", proof.public_inputs}, false, "no proof");
  expect({proof.proof, ""}, false, "no statement");
  expect(proof, true, "as it was made, after all that");
}

TEST_P(ProvingProveTest, AChainIsProved) {
  const CollectingSink sink =
      RunProving({{"prover", GetParam()}, {"circuit", "chain"}, {"size", "10"}, {"start", "warm"}});
  EXPECT_EQ(sink.finished()->outcome, Outcome::kOk) << sink.finished()->message;
  EXPECT_EQ(sink.finished()->facts.at("circuit.name"), "chain-10");
}

TEST_P(ProvingProveTest, AKeyOfAnotherCircuitRefuses) {
  const auto age = Make(GetParam(), "age", false);
  ASSERT_NE(age, nullptr);
  const auto made = age->Prove(age->MakeWitness().value_or(""));
  ASSERT_TRUE(made.ok()) << made.status();
  const auto chain = Make(GetParam(), "chain-10", false);
  ASSERT_NE(chain, nullptr);
  const absl::StatusOr<Verdict> verdict = chain->Verify(made->proof);
  EXPECT_TRUE(!verdict.ok() || !verdict->valid);
}

// Same circuit, same keys, another implementation: each verifies the other's proofs.
TEST_F(ProversTogetherTest, NativeAndWebAssemblyAgree) {
  const auto native = Make("ultrahonk-bb", "age", true);
  const auto browser = Make("ultrahonk-bbjs-wasm", "age", false);
  ASSERT_TRUE(native != nullptr && browser != nullptr);
  const auto made = native->Prove(browser->MakeWitness().value_or(""));
  ASSERT_TRUE(made.ok()) << made.status();
  const auto verdict = browser->Verify(made->proof);
  ASSERT_TRUE(verdict.ok()) << verdict.status();
  EXPECT_TRUE(verdict->valid) << verdict->reason;
}

TEST_F(ProversTogetherTest, LargerCircuitsThanAProverTakesAreNotStarted) {
  const CollectingSink sink =
      RunProving({{"prover", "plonk-snarkjs"}, {"circuit", "chain"}, {"size", "17"}});
  EXPECT_EQ(sink.finished()->outcome, Outcome::kNotStarted);
  EXPECT_NE(sink.finished()->message.find("has no circuit 'chain-17'"), std::string::npos);
  EXPECT_NE(sink.finished()->message.find("larger ones take snarkjs minutes"), std::string::npos);
}

}  // namespace
}  // namespace benchfleet
