// The results of one job as they came from a coordinator or a file: runs with their packed chunks.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "benchctl/client.h"
#include "proto/control.h"

namespace benchfleet {

struct RunData {
  RunResult result;
  std::vector<SampleChunk> chunks;
};

struct JobResults {
  JobResult job;
  std::vector<RunData> runs;
};

// Errors: pieces out of order (no correct coordinator sends them), besides those of the client.
absl::StatusOr<JobResults> ReadJobResults(Client& client, JobId job, bool without_samples);

// The samples of one run that count, per operation, by metric: what was measured, warm-up left out,
// and the derived metrics computed from it. Errors: a damaged chunk.
absl::StatusOr<std::map<std::string, std::vector<double>>> SamplesOf(const RunData& run);

}  // namespace benchfleet
