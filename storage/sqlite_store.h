// The store in one SQLite file: needs no server, and one file is one backup. docs/schema.md
// describes the tables.
//
// Durable: every transaction is synced to the write-ahead log before InTransaction returns. The log
// is moved into the file when the store is idle (Store::Rest), and within a commit once it has
// grown to kWalBytesMax, so that it stays bounded even when nothing rests.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "storage/store.h"

namespace benchfleet {

// DIRECTORY/benchfleet.sqlite, and beside it -wal and -shm while it is open.
std::string SqliteFile(const std::string& data_directory);

// Opens or creates the store of a data directory and brings it to this version's schema. The
// directory belongs to the store until it is destroyed. Errors: kUnavailable when another
// coordinator has the directory, kFailedPrecondition for a file of a newer version or of another
// program, kDataLoss for a damaged one, kPermissionDenied.
absl::StatusOr<std::unique_ptr<Store>> OpenSqliteStore(const std::string& data_directory);

}  // namespace benchfleet
