// crypto.aes128_gcm_seal and its like: one message of `size` bytes sealed or opened. The key is set
// up once; every sealed message has a nonce of its own.
#include <openssl/evp.h>

#include <array>
#include <cstring>
#include <string>

#include "base/status.h"
#include "workloads/builtins.h"
#include "workloads/openssl_util.h"
#include "workloads/payload.h"

namespace benchfleet {
namespace {

constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;

struct CipherRow {
  const char* name;
  const char* openssl_name;
  const char* words;
  size_t key_bytes;
  // A known answer without additional data: of all-zero key and nonce, sealing 16 zero bytes. AES:
  // McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 2 and 14; ChaCha20: the
  // keystream is RFC 8439's, appendix A.1, test vector 2.
  const char* zeros_sealed;
};

constexpr CipherRow kCiphers[] = {
    {"aes128_gcm", "AES-128-GCM", "AES-128-GCM", 16,
     "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf"},
    {"aes256_gcm", "AES-256-GCM", "AES-256-GCM", 32,
     "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
    {"chacha20_poly1305", "ChaCha20-Poly1305", "ChaCha20-Poly1305", 32,
     "9f07e7be5551387a98ba977c732d080d"},
};

class Aead {
 public:
  absl::Status SetUp(const CipherRow& row, const std::string& key) {
    algorithm_.reset(EVP_CIPHER_fetch(nullptr, row.openssl_name, nullptr));
    sealing_.reset(EVP_CIPHER_CTX_new());
    opening_.reset(EVP_CIPHER_CTX_new());
    const auto* bytes = reinterpret_cast<const unsigned char*>(key.data());
    if (!algorithm_ || !sealing_ || !opening_ ||
        EVP_EncryptInit_ex2(sealing_.get(), algorithm_.get(), bytes, nullptr, nullptr) != 1 ||
        EVP_DecryptInit_ex2(opening_.get(), algorithm_.get(), bytes, nullptr, nullptr) != 1) {
      return OpenSslError("setting up the key");
    }
    return absl::OkStatus();
  }

  // `sealed` has the size of `plain` and the tag.
  bool Seal(const unsigned char* nonce, const std::string& plain, std::string& sealed) {
    int written = 0;
    auto* out = reinterpret_cast<unsigned char*>(sealed.data());
    return EVP_EncryptInit_ex2(sealing_.get(), nullptr, nullptr, nonce, nullptr) == 1 &&
           EVP_EncryptUpdate(sealing_.get(), out, &written,
                             reinterpret_cast<const unsigned char*>(plain.data()),
                             static_cast<int>(plain.size())) == 1 &&
           EVP_EncryptFinal_ex(sealing_.get(), out + written, &written) == 1 &&
           EVP_CIPHER_CTX_ctrl(sealing_.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes,
                               out + plain.size()) == 1;
  }

  // False where the tag does not fit.
  bool Open(const unsigned char* nonce, std::string& sealed, std::string& plain) {
    int written = 0;
    auto* in = reinterpret_cast<unsigned char*>(sealed.data());
    auto* out = reinterpret_cast<unsigned char*>(plain.data());
    return EVP_DecryptInit_ex2(opening_.get(), nullptr, nullptr, nonce, nullptr) == 1 &&
           EVP_DecryptUpdate(opening_.get(), out, &written, in, static_cast<int>(plain.size())) ==
               1 &&
           EVP_CIPHER_CTX_ctrl(opening_.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes,
                               in + plain.size()) == 1 &&
           EVP_DecryptFinal_ex(opening_.get(), out + written, &written) == 1;
  }

 private:
  OpenSslPtr<EVP_CIPHER> algorithm_;
  OpenSslPtr<EVP_CIPHER_CTX> sealing_;
  OpenSslPtr<EVP_CIPHER_CTX> opening_;
};

class AeadWorkload final : public Workload {
 public:
  AeadWorkload(const CipherRow& row, bool opens) : row_(row), opens_(opens) {}

  absl::Status Configure(const Parameters& parameters) override {
    BF_ASSIGN_OR_RETURN(size_, parameters.Bytes("size"));
    return absl::OkStatus();
  }

  absl::Status SetUp(const RunContext& context) override {
    plain_ = SeededBytes(context.seed, size_);
    opened_.resize(size_);
    sealed_.resize(size_ + kTagBytes);
    BF_RETURN_IF_ERROR(aead_.SetUp(row_, SeededBytes(context.seed + 1, row_.key_bytes)));
    return aead_.Seal(nonce_.data(), plain_, sealed_) ? absl::OkStatus() : OpenSslError("sealing");
  }

  std::vector<Metric> Metrics() const override {
    return {LatencyMetric(), ThroughputMetric(static_cast<double>(size_))};
  }

  absl::Status Run(uint64_t iterations) override {
    for (uint64_t i = 0; i < iterations; ++i) {
      if (opens_) {
        if (!aead_.Open(nonce_.data(), sealed_, opened_)) return absl::DataLossError("not opened");
        continue;
      }
      ++counter_;
      std::memcpy(nonce_.data(), &counter_, sizeof counter_);
      if (!aead_.Seal(nonce_.data(), plain_, sealed_)) return OpenSslError("sealing");
    }
    return absl::OkStatus();
  }

  absl::Status Validate() override {
    if (!aead_.Open(nonce_.data(), sealed_, opened_) || opened_ != plain_) {
      return absl::DataLossError("what was sealed does not open to the same message");
    }
    sealed_.back() = static_cast<char>(sealed_.back() ^ 1);
    if (aead_.Open(nonce_.data(), sealed_, opened_)) {
      return absl::DataLossError("a tampered message was opened");
    }
    OpenSslReason();
    return KnownAnswer();
  }

  StringMap Facts() const override { return OpenSslFacts(); }

 private:
  absl::Status KnownAnswer() const {
    Aead aead;
    BF_RETURN_IF_ERROR(aead.SetUp(row_, std::string(row_.key_bytes, '\0')));
    const std::array<unsigned char, kNonceBytes> nonce{};
    std::string sealed(16 + kTagBytes, '\0');
    if (!aead.Seal(nonce.data(), std::string(16, '\0'), sealed)) return OpenSslError("sealing");
    if (ToHex(sealed).starts_with(row_.zeros_sealed)) return absl::OkStatus();
    return absl::DataLossError("16 zero bytes sealed to " + ToHex(sealed));
  }

  const CipherRow& row_;
  const bool opens_;
  uint64_t size_ = 0;
  uint64_t counter_ = 0;
  std::array<unsigned char, kNonceBytes> nonce_{};
  std::string plain_;
  std::string opened_;
  std::string sealed_;
  Aead aead_;
};

}  // namespace

std::vector<WorkloadEntry> CipherWorkloads() {
  std::vector<WorkloadEntry> entries;
  for (const CipherRow& row : kCiphers) {
    const OpenSslPtr<EVP_CIPHER> offered(EVP_CIPHER_fetch(nullptr, row.openssl_name, nullptr));
    OpenSslReason();
    for (const bool opens : {false, true}) {
      WorkloadEntry entry;
      entry.description.name = absl::StrFormat("crypto.%s_%s", row.name, opens ? "open" : "seal");
      entry.description.description =
          absl::StrFormat("%s of `size` bytes: %s one message, the key set up before", row.words,
                          opens ? "verify and decrypt" : "encrypt and authenticate");
      entry.description.parameters = {
          SizeParameter("size", "of the message: 64, 1KiB, 1MiB", "1KiB", 0, uint64_t{1} << 30)};
      entry.description.metrics = {LatencyMetric(), ThroughputMetric(1024)};
      if (!offered)
        entry.description.unavailable = absl::StrFormat("this OpenSSL has no %s", row.words);
      entry.create = [&row, opens] { return std::make_unique<AeadWorkload>(row, opens); };
      entries.push_back(std::move(entry));
    }
  }
  return entries;
}

}  // namespace benchfleet
