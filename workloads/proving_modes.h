// proving.prove in its modes: where witness, proof and verification happen, and which phases that
// makes. docs/proving.md tells it with pictures.
//
//   local             all here
//   remote            witness here, sealed to the server, proved there, verified here
//   encryption_only   the same without proving: the server opens the witness and answers
//   server_only       all there, of the same example inputs; only the request crosses the wire
//
// Phases are metrics in nanoseconds. Those of one iteration add up to its latency: what is in none
// of them is `other`. The client's clock times the client's phases, the server's clock those of the
// server, which reports durations; times of two clocks are never subtracted:
//
//   send + return = the exchange by the client's clock - sealing - what the server held it for
//   return        = half a round trip as measured before, and what the result took longer than the
//                   word that the request had arrived; send is the rest
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "workloads/iteration.h"
#include "workloads/parameters.h"
#include "workloads/prover_registry.h"
#include "workloads/remote/evidence_demand.h"
#include "workloads/remote/hpke.h"
#include "workloads/remote/network_profile.h"

namespace benchfleet {

namespace phase {
inline constexpr char kWitness[] = "witness";  // solve it
inline constexpr char kConnect[] = "connect";  // cold connections only, as is attest
inline constexpr char kAttest[] = "attest";    // ask for the server's key, check it
inline constexpr char kEncrypt[] = "encrypt";  // agree on a key, seal
inline constexpr char kSend[] = "send";
inline constexpr char kQueue[] = "queue";  // wait for a free prover
inline constexpr char kDecrypt[] = "decrypt";
inline constexpr char kProve[] = "prove";
inline constexpr char kReturn[] = "return";
inline constexpr char kVerify[] = "verify";
inline constexpr char kOther[] = "other";
}  // namespace phase

inline constexpr char kFirstLatency[] = "first_latency";     // ns, of a process's first iteration
inline constexpr char kSetUp[] = "set_up";                   // ns, where this run made the keys
inline constexpr char kClientLatency[] = "client_latency";   // ns, of server_only
inline constexpr char kProveCpu[] = "prove_cpu";             // ns
inline constexpr char kProverRssPeak[] = "prover_rss_peak";  // B, on the prover's host
inline constexpr char kProofSize[] = "proof_size";           // B
inline constexpr char kSentBytes[] = "sent_bytes";           // of messages, without framing
inline constexpr char kReceivedBytes[] = "received_bytes";
inline constexpr char kNetworkRtt[] = "network_rtt";    // ns, measured before the first iteration
inline constexpr char kNetworkRate[] = "network_rate";  // B/s, as above

enum class ProvingMode { kLocal, kRemote, kServerOnly, kEncryptionOnly };

// What the parameters say.
struct ProvingPlan {
  ProverChoice prover;
  ProvingMode mode = ProvingMode::kLocal;
  NetworkProfile network;
  bool cold_connection = false;
  HpkeAead aead = HpkeAead::kAes256Gcm;
  size_t concurrency = 1;  // proofs at once, on the server
  EvidenceDemand demand;
};

// proving.prove as every host describes it: parameters, all metrics, the roles of the modes that
// take a server, what can prove here.
WorkloadDescription ProvingDescription();
// With the names of provers and circuits that there are on this host.
void CompleteProvingDescription(WorkloadDescription* description);
// Error, InvalidArgument: names the parameter.
absl::StatusOr<ProvingPlan> ReadProvingPlan(const Parameters& parameters);
// Of the client's run, or of the only one. `prover` tells its sub-phases where it is set up; else
// it is null.
std::vector<Metric> ProvingMetrics(const ProvingPlan& plan, const Prover* prover);
// "prove/sumcheck": a part of `prove` that the prover tells of.
std::string SubPhase(const std::string& name);

// The phases of one iteration.
class Phases {
 public:
  // The phase's nanoseconds; less than nothing counts as nothing (two clocks run at different
  // speeds).
  void Add(const char* phase, int64_t ns) { times_.emplace_back(phase, ns < 0 ? 0 : ns); }
  // Reports all of them, the rest of `whole_ns` as `other`, and `whole_ns` as the latency.
  void Report(int64_t whole_ns, Iteration& iteration) const;

  // Adds the time of its scope.
  class Scope {
   public:
    Scope(Phases& phases, const char* phase, Iteration& iteration)
        : phases_(phases), phase_(phase), iteration_(iteration), begin_ns_(iteration.NowNs()) {}
    ~Scope() { phases_.Add(phase_, iteration_.NowNs() - begin_ns_); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Phases& phases_;
    const char* const phase_;
    Iteration& iteration_;
    const int64_t begin_ns_;
  };

 private:
  std::vector<std::pair<const char*, int64_t>> times_;
};

}  // namespace benchfleet
