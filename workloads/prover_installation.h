// What deploy/install-provers put on this host: reading and checking its manifest, provers.json.
//
// Looked for in $BENCHFLEET_PROVERS, and nowhere else where that is set; else in
// $XDG_DATA_HOME/benchfleet/provers, else ~/.local/share/benchfleet/provers, else
// /usr/share/benchfleet/provers.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "workloads/prover.h"

namespace benchfleet {

// A value; paths are absolute.
struct ProverInstallation {
  std::string directory;
  std::string name;     // "ultrahonk-bb"
  std::string version;  // as the prover itself says
  std::string program;
  std::string program_sha256;
  std::string verifier;  // differs from `program` under a test reference string
  std::string verifier_sha256;
  std::string crs;             // folder of the reference string
  bool crs_is_test = true;     // its secret is known
  std::string witness_script;  // run by `node`
  std::string node;
  std::vector<std::string> circuits;          // "age", "chain-10", ...
  std::map<std::string, std::string> sha256;  // of files, by path relative to `directory`
};

// The manifests that are looked for, there or not, the first one first.
std::vector<std::string> ProverManifestPaths();

// Reads the manifest alone; starts nothing, hashes nothing. Errors say why nothing can be proved on
// this host: not installed (NotFound), another format, damaged, a program that is missing.
absl::StatusOr<ProverInstallation> FindProverInstallation();

// Error, NotFound: it has no such circuit; names those that it has.
absl::StatusOr<Circuit> FindCircuit(const ProverInstallation& installation,
                                    const std::string& name);

// Hashes what a run with `circuit` uses (80 MB: about 0.1 s) and compares with the manifest.
// Error, FailedPrecondition: a file is not what was installed.
absl::Status CheckInstalledFiles(const ProverInstallation& installation, const Circuit& circuit);

}  // namespace benchfleet
