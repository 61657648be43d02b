// Ownership, errors and facts of OpenSSL for the workloads that use it. Private to workloads/.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "proto/model.h"

struct evp_cipher_ctx_st;
struct evp_cipher_st;
struct evp_kdf_ctx_st;
struct evp_md_ctx_st;
struct evp_md_st;
struct evp_pkey_ctx_st;
struct evp_pkey_st;
struct ssl_ctx_st;
struct ssl_session_st;
struct ssl_st;
struct x509_st;

namespace benchfleet {

struct OpenSslDeleter {
  void operator()(evp_cipher_ctx_st* object) const;
  void operator()(evp_cipher_st* object) const;
  void operator()(evp_kdf_ctx_st* object) const;
  void operator()(evp_md_ctx_st* object) const;
  void operator()(evp_md_st* object) const;
  void operator()(evp_pkey_ctx_st* object) const;
  void operator()(evp_pkey_st* object) const;
  void operator()(ssl_ctx_st* object) const;
  void operator()(ssl_session_st* object) const;
  void operator()(ssl_st* object) const;
  void operator()(x509_st* object) const;
};
template <typename T>
using OpenSslPtr = std::unique_ptr<T, OpenSslDeleter>;

// An Internal error from OpenSSL's queue, which it empties: "signing: <reason>".
absl::Status OpenSslError(std::string_view context);
// The same, but only the reason, for people who ask why a workload is unavailable.
std::string OpenSslReason();

// "openssl.version", "openssl.cpu": belong to every result that OpenSSL computed.
StringMap OpenSslFacts();

std::string ToHex(std::string_view bytes);

}  // namespace benchfleet
