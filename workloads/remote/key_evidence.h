// What a proving host can show for its key: that the private half is held by a guest that was
// measured and that the host does not look into. The one seam between proving and attestation/: a
// kind is a way to make such a document on a host and a way to check it anywhere.
//
//   none   nothing is shown. That the key is the right host's is known another way: the
//          coordinator hands it on from the server's runner to the client's, over mutual TLS. That
//          the host itself does not look at the witness is not known.
//   snp    an AMD SEV-SNP attestation report and its certificates, from configfs-tsm
//   tdx    an Intel TDX quote, from configfs-tsm. Without Intel's collateral its TCB is not judged,
//          so that it counts as level 0
//
// What evidence is about, its REPORT_DATA, is 64 bytes:
//
//   SHA-512("benchfleet key evidence 2\0" ‖ kind u8 (1 snp, 2 tdx) ‖ size of nonce u8 ‖ nonce ‖
//   SHA-256(public key))
//
// so that it is neither an old one, nor about another key, nor of another kind. A report is made
// for each nonce; the client draws 32 random bytes for each question and never takes the nonce or
// the key of the comparison from the evidence.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "attestation/trust_anchors.h"
#include "attestation/tsm_report.h"
#include "base/clock.h"
#include "workloads/remote/evidence_demand.h"

namespace benchfleet {

struct KeyEvidence {
  std::string kind;
  std::string document;      // in the kind's own format
  std::string certificates;  // that come with it, likewise
  std::string statement;     // for people: why there is none. Nobody's word but the host's
  bool operator==(const KeyEvidence&) const = default;
};

// Error, Unimplemented: no evidence of that kind is made here.
absl::StatusOr<std::string> EvidenceBinding(std::string_view kind, std::string_view nonce,
                                            std::string_view public_key);

// The best that this host can show; `none`, with the reason, where that is nothing that a client
// could check. Blocks while the firmware makes its report.
KeyEvidence MakeKeyEvidence(TsmFiles& files, std::string_view nonce, std::string_view public_key);

// What was found out, by the client itself.
struct EvidenceVerdict {
  // 0 self-reported; 1 a genuine confidential guest, asked just now, holds the key; 2 and it was
  // launched from software on the client's list.
  int level = 0;
  std::string words;        // "genuine SEV-SNP, unknown software: ..."
  std::string measurement;  // of the launched guest, hexadecimal; "" where none was shown
};

// Errors: FailedPrecondition, it does not prove what its kind promises, or is less than was asked
// for; the message begins with the reason's code (attestation/refusal.h; here evidence_required and
// evidence_format). Unimplemented, a kind that this build cannot check.
absl::StatusOr<EvidenceVerdict> CheckKeyEvidence(const KeyEvidence& evidence,
                                                 std::string_view nonce,
                                                 std::string_view public_key,
                                                 const EvidenceDemand& demand,
                                                 const TrustAnchors& anchors, absl::Time now);

// Where evidence comes from, whom it is traced to, and the time: this host's own, or a test's. What
// it points to lives longer.
struct EvidenceSources {
  TsmFiles* tsm = nullptr;
  const TrustAnchors* anchors = nullptr;
  const Clock* clock = nullptr;
};
const EvidenceSources& SystemEvidenceSources();

}  // namespace benchfleet
