#include "workloads/openssl_util.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/status.h"

namespace benchfleet {

void OpenSslDeleter::operator()(EVP_CIPHER_CTX* object) const { EVP_CIPHER_CTX_free(object); }
void OpenSslDeleter::operator()(EVP_CIPHER* object) const { EVP_CIPHER_free(object); }
void OpenSslDeleter::operator()(EVP_KDF_CTX* object) const { EVP_KDF_CTX_free(object); }
void OpenSslDeleter::operator()(EVP_MD_CTX* object) const { EVP_MD_CTX_free(object); }
void OpenSslDeleter::operator()(EVP_MD* object) const { EVP_MD_free(object); }
void OpenSslDeleter::operator()(EVP_PKEY_CTX* object) const { EVP_PKEY_CTX_free(object); }
void OpenSslDeleter::operator()(EVP_PKEY* object) const { EVP_PKEY_free(object); }
void OpenSslDeleter::operator()(SSL_CTX* object) const { SSL_CTX_free(object); }
void OpenSslDeleter::operator()(SSL_SESSION* object) const { SSL_SESSION_free(object); }
void OpenSslDeleter::operator()(SSL* object) const { SSL_free(object); }
void OpenSslDeleter::operator()(X509* object) const { X509_free(object); }

std::string OpenSslReason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "OpenSSL gave no reason" : reason;
}

absl::Status OpenSslError(std::string_view context) {
  return absl::InternalError(absl::StrFormat("%s: %s", context, OpenSslReason()));
}

StringMap OpenSslFacts() {
  StringMap facts = {{"openssl.version", OpenSSL_version(OPENSSL_VERSION)}};
  if (const char* cpu = OPENSSL_info(OPENSSL_INFO_CPU_SETTINGS)) facts["openssl.cpu"] = cpu;
  return facts;
}

std::string ToHex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) hex += absl::StrFormat("%02x", static_cast<unsigned char>(c));
  return hex;
}

}  // namespace benchfleet
