// The one table of built-in workloads. A new family is a file, a test and a row in builtins.cc.
#pragma once

#include <vector>

#include "workloads/workload.h"

namespace benchfleet {

// Looks at what this host offers (OpenSSL's algorithms, programs): entries that cannot run here
// carry the reason.
std::vector<WorkloadEntry> BuiltinWorkloads();

// ---- the families, one file each
std::vector<WorkloadEntry> BenchWorkloads();   // bench.cc: noop, sleep
std::vector<WorkloadEntry> DigestWorkloads();  // crypto_digest.cc

}  // namespace benchfleet
