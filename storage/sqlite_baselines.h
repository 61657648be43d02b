// What people said about the history, in the store's tables: baselines, blessings, acknowledged
// incidents, self-tests of detection. Each function is one method of Store (storage/store.h has the
// contracts); the caller has a transaction.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/sqlite_database.h"
#include "storage/store.h"

namespace benchfleet::sqlite {

absl::Status SetBaseline(Database& db, const Baseline& setting);
absl::StatusOr<std::vector<Baseline>> Baselines(Database& db, const std::string& after,
                                                uint32_t limit);
absl::StatusOr<std::vector<Baseline>> BaselineSettings(Database& db, const std::string& name,
                                                       uint32_t limit);
absl::Status AddBlessing(Database& db, const Blessing& blessing);
absl::StatusOr<std::vector<Blessing>> Blessings(Database& db, uint64_t after_id, uint32_t limit);
absl::Status AddAcknowledgement(Database& db, const Acknowledgement& acknowledgement);
absl::StatusOr<std::vector<Acknowledgement>> Acknowledgements(Database& db, uint64_t after_id,
                                                              uint32_t limit);
absl::Status AddSelftest(Database& db, const PublishedSelftest& selftest);
absl::StatusOr<std::optional<PublishedSelftest>> NewestSelftest(Database& db);

}  // namespace benchfleet::sqlite
