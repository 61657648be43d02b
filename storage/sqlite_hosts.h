// Hosts, their fingerprints and their spools in the store's tables. Each function is one method of
// Store (storage/store.h has the contracts) or a helper of several; the caller has a transaction.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/sqlite_database.h"
#include "storage/store.h"

namespace benchfleet::sqlite {

// A host of this fleet, or (imported_by != 0) one that came with the results of that job.
inline constexpr int64_t kOurFleet = 0;

// The row of a host; kNotFound names it.
absl::StatusOr<int64_t> FindHost(Database& db, const std::string& name,
                                 int64_t imported_by = kOurFleet);
absl::Status PutHost(Database& db, const StoredHost& host, int64_t imported_by = kOurFleet);
// Adds to the host's history when a digest differs from the newest one's.
absl::Status AddFingerprint(Database& db, int64_t host, const HostFingerprint& fingerprint,
                            absl::Time at);
absl::Status TouchHost(Database& db, const std::string& name, absl::Time at);
absl::Status ForgetHost(Database& db, const std::string& name, absl::Time at);
absl::StatusOr<std::vector<StoredHost>> Hosts(Database& db);
absl::StatusOr<std::vector<StoredHost>> JobHosts(Database& db, JobId job);
absl::StatusOr<std::vector<StateChange>> StateChanges(Database& db, const std::string& host,
                                                      uint32_t limit);
absl::StatusOr<uint64_t> AckedSequence(Database& db, int64_t host, const std::string& spool_id);
absl::Status SetAckedSequence(Database& db, int64_t host, const std::string& spool_id,
                              uint64_t sequence);

}  // namespace benchfleet::sqlite
