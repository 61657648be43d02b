// Reading runs and samples back from the store's tables. Each function is one method of Store;
// storage/store.h has the contracts.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "storage/sqlite_database.h"
#include "storage/store.h"

namespace benchfleet::sqlite {

absl::StatusOr<std::vector<RunResult>> Runs(Database& db, JobId job, RunId after, uint32_t limit);
absl::StatusOr<std::vector<SampleChunk>> Chunks(Database& db, RunId run, uint64_t* position,
                                                size_t max_bytes);

}  // namespace benchfleet::sqlite
