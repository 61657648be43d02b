#include "attestation/tdx_test_util.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <vector>

#include "absl/strings/escaping.h"
#include "attestation/certificate_chain.h"
#include "base/status.h"

namespace benchfleet {
namespace {

using TdxTestKey = std::shared_ptr<EVP_PKEY>;

// A test that cannot make its keys has nothing to say.
void MustMake(bool well) {
  if (!well) std::abort();
}

TdxTestKey NewP256Key() { return TdxTestKey(EVP_EC_gen("P-256"), EVP_PKEY_free); }

struct TdxTestName {
  const char* subject;
  const char* issuer;
};

std::string TdxCertificatePem(const TdxTestName& name, EVP_PKEY* key, EVP_PKEY* issuer, bool ca,
                              std::string* der) {
  const std::shared_ptr<X509> made(X509_new(), X509_free);
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  ASN1_TIME_set_string(X509_getm_notBefore(made.get()), "20250101000000Z");
  ASN1_TIME_set_string(X509_getm_notAfter(made.get()), "20450101000000Z");
  const auto put = [](X509_NAME* to, const char* text) {
    X509_NAME_add_entry_by_txt(to, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(text),
                               -1, -1, 0);
  };
  put(X509_get_subject_name(made.get()), name.subject);
  put(X509_get_issuer_name(made.get()), name.issuer);
  X509_set_pubkey(made.get(), key);
  X509_EXTENSION* const constraint = X509V3_EXT_conf_nid(
      nullptr, nullptr, NID_basic_constraints, ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
  X509_add_ext(made.get(), constraint, -1);
  X509_EXTENSION_free(constraint);
  MustMake(X509_sign(made.get(), issuer, EVP_sha256()) > 0);
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(made.get(), &bytes);
  der->assign(reinterpret_cast<char*>(bytes), static_cast<size_t>(size));
  OPENSSL_free(bytes);
  return "-----BEGIN CERTIFICATE-----\n" + absl::Base64Escape(*der) +
         "\n-----END CERTIFICATE-----\n";
}

// r and s, big endian.
std::string SignRaw(EVP_PKEY* key, const std::string& message) {
  const std::shared_ptr<EVP_MD_CTX> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::vector<unsigned char> der(256);
  size_t size = der.size();
  MustMake(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
           EVP_DigestSign(context.get(), der.data(), &size,
                          reinterpret_cast<const unsigned char*>(message.data()),
                          message.size()) == 1);
  const unsigned char* at = der.data();
  const std::shared_ptr<ECDSA_SIG> signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)),
                                             ECDSA_SIG_free);
  std::string raw(64, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(raw.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), out, 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), out + 32, 32);
  return raw;
}

// X and Y.
std::string PointOf(EVP_PKEY* key) {
  unsigned char* bytes = nullptr;
  const size_t size = EVP_PKEY_get1_encoded_public_key(key, &bytes);
  MustMake(size == 65);
  std::string point(reinterpret_cast<char*>(bytes) + 1, 64);
  OPENSSL_free(bytes);
  return point;
}

std::string LittleEndianBytes(uint64_t value, size_t size) {
  std::string bytes;
  for (size_t i = 0; i < size; ++i) bytes += static_cast<char>(value >> 8 * i);
  return bytes;
}

std::string Sha256Bytes(const std::string& text) {
  std::string digest(32, '\0');
  EVP_Q_digest(nullptr, "SHA256", nullptr, text.data(), text.size(),
               reinterpret_cast<unsigned char*>(digest.data()), nullptr);
  return digest;
}

}  // namespace

struct TestTdxPlatform::Keys {
  TdxTestKey pck = NewP256Key();
  TdxTestKey attestation = NewP256Key();
  TdxTestKey other = NewP256Key();
};

TestTdxPlatform::TestTdxPlatform() : keys_(std::make_unique<Keys>()) {
  constexpr char kRoot[] = "Intel SGX Root CA";
  constexpr char kPlatformCa[] = "Intel SGX PCK Platform CA";
  const TdxTestKey root = NewP256Key();
  const TdxTestKey ca = NewP256Key();
  std::string der;
  chain_ = TdxCertificatePem({"Intel SGX PCK Certificate", kPlatformCa}, keys_->pck.get(), ca.get(),
                             false, &der);
  chain_ += TdxCertificatePem({kPlatformCa, kRoot}, ca.get(), root.get(), true, &der);
  chain_ += TdxCertificatePem({kRoot, kRoot}, root.get(), root.get(), true, &der);
  root_sha256_ = absl::BytesToHexString(Sha256Bytes(der));
}

TestTdxPlatform::~TestTdxPlatform() = default;

TrustAnchors TestTdxPlatform::anchors() const { return {{}, root_sha256_}; }

std::string TestTdxPlatform::Quote(const std::string& report_data, const Change& change,
                                   bool own_key) const {
  std::string head = LittleEndianBytes(4, 2) + LittleEndianBytes(2, 2) +
                     LittleEndianBytes(0x81, 4) + std::string(4, '\0') +
                     absl::HexStringToBytes("939a7233f79c4ca9940a0db3957f0607") +
                     std::string(20, 'u');
  std::string body(584, '\0');
  body.replace(136, 48, std::string(48, 'm'));  // MRTD
  body.replace(520, 64, report_data);
  std::string signed_part = head + body;
  if (change) change(signed_part);
  EVP_PKEY* const signer = own_key ? keys_->other.get() : keys_->attestation.get();
  const std::string auth(32, 'a');
  std::string qe_report(384, '\0');
  qe_report.replace(320, 32, Sha256Bytes(PointOf(keys_->attestation.get()) + auth));
  const std::string inner = qe_report + SignRaw(keys_->pck.get(), qe_report) +
                            LittleEndianBytes(auth.size(), 2) + auth + LittleEndianBytes(5, 2) +
                            LittleEndianBytes(chain_.size(), 4) + chain_;
  const std::string data = SignRaw(signer, signed_part) + PointOf(signer) +
                           LittleEndianBytes(6, 2) + LittleEndianBytes(inner.size(), 4) + inner;
  return signed_part + LittleEndianBytes(data.size(), 4) + data + std::string(100, '\0');
}

}  // namespace benchfleet
