// The fleet's certificates as files: DIR/ca.pem and DIR/ca.key, OUT/NAME.pem and OUT/NAME.key.
// Keys are 0600; nothing is ever overwritten; on an error nothing is left behind.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/certificate.h"

namespace benchfleet {

struct CaInitOptions {
  std::string dir;
  std::string name = "Benchfleet fleet";
  absl::Duration validity = absl::Hours(24 * 3653);
};
absl::Status InitAuthority(const CaInitOptions& options, absl::Time now);

struct CaIssueOptions {
  std::string dir;  // of the authority
  std::string out;  // created where it is missing
  // "" is the identity's name: OUT/NAME.pem.
  std::string file_name;
  CertificateRequest request;  // a coordinator's addresses get the loopback ones too
};
struct IssuedFiles {
  std::string certificate;  // path
  absl::Time end;           // of its validity
};
// Puts a copy of ca.pem into `out` too, so that it is all that the program needs.
absl::StatusOr<IssuedFiles> IssueToFiles(const CaIssueOptions& options, absl::Time now);

}  // namespace benchfleet
