// The fleet's own certificate authority: keys and certificates as PEM text, made with OpenSSL.
//
// ECDSA P-256 keys, X.509 v3, SHA-256. Who a certificate speaks for is the URI
// benchfleet://ROLE/NAME among its subject alternative names; the common name is for people only.
// Nothing here touches a file. Thread-safe, no state.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace benchfleet {

// Whom a certificate speaks for. Roles: "agent", "coordinator", "client".
struct Identity {
  std::string role;
  std::string name;
  bool operator==(const Identity&) const = default;
};

// A private key (PKCS #8) and its certificate, both PEM.
struct KeyAndCertificate {
  std::string key_pem;
  std::string certificate_pem;
};

struct CertificateRequest {
  Identity identity;
  // DNS names and IP addresses under which a coordinator is dialled. Other roles have none.
  std::vector<std::string> addresses;
  absl::Duration validity = absl::Hours(24 * 397);
};

// The longest name that a certificate can carry (X.520's bound of a common name).
inline constexpr size_t kMaxIdentityNameBytes = 64;

// OK for a known role and a name of 1 to 64 characters out of A-Z a-z 0-9 . _ -
absl::Status CheckIdentity(const Identity& identity);

// A new authority, valid from an hour before `now` (clocks differ) for `validity`. It may sign end
// certificates and nothing else (path length 0).
absl::StatusOr<KeyAndCertificate> MakeAuthority(const std::string& name, absl::Duration validity,
                                                absl::Time now);

// A new key and a certificate signed by `authority`. A coordinator's serves and dials, the others
// dial only. Errors: an authority whose key does not fit or that is no CA, a bad identity or
// address, an end after the authority's own.
absl::StatusOr<KeyAndCertificate> IssueCertificate(const KeyAndCertificate& authority,
                                                   const CertificateRequest& request,
                                                   absl::Time now);

// OK where the key is that of the (first) certificate. Errors say which of them cannot be read, or
// that they do not belong together.
absl::Status CheckKeyFits(const KeyAndCertificate& pair);

// The identity in the first certificate of `pem`. Does not check who signed it: that is TLS's work.
// Errors: not a certificate; no benchfleet:// URI, more than one, or a malformed one.
absl::StatusOr<Identity> IdentityOfCertificate(std::string_view pem);

// When the first certificate of `pem` ends.
absl::StatusOr<absl::Time> EndOfCertificate(std::string_view pem);

}  // namespace benchfleet
