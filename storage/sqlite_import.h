// Results that were measured elsewhere, into the store's tables. Each function is one method of
// Store; storage/store.h has the contracts.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "storage/sqlite_runs.h"
#include "storage/store.h"

namespace benchfleet::sqlite {

absl::StatusOr<JobId> ImportJob(Database& db, const JobResult& job);
absl::Status ImportRun(Database& db, RunCache& runs, JobId job, const RunResult& run,
                       const std::vector<SampleChunk>& chunks);

}  // namespace benchfleet::sqlite
