// crypto.ed25519_sign, crypto.ecdsa_p256_verify and their like: one signature over `size` bytes.
//
// Algorithms that sign a digest (ECDSA, RSA) use one context that is set up before, as a server
// does, and digest each message; Ed25519 and ML-DSA, which take the message itself, are
// initialised for each message, since newer OpenSSL refuses to use such a context twice.
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <array>
#include <string>

#include "base/status.h"
#include "workloads/builtins.h"
#include "workloads/openssl_keys.h"
#include "workloads/payload.h"

namespace benchfleet {
namespace {

struct SignRow {
  const char* name;
  const char* words;
  KeyAlgorithm algorithm;
  const char* digest;  // nullptr: the algorithm takes the message itself
};

constexpr SignRow kAlgorithms[] = {
    {"ed25519", "Ed25519", {"ED25519"}, nullptr},
    {"ecdsa_p256", "ECDSA P-256 with SHA-256", {"EC", "P-256"}, "SHA2-256"},
    {"ecdsa_p384", "ECDSA P-384 with SHA-384", {"EC", "P-384"}, "SHA2-384"},
    {"rsa2048", "RSA-2048 with SHA-256", {"RSA", nullptr, 2048}, "SHA2-256"},
    {"rsa3072", "RSA-3072 with SHA-256", {"RSA", nullptr, 3072}, "SHA2-256"},
    {"rsa4096", "RSA-4096 with SHA-256", {"RSA", nullptr, 4096}, "SHA2-256"},
    {"ml_dsa_44", "ML-DSA-44", {"ML-DSA-44"}, nullptr},
    {"ml_dsa_65", "ML-DSA-65", {"ML-DSA-65"}, nullptr},
    {"ml_dsa_87", "ML-DSA-87", {"ML-DSA-87"}, nullptr},
};

bool IsRsa(const SignRow& row) { return row.algorithm.bits != 0; }

const unsigned char* Bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Signs and verifies with one key.
class Signer {
 public:
  explicit Signer(const SignRow& row) : row_(row) {}

  absl::Status SetUp(OpenSslPtr<EVP_PKEY> key, const std::string& padding) {
    key_ = std::move(key);
    whole_.reset(EVP_MD_CTX_new());
    if (!whole_) return OpenSslError("allocating");
    if (row_.digest == nullptr) return absl::OkStatus();
    digest_.reset(EVP_MD_fetch(nullptr, row_.digest, nullptr));
    signing_.reset(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr));
    verifying_.reset(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr));
    if (!digest_ || !signing_ || !verifying_ || EVP_PKEY_sign_init(signing_.get()) <= 0 ||
        EVP_PKEY_verify_init(verifying_.get()) <= 0) {
      return OpenSslError("setting up the key");
    }
    for (EVP_PKEY_CTX* context : {signing_.get(), verifying_.get()}) {
      const bool pss = padding == "pss";
      if (EVP_PKEY_CTX_set_signature_md(context, digest_.get()) <= 0 ||
          (pss && (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) <= 0 ||
                   EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) <= 0))) {
        return OpenSslError("choosing digest and padding");
      }
    }
    return absl::OkStatus();
  }

  size_t signature_bytes_max() const { return static_cast<size_t>(EVP_PKEY_get_size(key_.get())); }

  // `signature` has room for signature_bytes_max(); `size` becomes its length.
  bool Sign(const std::string& message, std::string& signature, size_t* size) {
    auto* out = reinterpret_cast<unsigned char*>(signature.data());
    *size = signature.size();
    if (digest_ == nullptr) {
      return EVP_DigestSignInit_ex(whole_.get(), nullptr, nullptr, nullptr, nullptr, key_.get(),
                                   nullptr) == 1 &&
             EVP_DigestSign(whole_.get(), out, size, Bytes(message), message.size()) == 1;
    }
    return Digest(message) &&
           EVP_PKEY_sign(signing_.get(), out, size, hash_.data(), hash_size_) > 0;
  }

  bool Verify(const std::string& message, const std::string& signature, size_t size) {
    if (digest_ == nullptr) {
      return EVP_DigestVerifyInit_ex(whole_.get(), nullptr, nullptr, nullptr, nullptr, key_.get(),
                                     nullptr) == 1 &&
             EVP_DigestVerify(whole_.get(), Bytes(signature), size, Bytes(message),
                              message.size()) == 1;
    }
    return Digest(message) &&
           EVP_PKEY_verify(verifying_.get(), Bytes(signature), size, hash_.data(), hash_size_) == 1;
  }

 private:
  bool Digest(const std::string& message) {
    return EVP_DigestInit_ex2(whole_.get(), digest_.get(), nullptr) == 1 &&
           EVP_DigestUpdate(whole_.get(), message.data(), message.size()) == 1 &&
           EVP_DigestFinal_ex(whole_.get(), hash_.data(), &hash_size_) == 1;
  }

  const SignRow& row_;
  OpenSslPtr<EVP_PKEY> key_;
  OpenSslPtr<EVP_MD> digest_;
  OpenSslPtr<EVP_PKEY_CTX> signing_;
  OpenSslPtr<EVP_PKEY_CTX> verifying_;
  OpenSslPtr<EVP_MD_CTX> whole_;
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash_;
  unsigned int hash_size_ = 0;
};

// RFC 8032, section 7.1, test 2.
absl::Status KnownEd25519(const SignRow& row) {
  constexpr unsigned char kSecret[] = {0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96, 0xda,
                                       0x9d, 0xb6, 0xc3, 0x46, 0xec, 0x11, 0x4e, 0x0f,
                                       0x5b, 0x8a, 0x31, 0x9f, 0x35, 0xab, 0xa6, 0x24,
                                       0xda, 0x8c, 0xf6, 0xed, 0x4f, 0xb8, 0xa6, 0xfb};
  constexpr char kSignature[] =
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
  OpenSslPtr<EVP_PKEY> key(
      EVP_PKEY_new_raw_private_key_ex(nullptr, "ED25519", nullptr, kSecret, sizeof kSecret));
  if (!key) return OpenSslError("loading the known key");
  Signer signer(row);
  BF_RETURN_IF_ERROR(signer.SetUp(std::move(key), ""));
  std::string signature(signer.signature_bytes_max(), '\0');
  size_t size = 0;
  if (!signer.Sign("\x72", signature, &size)) return OpenSslError("signing the known message");
  if (ToHex(signature) == kSignature) return absl::OkStatus();
  return absl::DataLossError("the known message has the signature " + ToHex(signature));
}

class SignWorkload final : public Workload {
 public:
  SignWorkload(const SignRow& row, bool verifies) : row_(row), verifies_(verifies), signer_(row) {}

  absl::Status Configure(const Parameters& parameters) override {
    BF_ASSIGN_OR_RETURN(size_, parameters.Bytes("size"));
    if (IsRsa(row_)) padding_ = parameters.Text("padding");
    return absl::OkStatus();
  }

  absl::Status SetUp(const RunContext& context) override {
    message_ = SeededBytes(context.seed, size_);
    OpenSslPtr<EVP_PKEY> key;
    BF_RETURN_IF_ERROR(GenerateKey(row_.algorithm, &key));
    BF_RETURN_IF_ERROR(signer_.SetUp(std::move(key), padding_));
    signature_.resize(signer_.signature_bytes_max());
    return signer_.Sign(message_, signature_, &signature_size_) ? absl::OkStatus()
                                                                : OpenSslError("signing");
  }

  absl::Status Run(uint64_t iterations) override {
    for (uint64_t i = 0; i < iterations; ++i) {
      if (!verifies_ && !signer_.Sign(message_, signature_, &signature_size_)) {
        return OpenSslError("signing");
      }
      if (verifies_ && !signer_.Verify(message_, signature_, signature_size_)) {
        return absl::DataLossError("the signature was refused");
      }
    }
    return absl::OkStatus();
  }

  absl::Status Validate() override {
    if (!signer_.Verify(message_, signature_, signature_size_)) {
      return absl::DataLossError("the signature does not verify");
    }
    std::string tampered = message_;
    tampered[0] = static_cast<char>(tampered[0] ^ 1);
    if (signer_.Verify(tampered, signature_, signature_size_)) {
      return absl::DataLossError("the signature verifies for another message");
    }
    OpenSslReason();
    return std::string_view(row_.name) == "ed25519" ? KnownEd25519(row_) : absl::OkStatus();
  }

  StringMap Facts() const override {
    StringMap facts = OpenSslFacts();
    facts["signature_bytes"] = std::to_string(signature_size_);
    return facts;
  }

 private:
  const SignRow& row_;
  const bool verifies_;
  Signer signer_;
  uint64_t size_ = 0;
  std::string padding_;
  std::string message_;
  std::string signature_;
  size_t signature_size_ = 0;
};

}  // namespace

std::vector<WorkloadEntry> SignWorkloads() {
  std::vector<WorkloadEntry> entries;
  for (const SignRow& row : kAlgorithms) {
    const std::string unavailable = WhyNoKeys(row.algorithm);
    for (const bool verifies : {false, true}) {
      WorkloadEntry entry;
      entry.description.name =
          absl::StrFormat("crypto.%s_%s", row.name, verifies ? "verify" : "sign");
      entry.description.description = absl::StrFormat("%s: %s one message of `size` bytes",
                                                      row.words, verifies ? "verify" : "sign");
      entry.description.parameters = {
          SizeParameter("size", "of the message: 32, 1KiB", "32", 1, uint64_t{1} << 30)};
      if (IsRsa(row)) {
        entry.description.parameters.push_back(
            OptionalParameter("padding", "of the signature", "pss", {"pss", "pkcs1"}));
      }
      entry.description.metrics = {LatencyMetric()};
      entry.description.unavailable = unavailable;
      entry.create = [&row, verifies] { return std::make_unique<SignWorkload>(row, verifies); };
      entries.push_back(std::move(entry));
    }
  }
  return entries;
}

}  // namespace benchfleet
