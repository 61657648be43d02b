// What another tool measured, as a finished job: the way from adapters/ into the store and into
// comparisons. Pure functions.
#pragma once

#include <string>

#include "adapters/foreign.h"
#include "benchctl/results.h"

namespace benchfleet {

struct ForeignJob {
  std::string name;                      // of the job
  std::string source;                    // the file, as people should see it
  std::string host;                      // "": the file's own, else kUnknownHost
  std::string revision;                  // "": the file's own
  absl::Time at = absl::InfinitePast();  // where the file names no time
};

// Of a file that says nothing about its machine, where no --host does either.
inline constexpr char kUnknownHost[] = "unknown-host";

// One run per process that the tool started, samples as they are. An aggregate becomes a summary
// marked as such: its count is 1 where the file gives none, and the mean stands in for a minimum or
// maximum that the file does not have.
JobResults ToJobResults(const ForeignResults& foreign, const ForeignJob& job);

// Fills in what an agent would have told about a host: the identity, from the fingerprint fields
// where there are any, else "host:NAME", so that series of different machines stay apart.
void SetForeignIdentity(HostStatus* host);

}  // namespace benchfleet
