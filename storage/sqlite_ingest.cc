#include "storage/sqlite_ingest.h"

#include <map>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "proto/convert.h"
#include "storage/sqlite_history.h"
#include "storage/sqlite_hosts.h"

namespace benchfleet::sqlite {
namespace {

constexpr size_t kMaxRefusedLines = 10;

// Applies the records of one batch. Its Statuses are the store's own troubles; what is wrong with a
// record becomes a line of `refused`.
class Ingestor {
 public:
  Ingestor(Database& db, RunCache& runs, int64_t host, absl::Time now)
      : db_(db), runs_(runs), host_(host), now_(now) {}

  absl::Status Apply(const Record& record) {
    ++result_.new_records;
    if (const auto* fingerprint = std::get_if<HostFingerprint>(&record.what)) {
      result_.fingerprints.push_back(*fingerprint);
      return AddFingerprint(db_, host_, *fingerprint, now_);
    }
    BF_ASSIGN_OR_RETURN(RunRow* const run, runs_.Find(db_, record.run));
    if (run == nullptr || run->host != host_) {
      Refuse(record.run, run == nullptr ? "there is no such run" : "it is another host's run");
      return absl::OkStatus();
    }
    if (const auto* chunk = std::get_if<SampleChunk>(&record.what)) return Apply(*run, *chunk);
    if (const auto* started = std::get_if<RunStarted>(&record.what)) return Apply(*run, *started);
    return Apply(*run, std::get<RunFinished>(record.what));
  }

  // Writes what is counted once per batch; the result is whole then.
  absl::StatusOr<IngestResult> Finish() {
    for (const auto& [run, samples] : samples_of_) {
      BF_RETURN_IF_ERROR(db_.Run("UPDATE run SET samples = ? WHERE id = ?", samples, run));
    }
    return std::move(result_);
  }

 private:
  void Refuse(RunId run, std::string_view why) {
    if (result_.refused.size() >= kMaxRefusedLines) return;
    result_.refused.push_back(absl::StrFormat("run %d: %s", run.value, why));
  }

  absl::Status Apply(RunRow& run, const SampleChunk& chunk) {
    const std::string fault = ChunkFault(run, chunk);
    if (!fault.empty()) {
      Refuse(run.id, fault);
      return absl::OkStatus();
    }
    BF_RETURN_IF_ERROR(AddChunk(db_, run, chunk));
    samples_of_[run.id] = run.samples;
    result_.new_samples += chunk.count;
    result_.new_payload_bytes += chunk.payload.size();
    return absl::OkStatus();
  }

  absl::Status Apply(RunRow& run, const RunStarted& started) {
    std::string fault = MetricsFault(started.metrics);
    if (run.started || run.reported) fault = "it started before";
    if (!fault.empty()) {
      Refuse(run.id, fault);
      return absl::OkStatus();
    }
    run.started = true;
    BF_RETURN_IF_ERROR(AddMetrics(db_, run, started.metrics));
    RunStarted kept = started;
    kept.metrics.clear();  // they have a table of their own
    BF_RETURN_IF_ERROR(db_.Run("INSERT INTO run_detail (run, started) VALUES (?, ?)", run.id,
                               Blob{Serialize(Record{run.id, kept})}));
    BF_RETURN_IF_ERROR(
        db_.Run("UPDATE run SET started_at_ns = ? WHERE id = ?", started.started_at, run.id));
    result_.started.push_back({run.id, started.started_at});
    return absl::OkStatus();
  }

  absl::Status Apply(RunRow& run, const RunFinished& finished) {
    if (run.reported) {
      Refuse(run.id, "it ended before");
      return absl::OkStatus();
    }
    BF_RETURN_IF_ERROR(AddReport(db_, run, finished));
    BF_ASSIGN_OR_RETURN(const bool decides, Decides(run));
    if (decides) {
      BF_RETURN_IF_ERROR(EndReportedRun(db_, run, finished));
      BF_RETURN_IF_ERROR(AddToHistory(db_, run.id));
      result_.finished.push_back({run.id, run.outcome, run.message, run.samples});
    }
    runs_.Forget(RunId(run.id));
    return absl::OkStatus();
  }

  // Whether the agent's word is how the run ended: it is open, or was given up as lost and nobody
  // has tried again since. An attempt on several hosts is over with its first loss.
  absl::StatusOr<bool> Decides(const RunRow& run) {
    if (!IsFinal(run.state)) return true;
    if (run.outcome != Outcome::kLost || run.together) return false;
    BF_ASSIGN_OR_RETURN(const int64_t later,
                        db_.Number("SELECT count(*) FROM run WHERE task = ? AND repetition = ? "
                                   "AND attempt > ?",
                                   run.task, run.repetition, run.attempt));
    return later == 0;
  }

  Database& db_;
  RunCache& runs_;
  const int64_t host_;
  const absl::Time now_;
  std::map<RunId, uint64_t> samples_of_;  // of runs that got samples
  IngestResult result_;
};

}  // namespace

absl::StatusOr<IngestResult> Ingest(Database& db, RunCache& runs, const std::string& host,
                                    const RecordBatch& batch, absl::Time now) {
  BF_ASSIGN_OR_RETURN(const int64_t host_row, FindHost(db, host));
  BF_ASSIGN_OR_RETURN(const uint64_t acked, AckedSequence(db, host_row, batch.spool_id));
  if (batch.first_sequence == 0 || batch.first_sequence > acked + 1) {
    return absl::InvalidArgumentError(
        absl::StrFormat("the spool of host '%s' skips from record %d to record %d", host, acked,
                        batch.first_sequence));
  }
  Ingestor ingestor(db, runs, host_row, now);
  const uint64_t known = acked + 1 - batch.first_sequence;  // records that were acked before
  for (uint64_t i = known; i < batch.records.size(); ++i) {
    BF_RETURN_IF_ERROR(ingestor.Apply(batch.records[i]));
  }
  BF_ASSIGN_OR_RETURN(IngestResult result, ingestor.Finish());
  result.acked_sequence = acked + result.new_records;
  if (result.new_records > 0) {
    BF_RETURN_IF_ERROR(SetAckedSequence(db, host_row, batch.spool_id, result.acked_sequence));
  }
  return result;
}

}  // namespace benchfleet::sqlite
