// The tables of the store and how a file of an earlier version becomes one of this version.
// docs/schema.md describes every table.
//
// PRAGMA user_version holds the schema's number. A migration is never edited once released: the
// next change is a new one at the end of the list.
#pragma once

#include "absl/status/status.h"
#include "storage/sqlite_database.h"

namespace benchfleet {

// The newest version that this program knows.
int SchemaVersion();

// Brings the file up to `version`, each migration in a transaction of its own. An empty file
// becomes ours. Error: kFailedPrecondition for a file of a newer version.
absl::Status Migrate(Database& db, int version = SchemaVersion());

}  // namespace benchfleet
