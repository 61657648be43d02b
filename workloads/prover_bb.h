// Barretenberg's UltraHonk prover `bb` over compiled Noir programs, for recursion-friendly proofs
// (`-t noir-recursive`: zero-knowledge, Poseidon2 transcript). deploy/install-provers installs it.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/spawner.h"
#include "base/subprocess.h"
#include "workloads/prover.h"
#include "workloads/prover_installation.h"

namespace benchfleet {

struct BbOptions {
  ProverInstallation installation;
  int threads = 1;       // of bb
  std::string work_dir;  // exists; of this run alone
};

// Cold: every witness, proof and verification is a process of its own, so each phase carries the
// start of its program (Node.js and WebAssembly; bb and the reference string).
std::unique_ptr<Prover> ColdBbProver(BbOptions options);

// Warm: a solver, a prover and a verifier that stay, and have done one round before SetUp ends.
std::unique_ptr<Prover> WarmBbProver(BbOptions options);

// What cold and warm share: the installation, processes that run to their end, the keys.
class BbTools {
 public:
  explicit BbTools(BbOptions options) : options_(std::move(options)) {}

  const BbOptions& options() const { return options_; }
  const Circuit& circuit() const { return circuit_; }
  Spawner& spawner() { return *spawner_; }
  std::string WorkFile(const std::string& name) const { return options_.work_dir + "/" + name; }

  // Starts the spawner, checks the installation, takes the keys from the cache or makes them, and
  // leaves the verification key in WorkFile("vk").
  absl::StatusOr<Keys> SetUp(const Circuit& circuit);
  // A request for `argv` with an environment in which nothing of the user's is found by accident.
  SpawnRequest Request(std::vector<std::string> argv) const;
  // Runs `bb`'s or the verifier's `command` with the options that all commands share.
  SpawnRequest BbRequest(const std::string& program, const std::string& command,
                         const std::vector<std::string>& arguments) const;
  // Runs it to its end, whatever that is.
  absl::StatusOr<CommandResult> RunToEnd(const SpawnRequest& request);
  // The same, where an end other than exit code 0 is an error that carries the last lines of
  // stderr, all of which goes to our own; `what` says what was being done.
  absl::StatusOr<CommandResult> Run(const SpawnRequest& request, const std::string& what);
  StringMap Facts() const;

 private:
  absl::StatusOr<std::string> MakeKey();

  const BbOptions options_;
  Circuit circuit_;
  std::unique_ptr<Spawner> spawner_;
  StringMap facts_;
};

// The error for a program that ended badly; its stderr goes to our own.
absl::Status ProgramError(const ExitReport& exit, const OutputTail& errors,
                          const std::string& what);
// Judges one line of witness.mjs: {"ok": true, ...} or {"ok": false, "error": "..."}.
absl::Status CheckWitnessAnswer(const std::string& line, const std::string& what);
// The last lines of what a program said, on one line.
std::string LastLines(const OutputTail& errors);

}  // namespace benchfleet
