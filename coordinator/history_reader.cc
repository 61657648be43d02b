#include "coordinator/history_reader.h"

#include <algorithm>

#include "base/limits.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr size_t kSeriesBytes = 400;  // about
constexpr size_t kPointBytes = 110;

}  // namespace

bool HistoryReader::AsksForPoints() const {
  const HistoryFilter& f = query_.filter;
  return !f.host.empty() || !f.revision.empty() || !f.job_name.empty() || !f.labels.empty() ||
         f.from != absl::InfinitePast() || f.before != absl::InfiniteFuture();
}

absl::Status HistoryReader::ReadSeries(Store& store) {
  if (query_.filter.in_job) BF_RETURN_IF_ERROR(store.Job(query_.filter.in_job).status());
  BF_ASSIGN_OR_RETURN(series_, store.FindSeries(query_.filter));
  std::reverse(series_.begin(), series_.end());
  series_read_ = true;
  return absl::OkStatus();
}

absl::Status HistoryReader::ReadPoints(Store& store, SeriesHistory* piece, uint32_t most) {
  BF_ASSIGN_OR_RETURN(piece->points, store.Points(piece->series.id, query_.filter,
                                                  last_ ? &*last_ : nullptr, most));
  given_ += static_cast<uint32_t>(piece->points.size());
  if (!piece->points.empty()) last_ = piece->points.back();
  return absl::OkStatus();
}

absl::Status HistoryReader::Next(Store& store, std::vector<SeriesHistory>* pieces) {
  if (!series_read_) BF_RETURN_IF_ERROR(ReadSeries(store));
  size_t bytes = 0;
  while (!series_.empty() && bytes < limits::kMaxResultPieceBytes) {
    SeriesHistory piece{series_.back(), {}};
    const uint32_t wanted = query_.newest - given_;
    const auto room =
        static_cast<uint32_t>((limits::kMaxResultPieceBytes - bytes) / kPointBytes + 1);
    bool ended = true;
    bool fits = true;
    if (query_.newest > 0) {
      const uint32_t most = std::min(wanted, room);
      const bool is_first = given_ == 0;
      BF_RETURN_IF_ERROR(ReadPoints(store, &piece, most));
      ended = piece.points.size() < most || given_ == query_.newest;
      fits = !piece.points.empty() || (is_first && !AsksForPoints());
    } else if (AsksForPoints()) {
      BF_ASSIGN_OR_RETURN(const auto one, store.Points(piece.series.id, query_.filter, nullptr, 1));
      fits = !one.empty();
    }
    bytes += kSeriesBytes + piece.points.size() * kPointBytes;
    if (fits) pieces->push_back(std::move(piece));
    if (!ended) continue;
    series_.pop_back();
    given_ = 0;
    last_.reset();
  }
  return absl::OkStatus();
}

}  // namespace benchfleet
