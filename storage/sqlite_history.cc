#include "storage/sqlite_history.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "base/limits.h"
#include "base/status.h"
#include "storage/json_text.h"
#include "storage/sqlite_conditions.h"

namespace benchfleet::sqlite {
namespace {

// ReadPoints knows the columns.
constexpr char kSelectPoints[] =
    "SELECT run, job, at_ns, revision, host, state_digest, count, min, max, mean, stddev, median, "
    "p95, p99, aggregate_only FROM history WHERE ";

absl::StatusOr<std::vector<HistoryPoint>> ReadPoints(Query rows, const std::string& metric,
                                                     uint32_t limit) {
  std::vector<HistoryPoint> points;
  points.reserve(std::min<size_t>(limit, 256));
  while (rows.Next()) {
    points.push_back(
        {RunId{rows.Unsigned(0)},
         JobId{rows.Unsigned(1)},
         rows.Time(2),
         rows.Text(3),
         rows.Text(4),
         rows.Text(5),
         {metric, rows.Unsigned(6), rows.Real(7), rows.Real(8), rows.Real(9), rows.Real(10),
          rows.Real(11), rows.Real(12), rows.Real(13), rows.Int(14) != 0}});
  }
  BF_RETURN_IF_ERROR(rows.status());
  return points;
}

absl::StatusOr<std::string> MetricOf(Database& db, SeriesId series) {
  Query row = db.Select("SELECT metric FROM series WHERE id = ?", series);
  if (row.Next()) return row.Text(0);
  BF_RETURN_IF_ERROR(row.status());
  return absl::NotFoundError(absl::StrFormat("there is no series %d", series.value));
}

std::string IdList(const std::vector<SeriesId>& ids) {
  std::string list = "[";
  for (const SeriesId id : ids) list += (list.size() > 1 ? "," : "") + std::to_string(id.value);
  return list + "]";
}

bool Includes(const StringMap& map, const StringMap& part) {
  return std::includes(map.begin(), map.end(), part.begin(), part.end());
}

}  // namespace

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
  return ReadPoints(
      db.Select(std::string(kSelectPoints) +
                    "series = (SELECT series.id FROM series JOIN cell ON cell.id = series.cell "
                    "WHERE cell.workload = ? AND cell.parameters = ? AND metric = ? AND unit = ? "
                    "AND identity = ?) ORDER BY at_ns DESC, run DESC LIMIT ?",
                series.workload, ToJsonText(series.parameters), series.metric, series.unit,
                series.identity, limit),
      series.metric, limit);
}

absl::StatusOr<std::vector<Series>> FindSeries(Database& db, const HistoryFilter& filter) {
  Conditions where;
  if (!filter.workload.empty()) {
    // A name may have brackets in it, which a pattern takes for a choice.
    where.Ask("(cell.workload = ? OR cell.workload GLOB ?)", filter.workload, filter.workload);
  }
  if (!filter.metric.empty()) {
    where.Ask("(series.metric = ? OR series.metric GLOB ?)", filter.metric, filter.metric);
  }
  if (!filter.identity.empty()) {
    where.Ask("substr(series.identity, 1, length(?)) = ?", filter.identity, filter.identity);
  }
  const std::string ids = IdList(filter.series);
  if (!filter.series.empty()) where.Ask("series.id IN (SELECT value FROM json_each(?))", ids);
  if (filter.in_job) {
    where.Ask(
        "series.id IN (SELECT series.id FROM run_in_series AS r "
        "JOIN series USING (cell, metric, unit, identity) WHERE r.job = ?)",
        filter.in_job);
  }
  Query rows = db.SelectWith(
      "SELECT series.id, cell.workload, cell.parameters, series.metric, series.unit, "
      "series.identity, series.direction FROM series JOIN cell ON cell.id = series.cell" +
          where.sql(" WHERE ") + " ORDER BY series.id",
      where.values());
  std::vector<Series> found;
  while (rows.Next()) {
    BF_ASSIGN_OR_RETURN(StringMap parameters, FromJsonText(rows.Bytes(2)));
    if (!Includes(parameters, filter.parameters)) continue;
    if (found.size() == limits::kMaxSeriesRead) {
      return absl::ResourceExhaustedError(absl::StrFormat(
          "more than %d series fit: ask for fewer (a workload, a metric)", limits::kMaxSeriesRead));
    }
    found.push_back(
        {SeriesId{rows.Unsigned(0)},
         {rows.Text(1), std::move(parameters), rows.Text(3), rows.Text(4), rows.Text(5)},
         static_cast<Direction>(rows.Int(6))});
  }
  BF_RETURN_IF_ERROR(rows.status());
  return found;
}

absl::StatusOr<std::vector<HistoryPoint>> Points(Database& db, SeriesId series,
                                                 const HistoryFilter& filter,
                                                 const HistoryPoint* after, uint32_t limit) {
  Conditions where;
  where.Ask("series = ?", series);
  if (after != nullptr) {
    where.Ask("(at_ns, run) < (?, ?)", after->at, after->run);
  }
  if (filter.from != absl::InfinitePast()) where.Ask("at_ns >= ?", filter.from);
  if (filter.before != absl::InfiniteFuture()) where.Ask("at_ns < ?", filter.before);
  if (!filter.host.empty()) where.Ask("host = ?", filter.host);
  if (!filter.revision.empty()) where.Ask("revision = ?", filter.revision);
  if (!filter.job_name.empty()) {
    where.Ask("job IN (SELECT id FROM job WHERE name = ?)", filter.job_name);
  }
  for (const auto& [name, value] : filter.labels) {
    where.Ask("job IN (SELECT job FROM job_label WHERE name = ? AND value = ?)", name, value);
  }
  BF_ASSIGN_OR_RETURN(const std::string metric, MetricOf(db, series));
  where.Add(limit);
  return ReadPoints(
      db.SelectWith(kSelectPoints + where.sql("") + " ORDER BY at_ns DESC, run DESC LIMIT ?",
                    where.values()),
      metric, limit);
}

}  // namespace benchfleet::sqlite
