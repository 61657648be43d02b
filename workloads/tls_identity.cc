#include "workloads/tls_identity.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <utility>

#include "base/status.h"
#include "workloads/openssl_keys.h"

namespace benchfleet {
namespace {

constexpr long kSecondsValid = 7L * 24 * 3600;

const KeyAlgorithm& AlgorithmOf(const std::string& name) {
  static constexpr KeyAlgorithm kP256{"EC", "P-256"};
  static constexpr KeyAlgorithm kEd25519{"ED25519"};
  static constexpr KeyAlgorithm kRsa2048{"RSA", nullptr, 2048};
  return name == "ed25519" ? kEd25519 : name == "rsa2048" ? kRsa2048 : kP256;
}

struct BioDeleter {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using BioPtr = std::unique_ptr<BIO, BioDeleter>;

absl::StatusOr<std::string> TextOf(const BioPtr& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  if (size <= 0) return OpenSslError("writing PEM");
  return std::string(data, static_cast<size_t>(size));
}

BioPtr ReaderOf(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

}  // namespace

absl::Status TlsIdentity::Make(const std::string& algorithm, const char* name) {
  BF_RETURN_IF_ERROR(GenerateKey(AlgorithmOf(algorithm), &key));
  certificate.reset(X509_new());
  if (!certificate) return OpenSslError("allocating a certificate");
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  const EVP_MD* digest = algorithm == "ed25519" ? nullptr : EVP_sha256();
  if (X509_set_version(certificate.get(), 2) != 1 ||
      ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1) != 1 ||
      X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600) == nullptr ||
      X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kSecondsValid) == nullptr ||
      X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                 reinterpret_cast<const unsigned char*>(name), -1, -1, 0) != 1 ||
      X509_set_issuer_name(certificate.get(), subject) != 1 ||
      X509_set_pubkey(certificate.get(), key.get()) != 1 ||
      X509_sign(certificate.get(), key.get(), digest) <= 0) {
    return OpenSslError("making a certificate");
  }
  return absl::OkStatus();
}

absl::Status MakeTlsContext(const SSL_METHOD* method, const TlsIdentity& own,
                            const TlsIdentity& peer, OpenSslPtr<SSL_CTX>* context) {
  context->reset(SSL_CTX_new(method));
  SSL_CTX* made = context->get();
  if (made == nullptr || SSL_CTX_set_min_proto_version(made, TLS1_3_VERSION) != 1 ||
      SSL_CTX_use_certificate(made, own.certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(made, own.key.get()) != 1 ||
      X509_STORE_add_cert(SSL_CTX_get_cert_store(made), peer.certificate.get()) != 1 ||
      SSL_CTX_set_session_id_context(made, reinterpret_cast<const unsigned char*>("bf"), 2) != 1) {
    return OpenSslError("making a TLS context");
  }
  SSL_CTX_set_verify(made, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return absl::OkStatus();
}

absl::StatusOr<std::string> CertificatePem(const TlsIdentity& identity) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_X509(bio.get(), identity.certificate.get()) != 1) {
    return OpenSslError("writing a certificate");
  }
  return TextOf(bio);
}

absl::StatusOr<std::string> KeyPem(const TlsIdentity& identity) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_PrivateKey(bio.get(), identity.key.get(), nullptr, nullptr, 0, nullptr,
                                       nullptr) != 1) {
    return OpenSslError("writing a key");
  }
  return TextOf(bio);
}

absl::StatusOr<TlsIdentity> IdentityFromPem(const std::string& certificate_pem,
                                            const std::string& key_pem) {
  TlsIdentity identity;
  identity.certificate.reset(
      PEM_read_bio_X509(ReaderOf(certificate_pem).get(), nullptr, nullptr, nullptr));
  if (!identity.certificate) return OpenSslError("reading a certificate");
  if (key_pem.empty()) return identity;
  identity.key.reset(PEM_read_bio_PrivateKey(ReaderOf(key_pem).get(), nullptr, nullptr, nullptr));
  if (!identity.key) return OpenSslError("reading a key");
  return identity;
}

}  // namespace benchfleet
