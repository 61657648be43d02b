// How fast the store answers for the history of one series, beside a bare query.
//
//   bench-history [QUERIES [DIRECTORY]]       (400, the temporary directory)
//
// 1,000 series of 1,000 runs each, a million points in time order, as a fleet would make them. In
// turn: Store::History of a series; the bare query for the same columns, read and not kept, from a
// covering index in a file of its own; and a bare query for the time and the median alone. Warm;
// medians over the queries, each of another series. Then 10,000 series with 100 runs each, which is
// what a check of a large job reads: the newest 50 points of each, as the control port's reader
// does. The exit code says whether the targets hold: three times the bare query; 5 seconds.
#include <sqlite3.h>
#include <stdlib.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "coordinator/history_reader.h"
#include "storage/sqlite_store.h"
#include "tests/bench/ingest_peers.h"

namespace benchfleet::bench {
namespace {

constexpr int kSeries = 1000;
constexpr int kRuns = 1000;
constexpr double kTargetRatio = 3;
constexpr int kManySeries = 10'000;
constexpr int kFewRuns = 100;
constexpr uint32_t kNewest = 50;
constexpr double kTargetSeconds = 5;

void Execute(sqlite3* db, const std::string& sql) {
  if (sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    Fail(sqlite3_errmsg(db));
  }
}

sqlite3* OpenFile(const std::string& path) {
  sqlite3* db = nullptr;
  if (sqlite3_open(path.c_str(), &db) != SQLITE_OK) Fail("cannot open " + path);
  Execute(db, "PRAGMA synchronous = OFF");
  return db;
}

// Rows 0 to `count` - 1 of a column n.
std::string Numbers(int64_t count) {
  return absl::StrFormat(
      "WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < %d) ",
      count);
}

void FillStore(const std::string& directory, int series, int runs) {
  if (auto store = OpenSqliteStore(directory); !store.ok()) Fail(Message(store.status()));
  sqlite3* const db = OpenFile(SqliteFile(directory));
  Execute(db, Numbers(series) +
                  "INSERT INTO cell SELECT n + 1, 'crypto.sha256', '{\"size\":\"' || n || '\"}' "
                  "FROM number");
  Execute(db, Numbers(series) +
                  "INSERT INTO series SELECT n + 1, n + 1, 'latency', 'ns', 'identity', 1 "
                  "FROM number");
  Execute(db, Numbers(int64_t{series} * runs) +
                  absl::StrFormat(
                      "INSERT INTO history SELECT n %% %d + 1, 1800000000000000000 + n * 1000000, "
                      "n + 1, n / 5000 + 1, printf('%%040x', n / 5000), 'host-' || n %% 7, "
                      "printf('%%064x', n / 100000), 30, 1.1e6, 1.4e6, 1.2e6 + n %% 977, 2.4e4, "
                      "1.2e6 + n %% 991, 1.25e6, 1.3e6, 0 FROM number",
                      series));
  sqlite3_close(db);
}

void FillBare(const std::string& path, const std::string& store_file) {
  sqlite3* const db = OpenFile(path);
  Execute(db, "ATTACH '" + store_file + "' AS store");
  Execute(db, "CREATE TABLE wide AS SELECT * FROM store.history ORDER BY at_ns");
  Execute(db,
          "CREATE INDEX wide_history ON wide (series, at_ns, run, job, revision, host, "
          "state_digest, count, min, max, mean, stddev, median, p95, p99, aggregate_only)");
  Execute(db, "CREATE TABLE narrow AS SELECT series, at_ns, median FROM store.history");
  Execute(db, "CREATE INDEX narrow_history ON narrow (series, at_ns, median)");
  sqlite3_close(db);
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Reads every column of every row and keeps none.
double BareQueryMs(sqlite3_stmt* query, int series) {
  const Stopwatch watch;
  sqlite3_bind_int(query, 1, series + 1);
  const int columns = sqlite3_column_count(query);
  int rows = 0;
  uint64_t bytes = 0;
  for (; sqlite3_step(query) == SQLITE_ROW; ++rows) {
    for (int column = 0; column < columns; ++column) {
      if (sqlite3_column_type(query, column) == SQLITE_TEXT) {
        bytes += sqlite3_column_text(query, column)[0];
      } else {
        bytes += sqlite3_column_double(query, column) > 0;
      }
    }
  }
  sqlite3_reset(query);
  Figures figures;
  watch.Stop(&figures);
  if (rows != kRuns || bytes == 0) Fail("the bare query found too little");
  return figures.wall_s * 1e3;
}

double StoreQueryMs(Store& store, int series) {
  const SeriesKey key{
      "crypto.sha256", {{"size", std::to_string(series)}}, "latency", "ns", "identity"};
  const Stopwatch watch;
  const auto points = store.History(key, kRuns);
  Figures figures;
  watch.Stop(&figures);
  if (!points.ok() || points->size() != kRuns) Fail("the store's history is not whole");
  return figures.wall_s * 1e3;
}

class BareQuery {
 public:
  BareQuery(const std::string& path, const char* sql) : db_(OpenFile(path)) {
    if (sqlite3_prepare_v2(db_, sql, -1, &query_, nullptr) != SQLITE_OK) Fail(sqlite3_errmsg(db_));
  }
  ~BareQuery() {
    sqlite3_finalize(query_);
    sqlite3_close(db_);
  }
  void Measure(int series) { ms_.push_back(BareQueryMs(query_, series)); }
  double MedianMs() const { return Median(ms_); }

 private:
  sqlite3* const db_;
  sqlite3_stmt* query_ = nullptr;
  std::vector<double> ms_;
};

// True when the target holds.
bool Run(const std::string& directory, int queries) {
  const std::string bare_file = directory + "/bare.sqlite";
  FillStore(directory, kSeries, kRuns);
  FillBare(bare_file, SqliteFile(directory));
  auto store = OpenSqliteStore(directory);
  if (!store.ok()) Fail(Message(store.status()));
  BareQuery narrow(bare_file,
                   "SELECT at_ns, median FROM narrow WHERE series = ? ORDER BY at_ns DESC");
  BareQuery wide(bare_file,
                 "SELECT run, job, at_ns, revision, host, state_digest, count, min, max, mean, "
                 "stddev, median, p95, p99, aggregate_only FROM wide WHERE series = ? "
                 "ORDER BY at_ns DESC, run DESC");
  std::vector<double> store_ms;
  for (int i = 0; i < queries; ++i) {
    const int series = i * 7 % kSeries;
    narrow.Measure(series);
    wide.Measure(series);
    store_ms.push_back(StoreQueryMs(**store, series));
  }
  const double ratio = Median(store_ms) / wide.MedianMs();
  std::printf("%d points; 1,000 points of one of %d series, %d queries; the store's file %.0f MB\n",
              kSeries * kRuns, kSeries, queries,
              static_cast<double>(FileBytes(SqliteFile(directory))) * 1e-6);
  std::printf("  bare query, two columns   %8.3f ms\n", narrow.MedianMs());
  std::printf("  bare query, all columns   %8.3f ms\n", wide.MedianMs());
  std::printf("  Store::History            %8.3f ms\n", Median(store_ms));
  std::printf("target: at most %.0f times the bare query for all columns: %.2f, %s\n", kTargetRatio,
              ratio, ratio <= kTargetRatio ? "holds" : "MISSED");
  return ratio <= kTargetRatio;
}

// Reads the newest points of every series in pieces. True when the target holds.
bool RunMany(const std::string& directory) {
  FillStore(directory, kManySeries, kFewRuns);
  auto store = OpenSqliteStore(directory);
  if (!store.ok()) Fail(Message(store.status()));
  const Stopwatch watch;
  HistoryReader reader({{}, kNewest});
  size_t points = 0;
  for (size_t before = 1; before != points;) {
    before = points;
    std::vector<SeriesHistory> pieces;
    const absl::Status status = reader.Next(**store, &pieces);
    if (!status.ok()) Fail(Message(status));
    for (const SeriesHistory& piece : pieces) points += piece.points.size();
  }
  Figures figures;
  watch.Stop(&figures);
  if (points != size_t{kManySeries} * kNewest) Fail("not every point was read");
  std::printf("the newest %u points of each of %d series: %.2f s\n", kNewest, kManySeries,
              figures.wall_s);
  std::printf("target: at most %.0f s: %s\n", kTargetSeconds,
              figures.wall_s <= kTargetSeconds ? "holds" : "MISSED");
  return figures.wall_s <= kTargetSeconds;
}

int Main(int argc, char** argv) {
  const int queries = argc > 1 ? std::atoi(argv[1]) : 400;
  std::string directory = (argc > 2 ? argv[2] : std::filesystem::temp_directory_path().string()) +
                          "/bench-history-XXXXXX";
  if (argc > 3 || queries < 1) Fail("usage: bench-history [QUERIES [DIRECTORY]]");
  if (mkdtemp(directory.data()) == nullptr) Fail("no directory");
  for (const char* part : {"/one", "/many"}) std::filesystem::create_directory(directory + part);
  const bool one_held = Run(directory + "/one", queries);
  const bool held = RunMany(directory + "/many") && one_held;
  std::filesystem::remove_all(directory);
  return held ? 0 : 1;
}

}  // namespace
}  // namespace benchfleet::bench

int main(int argc, char** argv) { return benchfleet::bench::Main(argc, argv); }
