// One batch of an agent's spool into the store's tables: Store::Ingest (storage/store.h has the
// contract). Works within the caller's transaction.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "storage/sqlite_runs.h"
#include "storage/store.h"

namespace benchfleet::sqlite {

absl::StatusOr<IngestResult> Ingest(Database& db, RunCache& runs, const std::string& host,
                                    const RecordBatch& batch, absl::Time now);

}  // namespace benchfleet::sqlite
