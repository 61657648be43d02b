#include "storage/sqlite_results.h"

#include "absl/strings/str_format.h"
#include "base/limits.h"
#include "base/status.h"
#include "proto/convert.h"
#include "storage/json_text.h"
#include "storage/sqlite_jobs.h"

namespace benchfleet::sqlite {
namespace {

// Chunks' position: the metric's number above, the first index below.
constexpr int kIndexBits = 32;
static_assert(limits::kMaxSamplesPerRun < uint64_t{1} << kIndexBits);

// What a run told at its start and did not repeat at its end: it may never have come to it.
absl::Status AddStartedFacts(std::string_view bytes, RunFinished& finished) {
  BF_ASSIGN_OR_RETURN(const Record record, ParseRecord(bytes));
  const auto& started = std::get<RunStarted>(record.what);
  finished.facts.insert(started.facts.begin(), started.facts.end());
  if (started.clock_pair_ns > 0) {
    finished.facts.emplace("clock_pair_ns", absl::StrFormat("%.6g", started.clock_pair_ns));
  }
  return absl::OkStatus();
}

// A row of the query in Runs. The columns have the last word over what the agent reported.
absl::StatusOr<RunResult> ReadRun(const Query& row) {
  RunResult run;
  run.run = RunId{row.Unsigned(0)};
  run.task = TaskId{row.Unsigned(1)};
  run.host = row.Text(2);
  run.workload = row.Text(3);
  BF_ASSIGN_OR_RETURN(run.parameters, FromJsonText(row.Bytes(4)));
  run.repetition = row.Small(5);
  run.attempt = row.Small(6);
  run.state = static_cast<State>(row.Int(7));
  run.role = row.Text(14);
  run.members = ParseMembers(row.Text(15));
  if (!row.IsNull(13)) {
    BF_ASSIGN_OR_RETURN(run.finished, ParseRunFinished(row.Bytes(13)));
  }
  if (!row.IsNull(12)) BF_RETURN_IF_ERROR(AddStartedFacts(row.Bytes(12), run.finished));
  run.finished.outcome = static_cast<Outcome>(row.Int(8));
  run.finished.message = row.Text(9);
  run.finished.started_at = row.Time(10);
  run.finished.finished_at = row.Time(11);
  return run;
}

absl::Status ReadMetrics(Database& db, RunResult& run) {
  Query rows = db.Select(
      "SELECT name, unit, direction, derived_from, numerator, count, min, max, mean, stddev, "
      "median, p95, p99, aggregate_only FROM run_metric WHERE run = ? ORDER BY metric",
      run.run);
  while (rows.Next()) {
    run.metrics.push_back({rows.Text(0), rows.Text(1), static_cast<Direction>(rows.Int(2)),
                           rows.Text(3), rows.Real(4)});
    if (rows.IsNull(5)) continue;
    run.summaries.push_back({rows.Text(0), rows.Unsigned(5), rows.Real(6), rows.Real(7),
                             rows.Real(8), rows.Real(9), rows.Real(10), rows.Real(11),
                             rows.Real(12), rows.Int(13) != 0});
  }
  return rows.status();
}

}  // namespace

absl::StatusOr<std::vector<RunResult>> Runs(Database& db, JobId job, RunId after, uint32_t limit) {
  BF_RETURN_IF_ERROR(Job(db, job).status());
  Query rows = db.Select(
      "SELECT run.id, run.task, host.name, cell.workload, cell.parameters, run.repetition, "
      "run.attempt, run.state, run.outcome, run.message, run.started_at_ns, run.finished_at_ns, "
      "run_detail.started, run_detail.finished, run.role, run.members FROM run "
      "JOIN host ON host.id = run.host JOIN cell ON cell.id = "
      "run.cell "
      "LEFT JOIN run_detail ON run_detail.run = run.id "
      "WHERE run.job = ? AND run.id > ? ORDER BY run.id LIMIT ?",
      job, after, limit);
  std::vector<RunResult> runs;
  while (rows.Next()) {
    BF_ASSIGN_OR_RETURN(RunResult run, ReadRun(rows));
    BF_RETURN_IF_ERROR(ReadMetrics(db, run));
    runs.push_back(std::move(run));
  }
  BF_RETURN_IF_ERROR(rows.status());
  return runs;
}

absl::StatusOr<std::vector<SampleChunk>> Chunks(Database& db, RunId run, uint64_t* position,
                                                size_t max_bytes) {
  const uint64_t metric = *position >> kIndexBits;
  const uint64_t index = *position & ((uint64_t{1} << kIndexBits) - 1);
  Query rows = db.Select(
      "SELECT m.name, c.metric, c.first_index, c.count, c.encoding, c.operations, c.warmup, "
      "c.payload FROM chunk AS c JOIN run_metric AS m ON m.run = c.run AND m.metric = c.metric "
      "WHERE c.run = ?1 AND (c.metric, c.first_index) >= (?2, ?3) "
      "ORDER BY c.metric, c.first_index",
      run, metric, index);
  std::vector<SampleChunk> chunks;
  size_t bytes = 0;
  while (rows.Next()) {
    const std::string_view payload = rows.Bytes(7);
    if (!chunks.empty() && bytes + payload.size() > max_bytes) break;
    bytes += payload.size();
    chunks.push_back({rows.Text(0), rows.Unsigned(2), rows.Small(3),
                      static_cast<Encoding>(rows.Int(4)), std::string(payload), rows.Unsigned(5),
                      rows.Int(6) != 0});
    *position = (rows.Unsigned(1) << kIndexBits | rows.Unsigned(2)) + 1;
  }
  BF_RETURN_IF_ERROR(rows.status());
  return chunks;
}

}  // namespace benchfleet::sqlite
