#include "storage/sqlite_history.h"

#include "base/status.h"
#include "storage/json_text.h"

namespace benchfleet::sqlite {

absl::Status AddToHistory(Database& db, RunId run) {
  BF_RETURN_IF_ERROR(
      db.Run("INSERT OR IGNORE INTO series (cell, metric, unit, identity, direction) "
             "SELECT cell, metric, unit, identity, direction FROM run_in_series WHERE run = ?",
             run));
  return db.Run(
      "INSERT INTO history SELECT series.id, r.at_ns, r.run, r.job, r.revision, r.host, "
      "r.state_digest, r.count, r.min, r.max, r.mean, r.stddev, r.median, r.p95, r.p99, "
      "r.aggregate_only FROM run_in_series AS r JOIN series USING (cell, metric, unit, identity) "
      "WHERE r.run = ?",
      run);
}

absl::StatusOr<std::vector<HistoryPoint>> History(Database& db, const SeriesKey& series,
                                                  uint32_t limit) {
  Query rows = db.Select(
      "SELECT run, job, at_ns, revision, host, state_digest, count, min, max, mean, stddev, "
      "median, p95, p99, aggregate_only FROM history WHERE series = "
      "(SELECT series.id FROM series JOIN cell ON cell.id = series.cell "
      "WHERE cell.workload = ? AND cell.parameters = ? AND metric = ? AND unit = ? "
      "AND identity = ?) ORDER BY at_ns DESC, run DESC LIMIT ?",
      series.workload, ToJsonText(series.parameters), series.metric, series.unit, series.identity,
      limit);
  std::vector<HistoryPoint> points;
  while (rows.Next()) {
    points.push_back(
        {RunId{rows.Unsigned(0)},
         JobId{rows.Unsigned(1)},
         rows.Time(2),
         rows.Text(3),
         rows.Text(4),
         rows.Text(5),
         {series.metric, rows.Unsigned(6), rows.Real(7), rows.Real(8), rows.Real(9), rows.Real(10),
          rows.Real(11), rows.Real(12), rows.Real(13), rows.Int(14) != 0}});
  }
  BF_RETURN_IF_ERROR(rows.status());
  return points;
}

}  // namespace benchfleet::sqlite
