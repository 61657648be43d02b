// Proving and verifying with `bb msgpack run` servers: UltraHonk over compiled Noir programs, as
// the command line's `-t noir-recursive` does it (zero-knowledge, Poseidon2 transcript).
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "workloads/prover.h"
#include "workloads/prover_bb_server.h"

namespace benchfleet {

// What a server is told with each proof. A value.
struct BbCircuit {
  nlohmann::json circuit;  // as CircuitProve takes it
  std::string name;
  std::string verification_key;
};

// `program` is the path of a compiled program.
absl::StatusOr<BbCircuit> ReadBbCircuit(const std::string& name, const std::string& program,
                                        const std::string& verification_key);

// `witness` is gzip, as noir_js writes it.
absl::StatusOr<Proof> ProveByBb(BbServer& server, const BbCircuit& circuit,
                                const std::string& witness);
absl::StatusOr<Verdict> VerifyByBb(BbServer& server, const BbCircuit& circuit, const Proof& proof);

}  // namespace benchfleet
