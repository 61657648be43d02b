#include "storage/sqlite_database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr int kBusyTimeoutMs = 5000;
// Of pages, in KiB: enough for the changed pages of a full ingest queue's commit to stay in memory
// where commits are small, and small enough not to matter beside the agents' sessions.
constexpr int kCacheKiB = 16 << 10;

bool IsOutOfSpace(int error_number) {
  return error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG;
}

int Bind(sqlite3_stmt* statement, int index, const SqlValue& value, bool copy) {
  const sqlite3_destructor_type life = copy ? SQLITE_TRANSIENT : SQLITE_STATIC;
  if (const auto* integer = std::get_if<int64_t>(&value)) {
    return sqlite3_bind_int64(statement, index, *integer);
  }
  if (const auto* real = std::get_if<double>(&value)) {
    return sqlite3_bind_double(statement, index, *real);
  }
  // A null pointer would bind NULL: an empty view need not have another.
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    return sqlite3_bind_text64(statement, index, text->empty() ? "" : text->data(), text->size(),
                               life, SQLITE_UTF8);
  }
  if (const auto* blob = std::get_if<Blob>(&value)) {
    const std::string_view bytes = blob->bytes;
    return sqlite3_bind_blob64(statement, index, bytes.empty() ? "" : bytes.data(), bytes.size(),
                               life);
  }
  return sqlite3_bind_null(statement, index);
}

}  // namespace

SqlValue ToSqlValue(absl::Time time) {
  if (time == absl::InfinitePast()) return nullptr;
  return absl::ToUnixNanos(time);
}

Query::Query(Database* db, std::string_view sql, std::span<const SqlValue> values, bool copy_values)
    : db_(db) {
  auto it = db->idle_.find(sql);
  if (it == db->idle_.end()) it = db->idle_.try_emplace(std::string(sql)).first;
  home_ = &it->second;
  int code = SQLITE_OK;
  if (home_->empty()) {
    code = sqlite3_prepare_v3(db->db_, sql.data(), static_cast<int>(sql.size()),
                              SQLITE_PREPARE_PERSISTENT, &statement_, nullptr);
  } else {
    statement_ = home_->back();
    home_->pop_back();
  }
  for (size_t i = 0; code == SQLITE_OK && i < values.size(); ++i) {
    code = Bind(statement_, static_cast<int>(i) + 1, values[i], copy_values);
  }
  if (code != SQLITE_OK) status_ = db->Error(code, sql);
}

Query::Query(Query&& other) noexcept
    : db_(other.db_),
      home_(other.home_),
      statement_(std::exchange(other.statement_, nullptr)),
      status_(std::move(other.status_)) {}

Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  home_->push_back(statement_);
}

bool Query::Next() {
  if (!status_.ok()) return false;
  errno = 0;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) status_ = db_->Error(code, sqlite3_sql(statement_));
  return false;
}

int64_t Query::Int(int column) const { return sqlite3_column_int64(statement_, column); }

double Query::Real(int column) const { return sqlite3_column_double(statement_, column); }

std::string_view Query::Bytes(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  const int size = sqlite3_column_bytes(statement_, column);
  return data == nullptr ? std::string_view() : std::string_view(data, static_cast<size_t>(size));
}

absl::Time Query::Time(int column) const {
  return IsNull(column) ? absl::InfinitePast() : absl::FromUnixNanos(Int(column));
}

bool Query::IsNull(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const std::string& path) {
  // SQLite would create it readable by everybody; the log beside it takes the file's mode.
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return ErrnoError(errno, "opening the database " + path);
  close(fd);
  std::unique_ptr<Database> db(new Database(path));
  const int code =
      sqlite3_open_v2(path.c_str(), &db->db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (code != SQLITE_OK) return db->Error(code, "opening");
  sqlite3_extended_result_codes(db->db_, 1);
  sqlite3_busy_timeout(db->db_, kBusyTimeoutMs);
  BF_RETURN_IF_ERROR(db->CheckOwner());
  BF_RETURN_IF_ERROR(db->Configure());
  return db;
}

absl::Status Database::CheckOwner() {
  BF_ASSIGN_OR_RETURN(const int64_t owner, Number("PRAGMA application_id"));
  if (owner == kApplicationId) return absl::OkStatus();
  BF_ASSIGN_OR_RETURN(const int64_t tables, Number("SELECT count(*) FROM sqlite_schema"));
  if (owner == 0 && tables == 0) return absl::OkStatus();  // new
  return absl::FailedPreconditionError(absl::StrFormat(
      "%s is a database of another program; move it away or choose another data directory", path_));
}

absl::Status Database::Configure() {
  BF_RETURN_IF_ERROR(
      Script(absl::StrFormat("PRAGMA page_size = 4096; PRAGMA journal_mode = WAL;"
                             "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                             "PRAGMA temp_store = MEMORY; PRAGMA secure_delete = OFF;"
                             "PRAGMA cache_size = -%d;",
                             kCacheKiB)));
  Query mode = Select("PRAGMA journal_mode");
  if (!mode.Next() || mode.Text(0) != "wal") {
    BF_RETURN_IF_ERROR(mode.status());
    return absl::FailedPreconditionError(absl::StrFormat(
        "%s: its file system cannot hold a write-ahead log (shared memory is missing); use a local "
        "one",
        path_));
  }
  // Replaces the automatic checkpoint, which would run inside whichever commit comes next.
  sqlite3_wal_hook(db_, &Database::OnCommit, this);
  return absl::OkStatus();
}

Database::~Database() {
  for (const auto& [sql, statements] : idle_) {
    for (sqlite3_stmt* statement : statements) sqlite3_finalize(statement);
  }
  sqlite3_close(db_);
}

int Database::OnCommit(void* self, sqlite3* /*db*/, const char* /*name*/, int pages) {
  static_cast<Database*>(self)->wal_pages_ = static_cast<uint64_t>(pages);
  return SQLITE_OK;
}

absl::Status Database::Script(const std::string& sql) {
  errno = 0;
  const int code = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : Error(code, sql);
}

absl::Status Database::RunWith(std::string_view sql, std::span<const SqlValue> values) {
  Query query(this, sql, values, false);
  query.Next();
  return query.status();
}

int64_t Database::last_insert_id() const { return sqlite3_last_insert_rowid(db_); }
int64_t Database::rows_changed() const { return sqlite3_changes64(db_); }
bool Database::in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }

absl::Status Database::Begin() { return Run("BEGIN IMMEDIATE"); }

absl::Status Database::Commit() {
  absl::Status status = Run("COMMIT");
  if (!status.ok()) Rollback();
  return status;
}

void Database::Rollback() {
  if (in_transaction()) sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
}

absl::Status Database::Checkpoint() {
  int pages = 0;
  int moved = 0;
  errno = 0;
  const int code =
      sqlite3_wal_checkpoint_v2(db_, nullptr, SQLITE_CHECKPOINT_PASSIVE, &pages, &moved);
  if (code != SQLITE_OK) return Error(code, "moving the log into the file");
  if (pages >= 0 && pages == moved) wal_pages_ = 0;  // the next commit begins the log anew
  return absl::OkStatus();
}

absl::Status Database::Error(int code, std::string_view doing) const {
  // sqlite3_system_errno is not set by a failed commit, so the callers clear errno instead.
  const int error_number = errno;
  const int primary = code & 0xff;
  const char* const what = db_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(db_);
  if (primary == SQLITE_FULL || (primary == SQLITE_IOERR && IsOutOfSpace(error_number))) {
    return absl::ResourceExhaustedError(absl::StrFormat(
        "no space left to write %s: free some on its file system; what was acknowledged before is "
        "safe, and work goes on as soon as there is space",
        path_));
  }
  if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB) {
    return absl::DataLossError(absl::StrFormat(
        "%s is damaged (%s): restore it from a backup, or salvage it with `sqlite3 FILE .recover`",
        path_, what));
  }
  if (primary == SQLITE_READONLY || primary == SQLITE_CANTOPEN || primary == SQLITE_PERM) {
    return absl::PermissionDeniedError(absl::StrFormat(
        "%s cannot be written (%s): its directory must be writable by this user", path_, what));
  }
  if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED) {
    return absl::UnavailableError(
        absl::StrFormat("%s is locked by another program (%s)", path_, what));
  }
  if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY) {
    return absl::AlreadyExistsError(absl::StrFormat("%s (%s)", what, doing));
  }
  if (primary == SQLITE_CONSTRAINT) {
    return absl::InvalidArgumentError(absl::StrFormat("%s (%s)", what, doing));
  }
  return absl::InternalError(
      absl::StrFormat("%s: %s, code %d, errno %d (%s)", path_, what, code, error_number, doing));
}

}  // namespace benchfleet
