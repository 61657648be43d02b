// Reads series with their points out of the store in pieces of bounded size, so that ingest goes on
// in between.
#pragma once

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "proto/history.h"
#include "storage/store.h"

namespace benchfleet {

// One reader per answer; called on the storage thread, in order.
class HistoryReader {
 public:
  explicit HistoryReader(HistoryQuery query) : query_(std::move(query)) {}

  // Appends the next pieces, together about limits::kMaxResultPieceBytes; none are left when it
  // appends nothing. The points of a series are given newest first, in several pieces where there
  // are many. Errors: those of Store::FindSeries; kNotFound for a job that does not exist.
  absl::Status Next(Store& store, std::vector<SeriesHistory>* pieces);

 private:
  absl::Status ReadSeries(Store& store);
  absl::Status ReadPoints(Store& store, SeriesHistory* piece, uint32_t most);
  bool AsksForPoints() const;

  const HistoryQuery query_;
  bool series_read_ = false;
  std::vector<Series> series_;        // not yet given out; the next last
  uint32_t given_ = 0;                // points of the series at hand
  std::optional<HistoryPoint> last_;  // of them
};

}  // namespace benchfleet
