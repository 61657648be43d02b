// The crypto families beyond digests. Each workload's Validate() compares with published vectors
// where there are any, and checks that tampering is noticed.
#include "gtest/gtest.h"
#include "workloads/builtins.h"
#include "workloads/testing.h"

namespace benchfleet {
namespace {

void ExpectAllRun(const std::vector<WorkloadEntry>& entries, size_t fewest,
                  const StringMap& parameters = {}) {
  size_t ran = 0;
  for (const WorkloadEntry& entry : entries) {
    const std::string& name = entry.description.name;
    if (!entry.description.unavailable.empty()) {
      EXPECT_NE(entry.description.unavailable.find("has no"), std::string::npos) << name;
      continue;
    }
    if (name == "crypto.rsa3072_keygen" || name == "crypto.rsa4096_keygen") continue;  // seconds
    const CollectingSink sink = RunBuiltin(name, parameters);
    EXPECT_EQ(sink.finished()->outcome, Outcome::kOk) << name << ": " << sink.finished()->message;
    EXPECT_FALSE(sink.Values(kLatency).empty()) << name;
    ++ran;
  }
  EXPECT_GE(ran, fewest);
}

TEST(CryptoTest, Ciphers) {
  for (const char* size : {"0", "1", "1KiB", "64KiB"}) {
    ExpectAllRun(CipherWorkloads(), 6, {{"size", size}});
  }
}

TEST(CryptoTest, SignaturesOfEveryKind) { ExpectAllRun(SignWorkloads(), 12); }
TEST(CryptoTest, SignaturesOfALongMessage) {
  for (const char* name : {"crypto.ed25519_sign", "crypto.ecdsa_p256_sign",
                           "crypto.ecdsa_p384_verify", "crypto.rsa2048_verify"}) {
    const CollectingSink sink = RunBuiltin(name, {{"size", "100kB"}});
    EXPECT_EQ(sink.finished()->outcome, Outcome::kOk) << name << ": " << sink.finished()->message;
  }
}

TEST(CryptoTest, BothPaddingsOfRsa) {
  for (const char* padding : {"pss", "pkcs1"}) {
    for (const char* name : {"crypto.rsa2048_sign", "crypto.rsa2048_verify"}) {
      const CollectingSink sink = RunBuiltin(name, {{"padding", padding}});
      EXPECT_EQ(sink.finished()->outcome, Outcome::kOk) << sink.finished()->message;
      EXPECT_EQ(sink.finished()->facts.at("signature_bytes"), "256");
    }
  }
  const CollectingSink sink = RunBuiltin("crypto.rsa2048_sign", {{"padding", "psss"}});
  EXPECT_EQ(sink.finished()->message,
            "parameter 'padding': 'psss', expected one of pss, pkcs1 (did you mean 'pss'?)");
}

TEST(CryptoTest, KeyGeneration) { ExpectAllRun(KeygenWorkloads(), 5); }
TEST(CryptoTest, KeyAgreementAndEncapsulation) { ExpectAllRun(AgreeWorkloads(), 5); }
TEST(CryptoTest, Hkdf) {
  ExpectAllRun(HkdfWorkloads(), 1);
  ExpectAllRun(HkdfWorkloads(), 1, {{"size", "8160"}});
  EXPECT_EQ(RunBuiltin("crypto.hkdf_sha256", {{"size", "8161"}}).finished()->outcome,
            Outcome::kNotStarted);
}

TEST(CryptoTest, WhatThisOpenSslLacksIsNotStartedWithTheReason) {
  for (const WorkloadDescription& workload : Catalog::Builtins().Describe()) {
    if (workload.unavailable.empty()) continue;
    const CollectingSink sink = RunBuiltin(workload.name, {});
    EXPECT_EQ(sink.finished()->outcome, Outcome::kNotStarted);
    EXPECT_NE(sink.finished()->message.find(workload.unavailable), std::string::npos);
  }
}

}  // namespace
}  // namespace benchfleet
