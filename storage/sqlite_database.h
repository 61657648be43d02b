// A thin cover over one SQLite connection: statements with typed arguments, transactions, and
// every failure as a Status whose message names the file and the remedy.
//
// Life cycle: 1. Open; 2. Select and Run, prepared once for each SQL text and kept; 3. destruction
// finalises and closes. One thread at a time. Errors: kResourceExhausted when the disk is full (or
// a quota or file size limit is reached), kDataLoss when the file is damaged, kPermissionDenied
// when it cannot be written, kUnavailable when another process keeps it locked, kAlreadyExists for
// a broken UNIQUE or PRIMARY KEY, kInvalidArgument for any other broken constraint.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/ids.h"

struct sqlite3;
struct sqlite3_stmt;

namespace benchfleet {

// Bytes that are no text. Refers to memory of the caller.
struct Blob {
  std::string_view bytes;
};

// What a `?` of a statement may be given.
using SqlValue = std::variant<std::nullptr_t, int64_t, double, std::string_view, Blob>;

inline SqlValue ToSqlValue(std::nullptr_t) { return nullptr; }
inline SqlValue ToSqlValue(double value) { return value; }
inline SqlValue ToSqlValue(std::string_view text) { return text; }
inline SqlValue ToSqlValue(const std::string& text) { return std::string_view(text); }
inline SqlValue ToSqlValue(Blob blob) { return blob; }
// Unix nanoseconds; NULL for InfinitePast, which is "not yet".
SqlValue ToSqlValue(absl::Time time);
// Integers, booleans and enumerations; unsigned 64-bit values are below 2^63 by their bounds.
template <typename T>
requires(std::is_integral_v<T> || std::is_enum_v<T>) SqlValue ToSqlValue(T value) {
  return static_cast<int64_t>(value);
}
template <typename Tag>
SqlValue ToSqlValue(Id<Tag> id) {
  return static_cast<int64_t>(id.value);
}

class Database;

// The rows of one SELECT, front to back:
//   Query rows = db.Select("SELECT a FROM t WHERE b = ?", 5);
//   while (rows.Next()) Use(rows.Int(0));
//   BF_RETURN_IF_ERROR(rows.status());
// Owned by the caller; ends before its Database does.
class Query {
 public:
  ~Query();
  Query(Query&& other) noexcept;
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  Query& operator=(Query&&) = delete;

  // Moves to the next row; false at the end and on an error, which status() tells apart.
  bool Next();
  const absl::Status& status() const { return status_; }

  // Columns of the row, from 0. NULL reads as 0, "" or InfinitePast.
  int64_t Int(int column) const;
  uint64_t Unsigned(int column) const { return static_cast<uint64_t>(Int(column)); }
  uint32_t Small(int column) const { return static_cast<uint32_t>(Int(column)); }
  double Real(int column) const;
  std::string Text(int column) const { return std::string(Bytes(column)); }
  std::string_view Bytes(int column) const;  // until the next call of Next
  absl::Time Time(int column) const;
  bool IsNull(int column) const;

 private:
  friend class Database;
  Query(Database* db, std::string_view sql, std::span<const SqlValue> values, bool copy_values);

  Database* db_;
  std::vector<sqlite3_stmt*>* home_ = nullptr;  // where the statement goes back to
  sqlite3_stmt* statement_ = nullptr;
  absl::Status status_;
};

class Database {
 public:
  static constexpr int kApplicationId = 0x42464c54;  // "BFLT", in the file's header

  // Opens or creates (0600) the file at `path` and sets what every connection needs: WAL,
  // synchronous=FULL, foreign keys, no automatic checkpoint. Error: kFailedPrecondition for a
  // database of another program, which is left as it is.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  const std::string& path() const { return path_; }

  // Several statements without arguments or results.
  absl::Status Script(const std::string& sql);

  // `args` are copied.
  template <typename... Args>
  Query Select(std::string_view sql, const Args&... args) {
    const SqlValue values[] = {ToSqlValue(args)..., nullptr};
    return Query(this, sql, {values, sizeof...(args)}, true);
  }

  Query SelectWith(std::string_view sql, std::span<const SqlValue> values) {
    return Query(this, sql, values, true);
  }

  // The first column of the first row; 0 when there is none.
  template <typename... Args>
  absl::StatusOr<int64_t> Number(std::string_view sql, const Args&... args) {
    Query query = Select(sql, args...);
    const int64_t value = query.Next() ? query.Int(0) : 0;
    if (!query.status().ok()) return query.status();
    return value;
  }

  // Runs a statement that gives no rows.
  template <typename... Args>
  absl::Status Run(std::string_view sql, const Args&... args) {
    const SqlValue values[] = {ToSqlValue(args)..., nullptr};
    return RunWith(sql, {values, sizeof...(args)});
  }

  int64_t last_insert_id() const;
  int64_t rows_changed() const;  // by the last INSERT, UPDATE or DELETE

  // A transaction is begun, and ended by Commit or Rollback. After a failed Commit nothing of it
  // is stored and none is open. SQLite ends a transaction by itself when, say, the disk is full
  // in the middle of it.
  absl::Status Begin();
  absl::Status Commit();
  void Rollback();
  bool in_transaction() const;

  // Pages in the write-ahead log after the last commit; they shrink with a checkpoint.
  uint64_t wal_pages() const { return wal_pages_; }
  // Moves what is in the log into the file, as far as readers allow, without waiting for them.
  absl::Status Checkpoint();

  // A SQLite error code as a Status; `errno` is what the failed call left.
  absl::Status Error(int code, std::string_view doing) const;

 private:
  friend class Query;
  explicit Database(std::string path) : path_(std::move(path)) {}
  absl::Status CheckOwner();
  absl::Status Configure();
  absl::Status RunWith(std::string_view sql, std::span<const SqlValue> values);
  static int OnCommit(void* self, sqlite3* db, const char* name, int pages);

  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  std::string path_;
  sqlite3* db_ = nullptr;
  uint64_t wal_pages_ = 0;
  // Prepared statements that nobody uses at the moment, by SQL text.
  std::unordered_map<std::string, std::vector<sqlite3_stmt*>, TextHash, std::equal_to<>> idle_;
};

}  // namespace benchfleet
