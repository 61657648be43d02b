// What a proving host can show for its key: that the private half is held by code that was measured
// and cannot leak it. The one seam for attestation: a kind is a way to make such a document on a
// host and a way to check it anywhere, both in key_evidence.cc.
//
//   none   nothing is shown. That the key is the right host's is known another way: the
//          coordinator hands it on from the server's runner to the client's, over mutual TLS. That
//          the host itself does not look at the witness is not known.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace benchfleet {

struct KeyEvidence {
  std::string kind;
  std::string document;   // in the kind's own format
  std::string statement;  // for people: what it proves, or why there is none
  bool operator==(const KeyEvidence&) const = default;
};

// SHA-256 over a label, the client's nonce and the public key: what a document must be about, so
// that it is neither an old one nor about another key.
std::string EvidenceBinding(std::string_view nonce, std::string_view public_key);

// The best that this host can show about `binding`.
KeyEvidence MakeKeyEvidence(const std::string& binding);

// Errors: FailedPrecondition, it does not prove what its kind promises; Unimplemented, a kind that
// this build cannot check.
absl::Status CheckKeyEvidence(const KeyEvidence& evidence, const std::string& binding);

}  // namespace benchfleet
