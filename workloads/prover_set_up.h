// The set-up of a described prover: programs found, files checked, versions asked, keys made or
// taken from the cache. Private to workloads/.
#pragma once

#include "absl/status/statusor.h"
#include "workloads/prover_described.h"
#include "workloads/prover_tools.h"

namespace benchfleet {

struct SetUpResult {
  Keys keys;
  std::string version;  // of the prover
  StringMap facts;
};

// Defines every placeholder of `tools`, which has been started, for `circuit`. Errors: NotFound
// where the host lacks a program (naming what to install) or the prover has no such circuit (naming
// those that it has); FailedPrecondition where a file is not what was installed.
absl::StatusOr<SetUpResult> SetUpDescribed(ProverTools& tools, const DescribedOptions& options,
                                           const Circuit& circuit);

}  // namespace benchfleet
