// What is known of one run while its samples arrive, and how it ends. Shared by ingest and import.
// Every function works within the caller's transaction.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/control.h"
#include "proto/model.h"
#include "storage/sqlite_database.h"

namespace benchfleet::sqlite {

// One metric of a run and how much of it is stored.
struct Channel {
  int64_t number = 0;  // run_metric.metric: the order of announcement, from 0
  Metric metric;
  uint64_t samples = 0;
  uint64_t next_index = 0;  // behind the last sample stored
};

// A row of `run` with its metrics.
struct RunRow {
  RunId id;
  JobId job;
  TaskId task;
  int64_t host = 0;
  int64_t cell = 0;
  uint32_t repetition = 0;
  uint32_t attempt = 0;
  State state = State::kUnspecified;
  Outcome outcome = Outcome::kUnspecified;
  std::string message;
  bool started = false;   // its RunStarted has arrived
  bool reported = false;  // its RunFinished has arrived: nothing more is to come
  bool together = false;  // other hosts take part in its task
  uint64_t samples = 0;
  std::map<std::string, Channel, std::less<>> channels;
};

// Rows of runs whose samples arrive, so that a chunk costs one INSERT and no SELECT. What it holds
// is what the open transaction sees; it is emptied whenever something is rolled back.
class RunCache {
 public:
  // The run's row, read where it is not known yet; nullptr when there is no such run. Valid until
  // the next call of any method.
  absl::StatusOr<RunRow*> Find(Database& db, RunId run);
  void Forget(RunId run) { rows_.erase(run); }
  void Clear() { rows_.clear(); }

 private:
  std::unordered_map<RunId, RunRow> rows_;
};

// Why `metrics` cannot be those of a run, "" when they can.
std::string MetricsFault(const std::vector<Metric>& metrics);
// Stores a run's metrics; they have no fault and the run had none before.
absl::Status AddMetrics(Database& db, RunRow& run, const std::vector<Metric>& metrics);

// Why `chunk` cannot be the next of its run, "" when it can.
std::string ChunkFault(const RunRow& run, const SampleChunk& chunk);
// Stores a chunk that has no fault.
absl::Status AddChunk(Database& db, RunRow& run, const SampleChunk& chunk);

// Keeps what the agent said at the end of a run, whether or not it decides how the run ended.
absl::Status AddReport(Database& db, RunRow& run, const RunFinished& finished);
// Ends a run as `finished` says, and summarises its samples. All samples of a metric that are no
// warm-up are in memory for the time of it, 8 bytes each: exact quantiles have no smaller form.
absl::Status EndReportedRun(Database& db, RunRow& run, const RunFinished& finished);

absl::Status StoreSummary(Database& db, RunId run, int64_t metric, const MetricSummary& summary);

}  // namespace benchfleet::sqlite
