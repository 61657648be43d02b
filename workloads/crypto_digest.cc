// crypto.sha256 and its like: one digest of `size` bytes through OpenSSL's EVP interface.
#include <openssl/evp.h>

#include <array>
#include <string>

#include "base/status.h"
#include "workloads/builtins.h"
#include "workloads/openssl_util.h"
#include "workloads/payload.h"

namespace benchfleet {
namespace {

struct DigestRow {
  const char* name;
  const char* openssl_name;
  const char* description;
  const char* of_abc;  // the digest of "abc": FIPS 180-4, FIPS 202, RFC 7693
};

constexpr DigestRow kDigests[] = {
    {"crypto.sha256", "SHA2-256", "SHA-256 of `size` bytes",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"crypto.sha384", "SHA2-384", "SHA-384 of `size` bytes",
     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
     "8086072ba1e7cc2358baeca134c825a7"},
    {"crypto.sha512", "SHA2-512", "SHA-512 of `size` bytes",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
    {"crypto.sha3_256", "SHA3-256", "SHA3-256 of `size` bytes",
     "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"},
    {"crypto.sha3_512", "SHA3-512", "SHA3-512 of `size` bytes",
     "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e"
     "10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0"},
    {"crypto.blake2b512", "BLAKE2B-512", "BLAKE2b-512 of `size` bytes",
     "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
     "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"},
    {"crypto.blake2s256", "BLAKE2S-256", "BLAKE2s-256 of `size` bytes",
     "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982"},
};

class Digest final : public Workload {
 public:
  explicit Digest(const DigestRow& row) : row_(row) {}

  absl::Status Configure(const Parameters& parameters) override {
    BF_ASSIGN_OR_RETURN(size_, parameters.Bytes("size"));
    return absl::OkStatus();
  }

  absl::Status SetUp(const RunContext& context) override {
    payload_ = SeededBytes(context.seed, size_);
    algorithm_.reset(EVP_MD_fetch(nullptr, row_.openssl_name, nullptr));
    digesting_.reset(EVP_MD_CTX_new());
    if (!algorithm_ || !digesting_) return OpenSslError("fetching the digest");
    return absl::OkStatus();
  }

  std::vector<Metric> Metrics() const override {
    return {LatencyMetric(), ThroughputMetric(static_cast<double>(size_))};
  }

  absl::Status Run(uint64_t iterations) override {
    for (uint64_t i = 0; i < iterations; ++i) {
      if (!Compute(payload_)) return OpenSslError("digesting");
    }
    return absl::OkStatus();
  }

  absl::Status Validate() override {
    const std::string measured = Hex();
    std::array<unsigned char, EVP_MAX_MD_SIZE> again;
    size_t again_size = 0;
    if (EVP_Q_digest(nullptr, row_.openssl_name, nullptr, payload_.data(), payload_.size(),
                     again.data(), &again_size) != 1) {
      return OpenSslError("digesting once more");
    }
    const std::string_view expected(reinterpret_cast<const char*>(again.data()), again_size);
    if (measured != ToHex(expected)) return absl::DataLossError("the digest came out differently");
    if (!Compute("abc")) return OpenSslError("digesting the known vector");
    if (Hex() == row_.of_abc) return absl::OkStatus();
    return absl::DataLossError(
        absl::StrFormat("the digest of 'abc' is %s and not %s", Hex(), row_.of_abc));
  }

  StringMap Facts() const override { return OpenSslFacts(); }

 private:
  bool Compute(std::string_view bytes) {
    return EVP_DigestInit_ex2(digesting_.get(), algorithm_.get(), nullptr) == 1 &&
           EVP_DigestUpdate(digesting_.get(), bytes.data(), bytes.size()) == 1 &&
           EVP_DigestFinal_ex(digesting_.get(), out_.data(), &out_size_) == 1;
  }
  std::string Hex() const {
    return ToHex(std::string_view(reinterpret_cast<const char*>(out_.data()), out_size_));
  }

  const DigestRow& row_;
  uint64_t size_ = 0;
  std::string payload_;
  OpenSslPtr<EVP_MD> algorithm_;
  OpenSslPtr<EVP_MD_CTX> digesting_;
  std::array<unsigned char, EVP_MAX_MD_SIZE> out_;
  unsigned int out_size_ = 0;
};

}  // namespace

std::vector<WorkloadEntry> DigestWorkloads() {
  std::vector<WorkloadEntry> entries;
  for (const DigestRow& row : kDigests) {
    WorkloadDescription description{
        row.name,
        row.description,
        {SizeParameter("size", "of the payload: 64, 1KiB, 1MiB", "1KiB", 0, uint64_t{1} << 30)},
        {LatencyMetric(), ThroughputMetric(1024)},
        "",
        ""};
    const OpenSslPtr<EVP_MD> offered(EVP_MD_fetch(nullptr, row.openssl_name, nullptr));
    if (!offered) description.unavailable = "this OpenSSL has no " + std::string(row.openssl_name);
    OpenSslReason();  // empties the queue
    entries.push_back({description, [&row] { return std::make_unique<Digest>(row); }});
  }
  return entries;
}

}  // namespace benchfleet
