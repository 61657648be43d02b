#include "agent/spool_file.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/ids.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr uint64_t kFormatVersion = 1;
constexpr size_t kMaxRecordsPerRead = 4096;
// Free pages of 4 KiB that an empty spool may keep; the rest goes back, so many at a time.
constexpr uint64_t kFreePagesMax = 4096;
constexpr char kGiveBack[] = "PRAGMA incremental_vacuum(16384)";

// Exclusive comes before WAL: then no other process gets in, and there is no shared-memory file.
// The small cache suits an agent that must be small; the log is cut after a backlog.
constexpr char kSettings[] = R"(
PRAGMA locking_mode=EXCLUSIVE;
PRAGMA auto_vacuum=INCREMENTAL;
PRAGMA journal_mode=WAL;
PRAGMA synchronous=FULL;
PRAGMA secure_delete=OFF;
PRAGMA cache_size=-256;
PRAGMA journal_size_limit=4194304;
)";

constexpr char kSchema[] = R"(
CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE records(sequence INTEGER PRIMARY KEY, record BLOB NOT NULL);
CREATE TABLE runs(run_id INTEGER PRIMARY KEY, finished_sequence INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE samples(run_id INTEGER, metric TEXT, count INTEGER NOT NULL,
                     PRIMARY KEY(run_id, metric)) WITHOUT ROWID;
PRAGMA user_version=1;
)";

absl::Status FromSqlite(sqlite3* db) {
  if (db == nullptr) return absl::InternalError("SQLite has no memory");
  const std::string message =
      absl::StrFormat("%s: %s", sqlite3_db_filename(db, "main"), sqlite3_errmsg(db));
  switch (sqlite3_errcode(db) & 0xff) {
    case SQLITE_FULL:
      return absl::ResourceExhaustedError(message);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(message);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::FailedPreconditionError(message + " (is another agent using it?)");
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return absl::PermissionDeniedError(message);
    default:
      return absl::InternalError(message);
  }
}

// One prepared statement. What is bound must live until the statement has run.
class Statement {
 public:
  Statement(sqlite3* db, const char* sql) : db_(db) {
    if (sqlite3_prepare_v2(db, sql, -1, &statement_, nullptr) != SQLITE_OK) {
      status_ = FromSqlite(db);
    }
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& Bind(int index, uint64_t value) {
    sqlite3_bind_int64(statement_, index, static_cast<sqlite3_int64>(value));
    return *this;
  }
  Statement& Bind(int index, const std::string& text) {
    sqlite3_bind_text64(statement_, index, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
    return *this;
  }
  Statement& BindBlob(int index, const std::string& bytes) {
    sqlite3_bind_blob64(statement_, index, bytes.data(), bytes.size(), SQLITE_STATIC);
    return *this;
  }

  // True when there is a row.
  absl::StatusOr<bool> Step() {
    if (!status_.ok()) return status_;
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW || code == SQLITE_DONE) return code == SQLITE_ROW;
    return FromSqlite(db_);
  }
  // For statements without rows; may be bound and run again.
  absl::Status Run() {
    const absl::Status status = Step().status();
    sqlite3_reset(statement_);
    return status;
  }

  uint64_t Number(int column) const {
    return static_cast<uint64_t>(sqlite3_column_int64(statement_, column));
  }
  std::string Bytes(int column) const {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    return bytes == nullptr
               ? ""
               : std::string(bytes, static_cast<size_t>(sqlite3_column_bytes(statement_, column)));
  }

 private:
  sqlite3* const db_;
  sqlite3_stmt* statement_ = nullptr;
  absl::Status status_;
};

}  // namespace

absl::Status SpoolFile::Execute(const char* sql) {
  if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return absl::OkStatus();
  return FromSqlite(db_);
}

template <typename Body>
absl::Status SpoolFile::InTransaction(const Body& body) {
  if (db_ == nullptr) return absl::InternalError(path_ + " is closed");
  BF_RETURN_IF_ERROR(Execute("BEGIN IMMEDIATE"));
  absl::Status status = body();
  if (status.ok()) status = Execute("COMMIT");
  // Some errors have rolled back by themselves.
  if (!status.ok() && sqlite3_get_autocommit(db_) == 0) {
    sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
  return status;
}

absl::StatusOr<SpoolContents> SpoolFile::Open() {
  absl::StatusOr<SpoolContents> contents = Connect();
  if (!contents.ok()) Close();
  return contents;
}

void SpoolFile::Close() { sqlite3_close(std::exchange(db_, nullptr)); }

absl::StatusOr<SpoolContents> SpoolFile::Connect() {
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(path_.c_str(), &db_, kFlags, nullptr) != SQLITE_OK) {
    return FromSqlite(db_);
  }
  chmod(path_.c_str(), 0600);
  BF_RETURN_IF_ERROR(Execute(kSettings));
  uint64_t version = 0;
  {
    Statement pragma(db_, "PRAGMA user_version");
    BF_RETURN_IF_ERROR(pragma.Step().status());
    version = pragma.Number(0);
  }
  if (version == 0) return Create();
  if (version != kFormatVersion) {
    return absl::FailedPreconditionError(
        absl::StrFormat("%s was written by a newer bench-agent (format %d; this one knows %d)",
                        path_, version, kFormatVersion));
  }
  {
    Statement check(db_, "PRAGMA quick_check(1)");
    BF_RETURN_IF_ERROR(check.Step().status());
    if (check.Bytes(0) != "ok") return absl::DataLossError(path_ + " is damaged");
  }
  return Load();
}

absl::StatusOr<SpoolContents> SpoolFile::Create() {
  SpoolContents contents;
  contents.id = RandomHexId();
  const absl::Status created = InTransaction([&]() -> absl::Status {
    BF_RETURN_IF_ERROR(Execute(kSchema));
    BF_RETURN_IF_ERROR(PutMeta("id", contents.id));
    return PutMeta("trimmed", "0");
  });
  BF_RETURN_IF_ERROR(created);
  return contents;
}

absl::StatusOr<SpoolContents> SpoolFile::Load() {
  SpoolContents contents;
  Statement meta(db_, "SELECT name, value FROM meta");
  for (;;) {
    BF_ASSIGN_OR_RETURN(const bool row, meta.Step());
    if (!row) break;
    const std::string name = meta.Bytes(0);
    if (name == "id") contents.id = meta.Bytes(1);
    if (name == "trimmed") contents.trimmed = std::strtoull(meta.Bytes(1).c_str(), nullptr, 10);
    if (name.starts_with("note.")) contents.notes[name.substr(5)] = meta.Bytes(1);
  }
  Statement total(db_,
                  "SELECT count(*), coalesce(min(sequence), 0), coalesce(max(sequence), 0),"
                  " coalesce(sum(length(record)), 0) FROM records");
  BF_RETURN_IF_ERROR(total.Step().status());
  const uint64_t count = total.Number(0);
  contents.durable = contents.trimmed + count;
  contents.bytes = total.Number(3);
  const bool gapless = count == 0 || (total.Number(1) == contents.trimmed + 1 &&
                                      total.Number(2) == contents.durable);
  if (contents.id.empty() || !gapless) return absl::DataLossError(path_ + ": records are missing");
  BF_RETURN_IF_ERROR(LoadRuns(&contents));
  return contents;
}

absl::Status SpoolFile::LoadRuns(SpoolContents* contents) {
  Statement runs(db_, "SELECT run_id, finished_sequence FROM runs");
  for (;;) {
    BF_ASSIGN_OR_RETURN(const bool row, runs.Step());
    if (!row) return absl::OkStatus();
    SpooledRun run{RunId{runs.Number(0)}, runs.Number(1), {}};
    Statement samples(db_, "SELECT metric, count FROM samples WHERE run_id = ?");
    samples.Bind(1, run.run.value);
    for (;;) {
      BF_ASSIGN_OR_RETURN(const bool metric, samples.Step());
      if (!metric) break;
      run.samples[samples.Bytes(0)] = samples.Number(1);
    }
    contents->runs.push_back(std::move(run));
  }
}

absl::Status SpoolFile::PutMeta(const std::string& name, const std::string& value) {
  Statement put(db_, "INSERT OR REPLACE INTO meta VALUES(?, ?)");
  return put.Bind(1, name).Bind(2, value).Run();
}

absl::Status SpoolFile::PutNote(const std::string& name, const std::string& value) {
  return InTransaction([&] { return PutMeta("note." + name, value); });
}

absl::Status SpoolFile::Write(uint64_t first, const std::vector<std::string>& records,
                              const std::vector<SpooledRun>& runs) {
  return InTransaction([&]() -> absl::Status {
    Statement insert(db_, "INSERT INTO records VALUES(?, ?)");
    uint64_t sequence = first;
    for (const std::string& record : records) {
      BF_RETURN_IF_ERROR(insert.Bind(1, sequence++).BindBlob(2, record).Run());
    }
    Statement put_run(db_, "INSERT OR REPLACE INTO runs VALUES(?, ?)");
    Statement put_count(db_, "INSERT OR REPLACE INTO samples VALUES(?, ?, ?)");
    for (const SpooledRun& run : runs) {
      BF_RETURN_IF_ERROR(put_run.Bind(1, run.run.value).Bind(2, run.finished_sequence).Run());
      for (const auto& [metric, count] : run.samples) {
        BF_RETURN_IF_ERROR(put_count.Bind(1, run.run.value).Bind(2, metric).Bind(3, count).Run());
      }
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<std::string>> SpoolFile::Read(uint64_t first, size_t max_bytes) {
  if (db_ == nullptr) return absl::InternalError(path_ + " is closed");
  Statement select(db_, "SELECT record FROM records WHERE sequence >= ? ORDER BY sequence");
  select.Bind(1, first);
  std::vector<std::string> records;
  size_t total = 0;
  while (records.size() < kMaxRecordsPerRead) {
    BF_ASSIGN_OR_RETURN(const bool row, select.Step());
    if (!row) break;
    std::string record = select.Bytes(0);
    total += record.size();
    if (!records.empty() && total > max_bytes) break;
    records.push_back(std::move(record));
  }
  return records;
}

absl::StatusOr<uint64_t> SpoolFile::Delete(uint64_t through) {
  if (db_ == nullptr) return absl::InternalError(path_ + " is closed");
  BF_RETURN_IF_ERROR(Execute("PRAGMA synchronous=NORMAL"));
  uint64_t freed = 0;
  const absl::Status status = InTransaction([&]() -> absl::Status {
    Statement size(db_, "SELECT sum(length(record)) FROM records WHERE sequence <= ?");
    BF_RETURN_IF_ERROR(size.Bind(1, through).Step().status());
    freed = size.Number(0);
    for (const char* sql : {"DELETE FROM records WHERE sequence <= ?",
                            "DELETE FROM samples WHERE run_id IN (SELECT run_id FROM runs"
                            " WHERE finished_sequence BETWEEN 1 AND ?)",
                            "DELETE FROM runs WHERE finished_sequence BETWEEN 1 AND ?"}) {
      BF_RETURN_IF_ERROR(Statement(db_, sql).Bind(1, through).Run());
    }
    return PutMeta("trimmed", std::to_string(through));
  });
  BF_RETURN_IF_ERROR(Execute("PRAGMA synchronous=FULL"));
  BF_RETURN_IF_ERROR(status);
  return freed;
}

absl::Status SpoolFile::Renumber(uint64_t offset, const std::string& id) {
  return InTransaction([&]() -> absl::Status {
    for (const char* sql : {"UPDATE records SET sequence = sequence - ?",
                            "UPDATE runs SET finished_sequence = finished_sequence - ?"
                            " WHERE finished_sequence > 0"}) {
      BF_RETURN_IF_ERROR(Statement(db_, sql).Bind(1, offset).Run());
    }
    BF_RETURN_IF_ERROR(PutMeta("trimmed", "0"));
    return PutMeta("id", id);
  });
}

absl::Status SpoolFile::Clear(uint64_t through) {
  if (db_ == nullptr) return absl::InternalError(path_ + " is closed");
  BF_RETURN_IF_ERROR(InTransaction([&] {
    const absl::Status deleted = Execute(
        "DELETE FROM records; DELETE FROM samples WHERE run_id IN"
        " (SELECT run_id FROM runs WHERE finished_sequence > 0);"
        "DELETE FROM runs WHERE finished_sequence > 0;");
    return deleted.ok() ? PutMeta("trimmed", std::to_string(through)) : deleted;
  }));
  for (;;) {
    BF_RETURN_IF_ERROR(Execute("PRAGMA wal_checkpoint(TRUNCATE)"));
    BF_ASSIGN_OR_RETURN(const uint64_t free_pages, FreePages());
    if (free_pages == 0) return absl::OkStatus();
    BF_RETURN_IF_ERROR(Execute("PRAGMA incremental_vacuum(1024)"));
  }
}

absl::Status SpoolFile::Shrink() {
  BF_ASSIGN_OR_RETURN(const uint64_t free_pages, FreePages());
  return free_pages <= kFreePagesMax ? absl::OkStatus() : Execute(kGiveBack);
}

absl::StatusOr<uint64_t> SpoolFile::FreePages() {
  Statement pragma(db_, "PRAGMA freelist_count");
  BF_RETURN_IF_ERROR(pragma.Step().status());
  return pragma.Number(0);
}

absl::StatusOr<std::string> SpoolFile::MoveAway(const std::string& why) {
  const std::string aside = absl::StrFormat("%s.%s-%s", path_, why, RandomHexId().substr(0, 8));
  // The log first: without it the file is still a spool, only an older one.
  for (const char* suffix : {"-wal", ""}) {
    if (rename((path_ + suffix).c_str(), (aside + suffix).c_str()) != 0 && errno != ENOENT) {
      return ErrnoError(errno, absl::StrFormat("moving %s%s aside", path_, suffix));
    }
  }
  return aside;
}

}  // namespace benchfleet
