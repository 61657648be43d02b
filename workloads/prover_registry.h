// Which prover, on which circuit, how: from the parameters of a workload to a Prover. Every
// workload that proves, here or as a service for other hosts, goes through this.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "workloads/parameters.h"
#include "workloads/prover.h"

namespace benchfleet {

struct ProverChoice {
  std::string prover = "ultrahonk-bb";
  std::string circuit = "age";  // with its size where it has several: "chain-12"
  int threads = 1;              // of the proving program
  // False: programs start anew for every witness, proof and verification. True: they stay, and have
  // done one round before SetUp() ends.
  bool warm = false;
  bool new_keys = false;  // make the keys even where they were made before
  StringMap options;      // of the prover's description; others have their defaults
  std::string work_dir;   // exists; of this prover alone, for as long as it lives
};

// Its SetUp(circuit) comes next.
struct ChosenProver {
  std::unique_ptr<Prover> prover;
  Circuit circuit;
};

// The parameters that choose: prover, circuit, size, threads, start, keys, options.
std::vector<ParameterDescription> ProverParameters();
// Everything but `work_dir`. Errors name the parameter, or what is wrong with the description.
absl::StatusOr<ProverChoice> ReadProverChoice(const Parameters& parameters);

// Errors: NotFound where this host has no such prover or circuit, naming those that it has;
// InvalidArgument for a description that is wrong, or lacks what is asked for.
absl::StatusOr<ChosenProver> MakeProver(const ProverChoice& choice);

// By name, sorted: what the parameters `prover` and `circuit` may be on this host. Circuits are
// those of any prover here. Reads all descriptions; one that is wrong offers its prover and no
// circuit.
struct OfferedForProving {
  std::vector<std::string> provers;
  std::vector<std::string> circuits;
};
OfferedForProving FindOfferedForProving();

// What can prove here, for people: versions. Error: nothing can, and why.
absl::StatusOr<std::string> ProversHere();

// A verifier that says yes to everything would make every figure worthless: `prover` must refuse
// `proof`, which it accepts, with one bit changed, and with another statement. Error, DataLoss: it
// does not.
absl::Status CheckThatForgeriesAreRefused(Prover& prover, const Proof& proof);

}  // namespace benchfleet
