#include "storage/sqlite_store.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/log.h"
#include "base/status.h"
#include "storage/data_directory.h"
#include "storage/sqlite_baselines.h"
#include "storage/sqlite_database.h"
#include "storage/sqlite_history.h"
#include "storage/sqlite_hosts.h"
#include "storage/sqlite_import.h"
#include "storage/sqlite_ingest.h"
#include "storage/sqlite_jobs.h"
#include "storage/sqlite_results.h"
#include "storage/sqlite_runs.h"
#include "storage/sqlite_schema.h"

namespace benchfleet {
namespace {

constexpr uint64_t kPageBytes = 4096;
// A log of this size is worth moving when nobody waits.
constexpr uint64_t kWalBytesRest = 4u << 20;
// And of this size in any case: the larger, the fewer times a page is moved under load.
constexpr uint64_t kWalBytesMax = 64u << 20;

// Owns the connection; the functions of namespace sqlite do the work, this class keeps what is
// common to them: the transaction around all, the savepoint around each, the cache of runs.
class SqliteStore : public Store {
 public:
  SqliteStore(std::unique_ptr<DataDirectory> directory, std::unique_ptr<Database> db)
      : directory_(std::move(directory)), db_(std::move(db)) {}

  absl::Status InTransaction(const std::function<void()>& body) override {
    broken_ = absl::OkStatus();
    BF_RETURN_IF_ERROR(db_->Begin());
    body();
    absl::Status status = broken_.ok() ? db_->Commit() : broken_;
    if (!status.ok()) {
      db_->Rollback();
      runs_.Clear();
      return status;
    }
    if (db_->wal_pages() * kPageBytes > kWalBytesMax) MoveLog();
    return absl::OkStatus();
  }

  absl::Status AllOrNothing(const std::function<absl::Status()>& body) override {
    return Write(body);
  }

  void Rest() override {
    if (db_->wal_pages() * kPageBytes > kWalBytesRest) MoveLog();
  }

  absl::StatusOr<StoreIdentity> Identity() override {
    Query row = db_->Select("SELECT coordinator_id, host_salt FROM store");
    if (row.Next()) return StoreIdentity{row.Text(0), row.Text(1)};
    BF_RETURN_IF_ERROR(row.status());
    return absl::DataLossError(db_->path() + " has lost its identity");
  }

  absl::StatusOr<StoreStatistics> Statistics() override {
    Query row = db_->Select("SELECT samples, runs FROM store");
    row.Next();
    BF_RETURN_IF_ERROR(row.status());
    StoreStatistics statistics{0, row.Unsigned(0), row.Unsigned(1)};
    for (const char* suffix : {"", "-wal"}) {
      std::error_code error;
      const uintmax_t bytes = std::filesystem::file_size(db_->path() + suffix, error);
      if (!error) statistics.file_bytes += bytes;
    }
    return statistics;
  }

  absl::Status PutHost(const StoredHost& host) override {
    return Write([&] { return sqlite::PutHost(*db_, host); });
  }
  absl::Status TouchHost(const std::string& name, absl::Time at) override {
    return Write([&] { return sqlite::TouchHost(*db_, name, at); });
  }
  absl::Status ForgetHost(const std::string& name, absl::Time at) override {
    return Write([&] { return sqlite::ForgetHost(*db_, name, at); });
  }
  absl::StatusOr<std::vector<StoredHost>> Hosts() override { return sqlite::Hosts(*db_); }
  absl::StatusOr<std::vector<StoredHost>> JobHosts(JobId job) override {
    return sqlite::JobHosts(*db_, job);
  }
  absl::StatusOr<std::vector<StateChange>> StateChanges(const std::string& host,
                                                        uint32_t limit) override {
    return sqlite::StateChanges(*db_, host, limit);
  }
  absl::StatusOr<uint64_t> AckedSequence(const std::string& host,
                                         const std::string& spool_id) override {
    const absl::StatusOr<int64_t> row = sqlite::FindHost(*db_, host);
    if (absl::IsNotFound(row.status())) return 0;
    BF_RETURN_IF_ERROR(row.status());
    return sqlite::AckedSequence(*db_, *row, spool_id);
  }

  absl::StatusOr<MaxIds> LargestIds() override { return sqlite::LargestIds(*db_); }
  absl::Status CreateJob(const StoredJob& job, const std::vector<StoredTask>& tasks) override {
    return Write([&] { return sqlite::CreateJob(*db_, job, tasks); });
  }
  absl::Status UpdateJob(const StoredJob& job) override {
    return Write([&] { return sqlite::UpdateJob(*db_, job); });
  }
  absl::Status MoveTask(TaskId task, const std::string& host,
                        const std::vector<TaskMember>& members) override {
    return Write([&] { return sqlite::MoveTask(*db_, task, host, members); });
  }
  absl::Status UpdateTask(TaskId task, State state, const std::string& message) override {
    return Write([&] { return sqlite::UpdateTask(*db_, task, state, message); });
  }
  absl::Status CreateRun(const StoredRun& run) override {
    return Write([&] { return sqlite::CreateRun(*db_, run); });
  }
  absl::Status EndRun(RunId run, Outcome outcome, const std::string& message,
                      absl::Time at) override {
    runs_.Forget(run);
    return Write([&] { return sqlite::EndRun(*db_, run, outcome, message, at); });
  }
  absl::Status RetractRun(RunId run, Outcome outcome, const std::string& message,
                          absl::Time at) override {
    runs_.Forget(run);
    return Write([&] { return sqlite::RetractRun(*db_, run, outcome, message, at); });
  }
  absl::StatusOr<std::vector<OpenJob>> OpenJobs() override { return sqlite::OpenJobs(*db_); }
  absl::StatusOr<std::vector<JobOverview>> Jobs(const JobFilter& filter) override {
    return sqlite::Jobs(*db_, filter);
  }
  absl::StatusOr<JobOverview> Job(JobId job) override { return sqlite::Job(*db_, job); }
  absl::StatusOr<double> ExpectedSeconds(const std::string& workload, const StringMap& parameters,
                                         const std::string& host) override {
    return sqlite::ExpectedSeconds(*db_, workload, parameters, host);
  }

  absl::StatusOr<IngestResult> Ingest(const std::string& host, const RecordBatch& batch,
                                      absl::Time now) override {
    return Write([&] { return sqlite::Ingest(*db_, runs_, host, batch, now); });
  }
  absl::StatusOr<std::vector<RunResult>> Runs(JobId job, RunId after, uint32_t limit) override {
    return sqlite::Runs(*db_, job, after, limit);
  }
  absl::StatusOr<std::vector<SampleChunk>> Chunks(RunId run, uint64_t* position,
                                                  size_t max_bytes) override {
    return sqlite::Chunks(*db_, run, position, max_bytes);
  }

  absl::StatusOr<std::vector<HistoryPoint>> History(const SeriesKey& series,
                                                    uint32_t limit) override {
    return sqlite::History(*db_, series, limit);
  }
  absl::StatusOr<std::vector<Series>> FindSeries(const HistoryFilter& filter) override {
    return sqlite::FindSeries(*db_, filter);
  }
  absl::StatusOr<std::vector<HistoryPoint>> Points(SeriesId series, const HistoryFilter& filter,
                                                   const HistoryPoint* after,
                                                   uint32_t limit) override {
    return sqlite::Points(*db_, series, filter, after, limit);
  }

  absl::Status SetBaseline(const Baseline& setting) override {
    return Write([&] { return sqlite::SetBaseline(*db_, setting); });
  }
  absl::StatusOr<std::vector<Baseline>> Baselines(const std::string& after,
                                                  uint32_t limit) override {
    return sqlite::Baselines(*db_, after, limit);
  }
  absl::StatusOr<std::vector<Baseline>> BaselineSettings(const std::string& name,
                                                         uint32_t limit) override {
    return sqlite::BaselineSettings(*db_, name, limit);
  }
  absl::Status AddBlessing(const Blessing& blessing) override {
    return Write([&] { return sqlite::AddBlessing(*db_, blessing); });
  }
  absl::StatusOr<std::vector<Blessing>> Blessings(uint64_t after_id, uint32_t limit) override {
    return sqlite::Blessings(*db_, after_id, limit);
  }
  absl::Status AddAcknowledgement(const Acknowledgement& acknowledgement) override {
    return Write([&] { return sqlite::AddAcknowledgement(*db_, acknowledgement); });
  }
  absl::StatusOr<std::vector<Acknowledgement>> Acknowledgements(uint64_t after_id,
                                                                uint32_t limit) override {
    return sqlite::Acknowledgements(*db_, after_id, limit);
  }
  absl::Status AddSelftest(const PublishedSelftest& selftest) override {
    return Write([&] { return sqlite::AddSelftest(*db_, selftest); });
  }
  absl::StatusOr<std::optional<PublishedSelftest>> NewestSelftest() override {
    return sqlite::NewestSelftest(*db_);
  }

  absl::StatusOr<JobId> ImportJob(const JobResult& job) override {
    return Write([&] { return sqlite::ImportJob(*db_, job); });
  }
  absl::Status ImportRun(JobId job, const RunResult& run,
                         const std::vector<SampleChunk>& chunks) override {
    return Write([&] { return sqlite::ImportRun(*db_, runs_, job, run, chunks); });
  }

 private:
  static const absl::Status& StatusOf(const absl::Status& status) { return status; }
  template <typename T>
  static const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
    return result.status();
  }

  // Runs a writing method so that it leaves no trace when it fails. SQLite may end the whole
  // transaction when the disk is full in the middle; what follows then must not start to commit on
  // its own.
  template <typename Method>
  auto Write(Method method) -> decltype(method()) {
    if (!broken_.ok()) return broken_;
    if (!db_->in_transaction()) {
      return absl::FailedPreconditionError("a writing method outside InTransaction");
    }
    BF_RETURN_IF_ERROR(db_->Run("SAVEPOINT method"));
    auto result = method();
    absl::Status status = StatusOf(result);
    if (status.ok()) {
      BF_RETURN_IF_ERROR(db_->Run("RELEASE method"));
      return result;
    }
    runs_.Clear();
    if (db_->in_transaction()) {
      absl::Status undone = db_->Run("ROLLBACK TO method");
      if (undone.ok()) undone = db_->Run("RELEASE method");
      if (!undone.ok()) broken_ = undone;
    } else {
      broken_ = status;
    }
    return result;
  }

  // Not the end of the world when it fails: nothing is lost, the log only stays longer.
  void MoveLog() {
    const absl::Status status = db_->Checkpoint();
    if (!status.ok()) LogWarning("storage: %s", Message(status));
  }

  const std::unique_ptr<DataDirectory> directory_;
  const std::unique_ptr<Database> db_;
  sqlite::RunCache runs_;
  absl::Status broken_;  // why the open transaction can no longer be committed
};

absl::Status CreateIdentity(Database& db) {
  return db.Run(
      "INSERT INTO store (only_row, coordinator_id, host_salt) VALUES (1, ?, ?) "
      "ON CONFLICT (only_row) DO NOTHING",
      RandomHexId(), RandomHexId());
}

}  // namespace

std::string SqliteFile(const std::string& data_directory) {
  return data_directory + "/benchfleet.sqlite";
}

absl::StatusOr<std::unique_ptr<Store>> OpenSqliteStore(const std::string& data_directory) {
  BF_ASSIGN_OR_RETURN(auto directory, DataDirectory::Open(data_directory));
  BF_ASSIGN_OR_RETURN(auto db, Database::Open(SqliteFile(data_directory)));
  BF_RETURN_IF_ERROR(Migrate(*db));
  BF_RETURN_IF_ERROR(CreateIdentity(*db));
  return std::make_unique<SqliteStore>(std::move(directory), std::move(db));
}

}  // namespace benchfleet
