// Series of a metric over runs, in the store's tables. Works within the caller's transaction.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "storage/sqlite_database.h"
#include "storage/store.h"

namespace benchfleet::sqlite {

// Adds a run that has ended, with its summaries, to the series that it belongs to: one for each
// summarised metric when its outcome is ok, else none.
absl::Status AddToHistory(Database& db, RunId run);

// Of Store (storage/store.h).
absl::StatusOr<std::vector<HistoryPoint>> History(Database& db, const SeriesKey& series,
                                                  uint32_t limit);
absl::StatusOr<std::vector<Series>> FindSeries(Database& db, const HistoryFilter& filter);
absl::StatusOr<std::vector<HistoryPoint>> Points(Database& db, SeriesId series,
                                                 const HistoryFilter& filter,
                                                 const HistoryPoint* after, uint32_t limit);

}  // namespace benchfleet::sqlite
