// What a client and a proving service say to each other, apart from any transport
// (proto/prover_port.proto is the wire).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "workloads/prover.h"
#include "workloads/remote/hpke.h"
#include "workloads/remote/key_evidence.h"

namespace benchfleet {

enum class ProvingTask {
  kProve,       // open the witness, prove
  kOpenOnly,    // open the witness, answer at once
  kEverything,  // no witness comes: solve it there of the example inputs, prove, verify
};

// What is proved, on both sides.
struct ProvingSubject {
  std::string prover;
  std::string circuit;
  std::string key_sha256;  // of the verification key, hexadecimal
  bool operator==(const ProvingSubject&) const = default;
};

struct ProvingHeader {
  ProvingTask task = ProvingTask::kProve;
  ProvingSubject subject;
  HpkeAead aead = HpkeAead::kAes256Gcm;
  std::string encapsulated;  // HPKE's enc, as the sealer gives it
  uint64_t witness_bytes = 0;

  // What sealing binds the witness to: task, subject and cipher, each with its length.
  std::string Info() const;
};

// A service's key and what it proves.
struct ServiceKey {
  std::string public_key;
  KeyEvidence evidence;
  ProvingSubject subject;
  uint64_t witness_bytes_max = 0;
};

// Durations by the service's clock; zero for what the task leaves out.
struct ProvingTimes {
  int64_t queue_ns = 0;
  int64_t decrypt_ns = 0;  // setting up and opening all pieces
  int64_t witness_ns = 0;
  int64_t prove_ns = 0;
  int64_t verify_ns = 0;
  // While the request was in the service's hands: handling the header and each piece, and from the
  // last piece to the result. Never less than the sum of the others.
  int64_t held_ns = 0;
  bool operator==(const ProvingTimes&) const = default;
};

struct ProvingResult {
  Proof proof;
  ProvingTimes times;
  absl::Duration prove_cpu;
  int64_t prover_rss_peak_bytes = 0;
  std::vector<std::pair<std::string, absl::Duration>> spans;  // MadeProof's
};

}  // namespace benchfleet
