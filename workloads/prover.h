// What proving.prove needs of a prover: the seam between the measured phases and the programs that
// do the work. MakeProver() of prover_registry.h finds one by name.
//
// Life cycle, on one thread: 1. SetUp, once; 2. any number of MakeWitness -> Prove -> Verify, any
// of which may happen on another host: one that only proves calls SetUp and Prove.
//
// Errors: NotFound where the host lacks a program or file; anything else is a failure of the
// prover, with the end of what it said. A proof that does not verify is a Verdict, not an error.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "proto/model.h"

namespace benchfleet {

class StopRequest;

// A statement to prove, with example inputs that satisfy it: "chain-12".
struct Circuit {
  std::string name;
};

// What proving and verifying need besides the circuit; public.
struct Keys {
  std::string verification;
  bool cached = false;     // made by an earlier run on this host
  absl::Duration made_in;  // when they were made
};

// Of a field element in statements and proofs that are bytes (BN254: 254 bits, big-endian).
inline constexpr size_t kFieldElementBytes = 32;

struct Proof {
  std::string proof;
  std::string public_inputs;  // what the proof is about: claimed, and checked with it
};

struct MadeProof {
  Proof proof;
  // Of the proving process: for this proof alone.
  absl::Duration cpu;  // user and system, all threads
  int64_t rss_peak_bytes = 0;
  // Sub-phases that the prover tells of, among SubPhases(); they may leave time unnamed.
  std::vector<std::pair<std::string, absl::Duration>> spans;
};

struct Verdict {
  bool valid = false;
  std::string reason;  // why not, in the verifier's words
};

class Prover {
 public:
  virtual ~Prover() = default;
  Prover() = default;
  Prover(const Prover&) = delete;
  Prover& operator=(const Prover&) = delete;

  virtual std::string Version() const = 0;
  // Makes or finds the keys and keeps them, and starts what stays running.
  virtual absl::StatusOr<Keys> SetUp(const Circuit& circuit) = 0;
  // The solved witness of the circuit's inputs, in the form that Prove() reads on any host, cold or
  // warm. Secret: implementations keep it in memory.
  virtual absl::StatusOr<std::string> MakeWitness() = 0;
  virtual absl::StatusOr<MadeProof> Prove(const std::string& witness) = 0;
  virtual absl::StatusOr<Verdict> Verify(const Proof& proof) = 0;
  // The names of the spans that its proofs may have, at most kMaxSubPhases.
  virtual std::vector<std::string> SubPhases() const = 0;
  // Proofs and public inputs are text with numbers in it; else they are 32-byte elements.
  virtual bool proof_is_text() const = 0;
  // Digests and versions that belong to the result; complete after SetUp.
  virtual StringMap Facts() const = 0;

  // From now on a Prove ends early, with Cancelled, once `stop` is asked, which may happen on any
  // thread; nullptr: never. `stop` outlives the calls of Prove, which stay possible afterwards.
  void GiveUpOn(const StopRequest* stop) { stop_ = stop; }

 protected:
  const StopRequest* stop() const { return stop_; }

 private:
  const StopRequest* stop_ = nullptr;
};

}  // namespace benchfleet
