#include "storage/sqlite_runs.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/limits.h"
#include "base/status.h"
#include "proto/chunk.h"
#include "proto/convert.h"
#include "storage/sample_summary.h"
#include "storage/sqlite_jobs.h"

namespace benchfleet::sqlite {
namespace {

constexpr size_t kMaxCachedRuns = 2 * limits::kMaxAgents;

absl::Status ReadChannels(Database& db, RunRow& run) {
  Query rows = db.Select(
      "SELECT metric, name, unit, direction, derived_from, numerator, "
      "(SELECT sum(count) FROM chunk WHERE chunk.run = m.run AND chunk.metric = m.metric), "
      "(SELECT first_index + count FROM chunk WHERE chunk.run = m.run AND chunk.metric = m.metric "
      "ORDER BY first_index DESC LIMIT 1) FROM run_metric AS m WHERE run = ?",
      run.id);
  while (rows.Next()) {
    Channel channel;
    channel.number = rows.Int(0);
    channel.metric = {rows.Text(1), rows.Text(2), static_cast<Direction>(rows.Int(3)), rows.Text(4),
                      rows.Real(5)};
    channel.samples = rows.Unsigned(6);
    channel.next_index = rows.Unsigned(7);
    run.channels.emplace(channel.metric.name, std::move(channel));
  }
  return rows.status();
}

// Appends the judged samples of a metric, per operation.
absl::Status ReadValues(Database& db, RunId run, const Channel& channel,
                        std::vector<double>& values) {
  values.clear();
  values.reserve(channel.samples);
  Query rows = db.Select(
      "SELECT first_index, count, encoding, operations, payload FROM chunk "
      "WHERE run = ? AND metric = ? AND warmup = 0 ORDER BY first_index",
      run, channel.number);
  SampleChunk chunk;
  chunk.metric = channel.metric.name;
  while (rows.Next()) {
    chunk.first_index = rows.Unsigned(0);
    chunk.count = rows.Small(1);
    chunk.encoding = static_cast<Encoding>(rows.Int(2));
    chunk.operations = rows.Unsigned(3);
    chunk.payload = rows.Bytes(4);
    const absl::Status decoded = DecodeChunk(chunk, &values);
    if (!decoded.ok()) {
      return absl::DataLossError(
          absl::StrFormat("%s, run %d: %s", db.path(), run.value, Message(decoded)));
    }
  }
  return rows.status();
}

absl::Status SummarizeRun(Database& db, const RunRow& run) {
  std::vector<double> values;
  for (const auto& [name, channel] : run.channels) {
    const bool derived = !channel.metric.derived_from.empty();
    const Channel& source =
        derived ? run.channels.find(channel.metric.derived_from)->second : channel;
    if (source.samples == 0) continue;
    BF_RETURN_IF_ERROR(ReadValues(db, run.id, source, values));
    if (derived) BF_RETURN_IF_ERROR(Derive(channel.metric, source.metric.unit, values));
    if (values.empty()) continue;
    BF_RETURN_IF_ERROR(StoreSummary(db, run.id, channel.number, SummarizeValues(name, values)));
  }
  return absl::OkStatus();
}

// "latency: 90 samples stored, 100 reported", "" when all agree.
std::string CountsFault(const RunRow& run, const std::map<std::string, uint64_t>& reported) {
  for (const auto& [name, count] : reported) {
    const auto channel = run.channels.find(name);
    const uint64_t stored = channel == run.channels.end() ? 0 : channel->second.samples;
    if (stored != count) {
      return absl::StrFormat("%s: %d samples stored, %d reported", name, stored, count);
    }
  }
  for (const auto& [name, channel] : run.channels) {
    if (channel.samples != 0 && !reported.contains(name)) {
      return absl::StrFormat("%s: %d samples stored, none reported", name, channel.samples);
    }
  }
  return "";
}

// The outcome and message that the store stands by.
std::pair<Outcome, std::string> Judge(const RunRow& run, const RunFinished& finished) {
  if (finished.outcome == Outcome::kUnspecified) {
    return {Outcome::kGarbled, "the agent reported no outcome"};
  }
  const std::string fault = CountsFault(run, finished.sample_counts);
  if (fault.empty()) return {finished.outcome, finished.message};
  std::string message = fault;
  if (finished.outcome != Outcome::kOk) {
    message +=
        absl::StrFormat("; the run itself %s: %s", OutcomeName(finished.outcome), finished.message);
  }
  return {Outcome::kGarbled, message};
}

}  // namespace

absl::StatusOr<RunRow*> RunCache::Find(Database& db, RunId run) {
  if (const auto it = rows_.find(run); it != rows_.end()) return &it->second;
  RunRow row;
  {
    Query query = db.Select(
        "SELECT job, task, host, cell, repetition, attempt, state, outcome, message, samples, "
        "started IS NOT NULL, finished IS NOT NULL, role <> '' "
        "FROM run LEFT JOIN run_detail ON run_detail.run = run.id WHERE run.id = ?",
        run);
    if (!query.Next()) {
      BF_RETURN_IF_ERROR(query.status());
      return nullptr;
    }
    row.id = run;
    row.job = JobId{query.Unsigned(0)};
    row.task = TaskId{query.Unsigned(1)};
    row.host = query.Int(2);
    row.cell = query.Int(3);
    row.repetition = query.Small(4);
    row.attempt = query.Small(5);
    row.state = static_cast<State>(query.Int(6));
    row.outcome = static_cast<Outcome>(query.Int(7));
    row.message = query.Text(8);
    row.samples = query.Unsigned(9);
    row.started = query.Int(10) != 0;
    row.reported = query.Int(11) != 0;
    row.together = query.Int(12) != 0;
  }
  BF_RETURN_IF_ERROR(ReadChannels(db, row));
  if (rows_.size() >= kMaxCachedRuns) rows_.clear();
  return &rows_.emplace(run, std::move(row)).first->second;
}

std::string MetricsFault(const std::vector<Metric>& metrics) {
  if (metrics.size() > limits::kMaxMetricsPerRun) {
    return absl::StrFormat("%d metrics; a run may have %d", metrics.size(),
                           limits::kMaxMetricsPerRun);
  }
  std::map<std::string, const Metric*> by_name;
  for (const Metric& metric : metrics) {
    if (metric.name.empty()) return "a metric has no name";
    if (!std::isfinite(metric.numerator)) {
      return absl::StrFormat("metric '%s' has a numerator that is not finite", metric.name);
    }
    if (!by_name.emplace(metric.name, &metric).second) {
      return absl::StrFormat("metric '%s' is named twice", metric.name);
    }
  }
  for (const Metric& metric : metrics) {
    if (metric.derived_from.empty()) continue;
    const auto source = by_name.find(metric.derived_from);
    if (source == by_name.end() || !source->second->derived_from.empty() ||
        SecondsIn(source->second->unit) == 0) {
      return absl::StrFormat("metric '%s' cannot be derived from '%s': that is no measured time",
                             metric.name, metric.derived_from);
    }
  }
  return "";
}

absl::Status AddMetrics(Database& db, RunRow& run, const std::vector<Metric>& metrics) {
  int64_t number = 0;
  for (const Metric& metric : metrics) {
    BF_RETURN_IF_ERROR(
        db.Run("INSERT INTO run_metric (run, metric, name, unit, direction, derived_from, "
               "numerator) VALUES (?, ?, ?, ?, ?, ?, ?)",
               run.id, number, metric.name, metric.unit, metric.direction, metric.derived_from,
               metric.numerator));
    run.channels.emplace(metric.name, Channel{number, metric, 0, 0});
    ++number;
  }
  return absl::OkStatus();
}

std::string ChunkFault(const RunRow& run, const SampleChunk& chunk) {
  const auto it = run.channels.find(chunk.metric);
  if (it == run.channels.end()) {
    return absl::StrFormat("metric '%s' was not announced", chunk.metric);
  }
  const Channel& channel = it->second;
  if (!channel.metric.derived_from.empty()) {
    return absl::StrFormat("metric '%s' is derived and has no samples of its own", chunk.metric);
  }
  if (run.reported) {
    return absl::StrFormat("samples of metric '%s' after the end of the run", chunk.metric);
  }
  if (chunk.first_index < channel.next_index) {
    return absl::StrFormat("samples of metric '%s' from index %d are stored already (up to %d)",
                           chunk.metric, chunk.first_index, channel.next_index);
  }
  if (chunk.operations > INT64_MAX) return "more operations than can be counted";
  return Message(CheckChunk(chunk));
}

absl::Status AddChunk(Database& db, RunRow& run, const SampleChunk& chunk) {
  Channel& channel = run.channels.find(chunk.metric)->second;
  BF_RETURN_IF_ERROR(
      db.Run("INSERT INTO chunk (run, metric, first_index, count, encoding, operations, warmup, "
             "payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
             run.id, channel.number, chunk.first_index, chunk.count, chunk.encoding,
             chunk.operations, chunk.warmup, Blob{chunk.payload}));
  channel.samples += chunk.count;
  channel.next_index = chunk.first_index + chunk.count;
  run.samples += chunk.count;
  return absl::OkStatus();
}

absl::Status StoreSummary(Database& db, RunId run, int64_t metric, const MetricSummary& summary) {
  return db.Run(
      "UPDATE run_metric SET count = ?, min = ?, max = ?, mean = ?, stddev = ?, median = ?, "
      "p95 = ?, p99 = ?, aggregate_only = ? WHERE run = ? AND metric = ?",
      summary.count, summary.min, summary.max, summary.mean, summary.stddev, summary.median,
      summary.p95, summary.p99, summary.aggregate_only, run, metric);
}

absl::Status AddReport(Database& db, RunRow& run, const RunFinished& finished) {
  run.reported = true;
  return db.Run(
      "INSERT INTO run_detail (run, finished) VALUES (?, ?) "
      "ON CONFLICT (run) DO UPDATE SET finished = excluded.finished",
      run.id, Blob{Serialize(finished)});
}

absl::Status EndReportedRun(Database& db, RunRow& run, const RunFinished& finished) {
  std::tie(run.outcome, run.message) = Judge(run, finished);
  run.state = EndState(run.outcome);
  const bool timed =
      finished.started_at != absl::InfinitePast() && finished.finished_at != absl::InfinitePast();
  const int64_t span_ns =
      timed ? absl::ToInt64Nanoseconds(finished.finished_at - finished.started_at) : 0;
  const int64_t wall_ns = finished.usage.wall_ns > 0 ? finished.usage.wall_ns : span_ns;
  BF_RETURN_IF_ERROR(
      db.Run("UPDATE run SET state = ?, outcome = ?, message = ?, started_at_ns = "
             "coalesce(?, started_at_ns), finished_at_ns = ?, wall_ns = ?, identity_digest = "
             "coalesce(nullif(?, ''), (SELECT identity_digest FROM fingerprint WHERE "
             "fingerprint.host = run.host ORDER BY fingerprint.id DESC LIMIT 1), ''), "
             "state_digest = ?, samples = ? WHERE id = ?",
             run.state, run.outcome, run.message, finished.started_at, finished.finished_at,
             wall_ns, finished.identity_digest, finished.state_digest, run.samples, run.id));
  return SummarizeRun(db, run);
}

}  // namespace benchfleet::sqlite
