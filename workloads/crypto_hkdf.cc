// crypto.hkdf_sha256: extract and expand (RFC 5869) one key of `size` bytes.
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <string>

#include "base/status.h"
#include "workloads/builtins.h"
#include "workloads/openssl_util.h"
#include "workloads/payload.h"

namespace benchfleet {
namespace {

constexpr uint64_t kMostBytes = uint64_t{255} * 32;  // RFC 5869, section 2.3

class Hkdf {
 public:
  absl::Status SetUp(std::string key, std::string salt, std::string info) {
    char digest[] = "SHA2-256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key.data(), key.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt.data(), salt.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
        OSSL_PARAM_construct_end()};
    EVP_KDF* algorithm = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
    deriving_.reset(algorithm == nullptr ? nullptr : EVP_KDF_CTX_new(algorithm));
    EVP_KDF_free(algorithm);
    if (!deriving_ || EVP_KDF_CTX_set_params(deriving_.get(), params) <= 0) {
      return OpenSslError("setting up HKDF");
    }
    return absl::OkStatus();
  }
  bool Derive(std::string& out) {
    return EVP_KDF_derive(deriving_.get(), reinterpret_cast<unsigned char*>(out.data()), out.size(),
                          nullptr) > 0;
  }

 private:
  OpenSslPtr<EVP_KDF_CTX> deriving_;
};

class HkdfWorkload final : public Workload {
 public:
  absl::Status Configure(const Parameters& parameters) override {
    BF_ASSIGN_OR_RETURN(size_, parameters.Bytes("size"));
    return absl::OkStatus();
  }
  absl::Status SetUp(const RunContext& context) override {
    out_.resize(size_);
    return hkdf_.SetUp(SeededBytes(context.seed, 32), SeededBytes(context.seed + 1, 32),
                       "benchfleet");
  }
  absl::Status Run(uint64_t iterations) override {
    for (uint64_t i = 0; i < iterations; ++i) {
      if (!hkdf_.Derive(out_)) return OpenSslError("deriving");
    }
    return absl::OkStatus();
  }
  absl::Status Validate() override {
    std::string again(size_, '\0');
    if (!hkdf_.Derive(again)) return OpenSslError("deriving again");
    if (again != out_) return absl::DataLossError("the same inputs gave another key");
    // RFC 5869, appendix A.1.
    std::string salt;
    for (char c = 0; c <= 0x0c; ++c) salt += c;
    std::string info;
    for (int c = 0xf0; c <= 0xf9; ++c) info += static_cast<char>(c);
    Hkdf known;
    BF_RETURN_IF_ERROR(known.SetUp(std::string(22, '\x0b'), salt, info));
    std::string key(42, '\0');
    if (!known.Derive(key)) return OpenSslError("deriving the known key");
    if (ToHex(key) ==
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865") {
      return absl::OkStatus();
    }
    return absl::DataLossError("the known key came out as " + ToHex(key));
  }
  StringMap Facts() const override { return OpenSslFacts(); }

 private:
  uint64_t size_ = 0;
  std::string out_;
  Hkdf hkdf_;
};

}  // namespace

std::vector<WorkloadEntry> HkdfWorkloads() {
  WorkloadDescription description{
      "crypto.hkdf_sha256",
      "HKDF with SHA-256: extract and expand `size` bytes",
      {SizeParameter("size", "of the derived key, at most 8160", "32", 1, kMostBytes)},
      {LatencyMetric()},
      "",
      ""};
  EVP_KDF* offered = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
  if (offered == nullptr) description.unavailable = "this OpenSSL has no HKDF";
  EVP_KDF_free(offered);
  OpenSslReason();
  return {{description, [] { return std::make_unique<HkdfWorkload>(); }}};
}

}  // namespace benchfleet
