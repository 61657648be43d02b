// What deploy/install-provers put on this host: reading and checking its manifest, provers.json.
//
// Looked for in $BENCHFLEET_PROVERS, and nowhere else where that is set; else in
// $XDG_DATA_HOME/benchfleet/provers, else ~/.local/share/benchfleet/provers, else
// /usr/share/benchfleet/provers.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/model.h"

namespace benchfleet {

// A value; paths are absolute.
struct ProverInstallation {
  std::string directory;
  StringMap installed;         // "bb", "node", "crs", ...: what {installed.NAME} stands for
  std::set<std::string> real;  // reference strings that were given; others have a known secret
  std::string versions;        // "bb 5.0.0, snarkjs 0.7.6": for people
  StringMap sha256;            // of files, by path relative to `directory`

  std::string descriptions() const { return directory + "/descriptions"; }
};

// The manifests that are looked for, there or not, the first one first.
std::vector<std::string> ProverManifestPaths();

// Reads the manifest alone; starts nothing, hashes nothing. Errors say why: not installed
// (NotFound), another format, damaged.
absl::StatusOr<ProverInstallation> FindProverInstallation();

// Where `path` is a file that the manifest lists, hashes it (about 2 ms a megabyte) and compares.
// Error, FailedPrecondition: it is not what was installed.
absl::Status CheckInstalledFile(const ProverInstallation& installation, const std::string& path);

}  // namespace benchfleet
