// Keys and certificates made for one run, and contexts of tls.handshake. Private to workloads/.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "workloads/openssl_util.h"

struct ssl_method_st;

namespace benchfleet {

// A key and its own certificate, which the other side trusts. Made for one run, and worth nothing
// after it.
struct TlsIdentity {
  OpenSslPtr<evp_pkey_st> key;
  OpenSslPtr<x509_st> certificate;

  // `algorithm`: p256, ed25519 or rsa2048.
  absl::Status Make(const std::string& algorithm, const char* name);
};

// A context that speaks TLS 1.3 only, as `own`, to nobody but `peer`.
absl::Status MakeTlsContext(const ssl_method_st* method, const TlsIdentity& own,
                            const TlsIdentity& peer, OpenSslPtr<ssl_ctx_st>* context);

absl::StatusOr<std::string> CertificatePem(const TlsIdentity& identity);
absl::StatusOr<std::string> KeyPem(const TlsIdentity& identity);
// Without a key where `key_pem` is "".
absl::StatusOr<TlsIdentity> IdentityFromPem(const std::string& certificate_pem,
                                            const std::string& key_pem);

}  // namespace benchfleet
