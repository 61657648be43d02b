// Agreeing on a secret: crypto.x25519 and crypto.ecdh_* (one derivation), crypto.*_encap and
// crypto.*_decap (one encapsulation by a KEM).
#include <openssl/evp.h>

#include <string>

#include "base/status.h"
#include "workloads/builtins.h"
#include "workloads/openssl_keys.h"

namespace benchfleet {
namespace {

unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

struct AgreeRow {
  const char* name;
  const char* words;
  KeyAlgorithm algorithm;
  const char* kem_operation = nullptr;  // of KEMs that have several
};

// ---- Diffie-Hellman

constexpr AgreeRow kExchanges[] = {
    {"crypto.x25519", "X25519", {"X25519"}},
    {"crypto.ecdh_p256", "ECDH P-256", {"EC", "P-256"}},
    {"crypto.ecdh_p384", "ECDH P-384", {"EC", "P-384"}},
};

// A private key and a peer's public key, ready to derive.
class Exchange {
 public:
  absl::Status SetUp(EVP_PKEY* own, EVP_PKEY* peer) {
    deriving_.reset(EVP_PKEY_CTX_new_from_pkey(nullptr, own, nullptr));
    size_t size = 0;
    if (!deriving_ || EVP_PKEY_derive_init(deriving_.get()) <= 0 ||
        EVP_PKEY_derive_set_peer(deriving_.get(), peer) <= 0 ||
        EVP_PKEY_derive(deriving_.get(), nullptr, &size) <= 0) {
      return OpenSslError("setting up the exchange");
    }
    secret_.resize(size);
    return absl::OkStatus();
  }
  bool Derive() {
    size_t size = secret_.size();
    return EVP_PKEY_derive(deriving_.get(), Bytes(secret_), &size) > 0;
  }
  const std::string& secret() const { return secret_; }

 private:
  OpenSslPtr<EVP_PKEY_CTX> deriving_;
  std::string secret_;
};

// RFC 7748, section 6.1: Alice's private key and Bob's public one.
absl::Status KnownX25519() {
  constexpr unsigned char kAlice[] = {0x77, 0x07, 0x6d, 0x0a, 0x73, 0x18, 0xa5, 0x7d,
                                      0x3c, 0x16, 0xc1, 0x72, 0x51, 0xb2, 0x66, 0x45,
                                      0xdf, 0x4c, 0x2f, 0x87, 0xeb, 0xc0, 0x99, 0x2a,
                                      0xb1, 0x77, 0xfb, 0xa5, 0x1d, 0xb9, 0x2c, 0x2a};
  constexpr unsigned char kBob[] = {0xde, 0x9e, 0xdb, 0x7d, 0x7b, 0x7d, 0xc1, 0xb4,
                                    0xd3, 0x5b, 0x61, 0xc2, 0xec, 0xe4, 0x35, 0x37,
                                    0x3f, 0x83, 0x43, 0xc8, 0x5b, 0x78, 0x67, 0x4d,
                                    0xad, 0xfc, 0x7e, 0x14, 0x6f, 0x88, 0x2b, 0x4f};
  const OpenSslPtr<EVP_PKEY> own(
      EVP_PKEY_new_raw_private_key_ex(nullptr, "X25519", nullptr, kAlice, sizeof kAlice));
  const OpenSslPtr<EVP_PKEY> peer(
      EVP_PKEY_new_raw_public_key_ex(nullptr, "X25519", nullptr, kBob, sizeof kBob));
  if (!own || !peer) return OpenSslError("loading the known keys");
  Exchange exchange;
  BF_RETURN_IF_ERROR(exchange.SetUp(own.get(), peer.get()));
  if (!exchange.Derive()) return OpenSslError("deriving the known secret");
  if (ToHex(exchange.secret()) ==
      "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742") {
    return absl::OkStatus();
  }
  return absl::DataLossError("the known keys agree on " + ToHex(exchange.secret()));
}

class ExchangeWorkload final : public Workload {
 public:
  explicit ExchangeWorkload(const AgreeRow& row) : row_(row) {}

  absl::Status SetUp(const RunContext& /*context*/) override {
    BF_RETURN_IF_ERROR(GenerateKey(row_.algorithm, &own_));
    BF_RETURN_IF_ERROR(GenerateKey(row_.algorithm, &peer_));
    return exchange_.SetUp(own_.get(), peer_.get());
  }
  absl::Status Run(uint64_t iterations) override {
    for (uint64_t i = 0; i < iterations; ++i) {
      if (!exchange_.Derive()) return OpenSslError("deriving");
    }
    return absl::OkStatus();
  }
  absl::Status Validate() override {
    Exchange other;
    BF_RETURN_IF_ERROR(other.SetUp(peer_.get(), own_.get()));
    if (!other.Derive()) return OpenSslError("deriving as the peer");
    if (other.secret() != exchange_.secret()) {
      return absl::DataLossError("the two sides do not agree");
    }
    const bool x25519 = std::string_view(row_.algorithm.type) == "X25519";
    return x25519 ? KnownX25519() : absl::OkStatus();
  }
  StringMap Facts() const override { return OpenSslFacts(); }

 private:
  const AgreeRow& row_;
  OpenSslPtr<EVP_PKEY> own_;
  OpenSslPtr<EVP_PKEY> peer_;
  Exchange exchange_;
};

// ---- key encapsulation

constexpr AgreeRow kKems[] = {
    {"crypto.ml_kem_512", "ML-KEM-512", {"ML-KEM-512"}},
    {"crypto.ml_kem_768", "ML-KEM-768", {"ML-KEM-768"}},
    {"crypto.ml_kem_1024", "ML-KEM-1024", {"ML-KEM-1024"}},
    {"crypto.rsa2048_kem", "RSA-2048 (RSASVE)", {"RSA", nullptr, 2048}, "RSASVE"},
};

class KemWorkload final : public Workload {
 public:
  KemWorkload(const AgreeRow& row, bool decapsulates) : row_(row), decapsulates_(decapsulates) {}

  absl::Status SetUp(const RunContext& /*context*/) override {
    BF_RETURN_IF_ERROR(GenerateKey(row_.algorithm, &key_));
    sending_.reset(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr));
    receiving_.reset(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr));
    if (!sending_ || !receiving_ || EVP_PKEY_encapsulate_init(sending_.get(), nullptr) <= 0 ||
        EVP_PKEY_decapsulate_init(receiving_.get(), nullptr) <= 0) {
      return OpenSslError("setting up the key");
    }
    const char* operation = row_.kem_operation;
    if (operation != nullptr && (EVP_PKEY_CTX_set_kem_op(sending_.get(), operation) <= 0 ||
                                 EVP_PKEY_CTX_set_kem_op(receiving_.get(), operation) <= 0)) {
      return OpenSslError("choosing the operation");
    }
    size_t wrapped = 0;
    size_t secret = 0;
    if (EVP_PKEY_encapsulate(sending_.get(), nullptr, &wrapped, nullptr, &secret) <= 0) {
      return OpenSslError("asking for sizes");
    }
    wrapped_.resize(wrapped);
    sent_.resize(secret);
    received_.resize(secret);
    return Encapsulate() ? absl::OkStatus() : OpenSslError("encapsulating");
  }
  absl::Status Run(uint64_t iterations) override {
    for (uint64_t i = 0; i < iterations; ++i) {
      if (!(decapsulates_ ? Decapsulate() : Encapsulate())) return OpenSslError("(de)capsulating");
    }
    return absl::OkStatus();
  }
  absl::Status Validate() override {
    if (!Decapsulate()) return OpenSslError("decapsulating");
    if (received_ != sent_) return absl::DataLossError("the two sides do not agree");
    wrapped_[0] = static_cast<char>(wrapped_[0] ^ 1);
    // ML-KEM answers a tampered message with another secret, RSASVE too.
    if (Decapsulate() && received_ == sent_) {
      return absl::DataLossError("a tampered message gives the same secret");
    }
    OpenSslReason();
    return absl::OkStatus();
  }
  StringMap Facts() const override { return OpenSslFacts(); }

 private:
  bool Encapsulate() {
    size_t wrapped = wrapped_.size();
    size_t secret = sent_.size();
    return EVP_PKEY_encapsulate(sending_.get(), Bytes(wrapped_), &wrapped, Bytes(sent_), &secret) >
           0;
  }
  bool Decapsulate() {
    size_t secret = received_.size();
    return EVP_PKEY_decapsulate(receiving_.get(), Bytes(received_), &secret, Bytes(wrapped_),
                                wrapped_.size()) > 0;
  }

  const AgreeRow& row_;
  const bool decapsulates_;
  OpenSslPtr<EVP_PKEY> key_;
  OpenSslPtr<EVP_PKEY_CTX> sending_;
  OpenSslPtr<EVP_PKEY_CTX> receiving_;
  std::string wrapped_;
  std::string sent_;
  std::string received_;
};

}  // namespace

std::vector<WorkloadEntry> AgreeWorkloads() {
  std::vector<WorkloadEntry> entries;
  for (const AgreeRow& row : kExchanges) {
    WorkloadDescription description{row.name, "", {}, {LatencyMetric()}, "", ""};
    description.description = absl::StrFormat("%s: derive one shared secret", row.words);
    description.unavailable = WhyNoKeys(row.algorithm);
    entries.push_back({description, [&row] { return std::make_unique<ExchangeWorkload>(row); }});
  }
  for (const AgreeRow& row : kKems) {
    for (const bool decapsulates : {false, true}) {
      WorkloadDescription description{row.name, "", {}, {LatencyMetric()}, "", ""};
      description.name += decapsulates ? "_decap" : "_encap";
      description.description = absl::StrFormat("%s: %s one secret", row.words,
                                                decapsulates ? "decapsulate" : "encapsulate");
      description.unavailable = WhyNoKeys(row.algorithm);
      entries.push_back({description, [&row, decapsulates] {
                           return std::make_unique<KemWorkload>(row, decapsulates);
                         }});
    }
  }
  return entries;
}

}  // namespace benchfleet
