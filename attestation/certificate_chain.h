// X.509 as evidence needs it: certificates of a chain of three, leaf <- intermediate <- root, where
// the root is known by its digest, and ECDSA signatures whose numbers come raw. On OpenSSL; nothing
// of the system's trust store is ever used.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

struct evp_pkey_st;
struct x509_st;

namespace benchfleet {

// A value; copies share the parsed certificate. Thread-safe.
class ChainCertificate {
 public:
  // Error, certificate_format: `der` is not exactly one certificate. `what` names it.
  static absl::StatusOr<ChainCertificate> FromDer(std::string_view der, std::string_view what);
  // Exactly these, one after the other; nothing but white space and NUL between and after them.
  // Error, certificate_format.
  static absl::StatusOr<std::vector<ChainCertificate>> FromPem(std::string_view pem);

  std::string Sha256Hex() const;
  std::string SubjectCommonName() const;  // "" where there is none, or several
  std::string IssuerCommonName() const;
  // The content of the extension with this dotted object identifier; "" where it has none. Error,
  // leaf_extension: it is there twice.
  absl::StatusOr<std::string> Extension(const char* oid) const;
  // Error, chain_algorithm: it is not signed by RSASSA-PSS with SHA-384, MGF1 with SHA-384 and a
  // salt of 48 bytes.
  absl::Status CheckSignedByPss384() const;
  // Error, chain_algorithm: it is not signed by ECDSA with SHA-256.
  absl::Status CheckSignedByEcdsa256() const;
  // Error, chain_algorithm: its own key is not RSA of 4096 bits.
  absl::Status CheckRsa4096Key() const;

  x509_st* get() const { return x509_.get(); }

 private:
  ChainCertificate(std::shared_ptr<x509_st> x509, std::string what)
      : x509_(std::move(x509)), what_(std::move(what)) {}

  std::shared_ptr<x509_st> x509_;
  std::string what_;
};

// That leaf was issued by intermediate and that by root, all valid at `now`. Trusts `root`: the
// caller has compared its digest. Errors: chain_time_not_yet, chain_time_expired, chain_signature
// (all else that is wrong with a chain).
absl::Status CheckChainOfThree(const ChainCertificate& leaf, const ChainCertificate& intermediate,
                               const ChainCertificate& root, absl::Time now);

// A public key on one of the two curves in use.
class EcdsaKey {
 public:
  enum class Curve { kP256, kP384 };

  // Error, leaf_key: the certificate's key is on another curve, or none.
  static absl::StatusOr<EcdsaKey> OfCertificate(const ChainCertificate& certificate, Curve curve);
  // `point`: X and Y, big endian. Error, key_format: not a point of the curve.
  static absl::StatusOr<EcdsaKey> OfPoint(std::string_view point, Curve curve);

  // Whether r and s, big endian, sign `message` by SHA-256 (P-256) or SHA-384 (P-384).
  bool Verifies(std::string_view message, std::string_view r, std::string_view s) const;

 private:
  EcdsaKey(std::shared_ptr<evp_pkey_st> key, Curve curve) : key_(std::move(key)), curve_(curve) {}

  std::shared_ptr<evp_pkey_st> key_;
  Curve curve_;
};

}  // namespace benchfleet
