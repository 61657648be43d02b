// crypto.ed25519_keygen and its like: one key pair from OpenSSL's own random generator. Times of
// RSA key generation vary by a factor of ten from key to key: that is the search for primes.
#include <openssl/evp.h>

#include "base/status.h"
#include "workloads/builtins.h"
#include "workloads/openssl_keys.h"

namespace benchfleet {
namespace {

struct KeygenRow {
  const char* name;
  const char* words;
  KeyAlgorithm algorithm;
};

constexpr KeygenRow kKinds[] = {
    {"x25519", "X25519", {"X25519"}},
    {"ed25519", "Ed25519", {"ED25519"}},
    {"ecdsa_p256", "ECDSA P-256", {"EC", "P-256"}},
    {"ecdsa_p384", "ECDSA P-384", {"EC", "P-384"}},
    {"rsa2048", "RSA-2048", {"RSA", nullptr, 2048}},
    {"rsa3072", "RSA-3072", {"RSA", nullptr, 3072}},
    {"rsa4096", "RSA-4096", {"RSA", nullptr, 4096}},
    {"ml_kem_512", "ML-KEM-512", {"ML-KEM-512"}},
    {"ml_kem_768", "ML-KEM-768", {"ML-KEM-768"}},
    {"ml_kem_1024", "ML-KEM-1024", {"ML-KEM-1024"}},
    {"ml_dsa_44", "ML-DSA-44", {"ML-DSA-44"}},
    {"ml_dsa_65", "ML-DSA-65", {"ML-DSA-65"}},
    {"ml_dsa_87", "ML-DSA-87", {"ML-DSA-87"}},
};

class Keygen final : public Workload {
 public:
  explicit Keygen(const KeygenRow& row) : row_(row) {}

  absl::Status SetUp(const RunContext& /*context*/) override {
    return MakeGenerator(row_.algorithm, &generator_);
  }

  absl::Status Run(uint64_t iterations) override {
    for (uint64_t i = 0; i < iterations; ++i) {
      BF_RETURN_IF_ERROR(Generate(generator_, &key_));
    }
    return absl::OkStatus();
  }

  absl::Status Validate() override {
    const OpenSslPtr<EVP_PKEY_CTX> checking(
        EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr));
    if (!checking) return OpenSslError("checking the key");
    if (EVP_PKEY_pairwise_check(checking.get()) != 1) {
      return absl::DataLossError("the private key does not belong to the public one");
    }
    OpenSslPtr<EVP_PKEY> other;
    BF_RETURN_IF_ERROR(Generate(generator_, &other));
    if (EVP_PKEY_eq(key_.get(), other.get()) == 1) {
      return absl::DataLossError("two generated keys are the same");
    }
    OpenSslReason();
    return absl::OkStatus();
  }

  StringMap Facts() const override { return OpenSslFacts(); }

 private:
  const KeygenRow& row_;
  OpenSslPtr<EVP_PKEY_CTX> generator_;
  OpenSslPtr<EVP_PKEY> key_;
};

}  // namespace

std::vector<WorkloadEntry> KeygenWorkloads() {
  std::vector<WorkloadEntry> entries;
  for (const KeygenRow& row : kKinds) {
    WorkloadEntry entry;
    entry.description.name = absl::StrFormat("crypto.%s_keygen", row.name);
    entry.description.description = absl::StrFormat("one %s key pair", row.words);
    entry.description.metrics = {LatencyMetric()};
    entry.description.unavailable = WhyNoKeys(row.algorithm);
    entry.create = [&row] { return std::make_unique<Keygen>(row); };
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace benchfleet
