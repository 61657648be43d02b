#include "tests/bench/ingest_peers.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <numbers>
#include <system_error>

#include "base/ids.h"
#include "base/limits.h"
#include "proto/chunk.h"

namespace benchfleet::bench {
namespace {

int64_t ClockNs(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

int64_t Timing(Random& random) {
  const double u = std::max(random.Uniform(), 1e-18);
  const double gauss =
      std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * random.Uniform());
  double value = 1'200'000 * (1 + 0.02 * gauss);
  if (random.Below(100) == 0) value *= 1 + 2 * random.Uniform();
  return static_cast<int64_t>(value);
}

// The bare minimum of SQLite: no cover of ours over it.
class BareSqlite {
 public:
  BareSqlite(const std::string& path, const char* schema, const char* insert) {
    Check(sqlite3_open(path.c_str(), &db_));
    Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384");
    Execute("PRAGMA wal_autocheckpoint = 16384; PRAGMA secure_delete = OFF");
    Execute(schema);
    Check(sqlite3_prepare_v2(db_, insert, -1, &insert_, nullptr));
  }
  ~BareSqlite() {
    sqlite3_finalize(insert_);
    sqlite3_close(db_);
  }

  void Execute(const char* sql) { Check(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr)); }
  sqlite3_stmt* insert() { return insert_; }
  void Insert() {
    if (sqlite3_step(insert_) != SQLITE_DONE) Fail(sqlite3_errmsg(db_));
    sqlite3_reset(insert_);
  }

 private:
  void Check(int code) {
    if (code != SQLITE_OK) Fail(sqlite3_errmsg(db_));
  }
  sqlite3* db_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
};

}  // namespace

void Fail(const std::string& message) {
  std::fprintf(stderr, "benchmark: %s\n", message.c_str());
  std::exit(1);
}

uint64_t FileBytes(const std::string& path) {
  std::error_code error;
  const uintmax_t bytes = std::filesystem::file_size(path, error);
  return error ? 0 : bytes;
}

Stopwatch::Stopwatch()
    : wall_ns_(ClockNs(CLOCK_MONOTONIC)), cpu_ns_(ClockNs(CLOCK_PROCESS_CPUTIME_ID)) {}

void Stopwatch::Stop(Figures* figures) const {
  figures->wall_s = static_cast<double>(ClockNs(CLOCK_MONOTONIC) - wall_ns_) * 1e-9;
  figures->cpu_s = static_cast<double>(ClockNs(CLOCK_PROCESS_CPUTIME_ID) - cpu_ns_) * 1e-9;
}

double Stopwatch::ElapsedMs() const {
  return static_cast<double>(ClockNs(CLOCK_MONOTONIC) - wall_ns_) * 1e-6;
}

uint64_t Samples::count() const { return chunks.size() * limits::kSamplesPerChunk; }

uint64_t Samples::payload_bytes() const {
  uint64_t bytes = 0;
  for (const SampleChunk& chunk : chunks) bytes += chunk.payload.size();
  return bytes;
}

Samples MakeSamples(uint64_t count, uint64_t seed) {
  Random random(seed);
  Samples samples;
  for (uint64_t made = 0; made < count; made += limits::kSamplesPerChunk) {
    std::vector<int64_t> values(limits::kSamplesPerChunk);
    for (int64_t& value : values) value = Timing(random);
    samples.chunks.push_back({"latency", made, limits::kSamplesPerChunk, Encoding::kDeltaVarint,
                              EncodeDeltaVarint(values), 1, false});
    samples.values.push_back(std::move(values));
  }
  return samples;
}

Figures AppendRaw(const Samples& samples, const std::string& directory) {
  const std::string path = directory + "/raw";
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) Fail("cannot write " + path);
  Figures figures;
  figures.samples = samples.count();
  std::string bytes;
  const Stopwatch watch;
  for (size_t i = 0; i < samples.chunks.size();) {
    const Stopwatch commit;
    bytes.clear();
    for (size_t n = 0; n < samples.chunks_per_commit && i < samples.chunks.size(); ++n, ++i) {
      bytes += samples.chunks[i].payload;
    }
    if (write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()) ||
        fdatasync(fd) != 0) {
      Fail("cannot write " + path);
    }
    figures.commit_ms.push_back(commit.ElapsedMs());
  }
  watch.Stop(&figures);
  close(fd);
  figures.file_bytes = FileBytes(path);
  return figures;
}

Figures WriteBareChunks(const Samples& samples, const std::string& directory) {
  const std::string path = directory + "/bare.sqlite";
  Figures figures;
  figures.samples = samples.count();
  {
    BareSqlite db(path,
                  "CREATE TABLE chunk (id INTEGER PRIMARY KEY, run INTEGER NOT NULL, "
                  "first_index INTEGER NOT NULL, count INTEGER NOT NULL, payload BLOB NOT NULL)",
                  "INSERT INTO chunk (run, first_index, count, payload) VALUES (?, ?, ?, ?)");
    const Stopwatch watch;
    for (size_t i = 0; i < samples.chunks.size();) {
      const Stopwatch commit;
      db.Execute("BEGIN");
      for (size_t n = 0; n < samples.chunks_per_commit && i < samples.chunks.size(); ++n, ++i) {
        const SampleChunk& chunk = samples.chunks[i];
        sqlite3_bind_int64(db.insert(), 1, 1);
        sqlite3_bind_int64(db.insert(), 2, static_cast<int64_t>(chunk.first_index));
        sqlite3_bind_int64(db.insert(), 3, chunk.count);
        sqlite3_bind_blob64(db.insert(), 4, chunk.payload.data(), chunk.payload.size(),
                            SQLITE_STATIC);
        db.Insert();
      }
      db.Execute("COMMIT");
      figures.commit_ms.push_back(commit.ElapsedMs());
    }
    watch.Stop(&figures);
  }
  figures.file_bytes = FileBytes(path);
  return figures;
}

Figures WriteRows(const Samples& samples, const std::string& directory, uint64_t limit) {
  const std::string path = directory + "/rows.sqlite";
  Figures figures;
  {
    BareSqlite db(path,
                  "CREATE TABLE sample (run INTEGER NOT NULL, sequence INTEGER NOT NULL, "
                  "value INTEGER NOT NULL)",
                  "INSERT INTO sample (run, sequence, value) VALUES (?, ?, ?)");
    const Stopwatch watch;
    for (size_t i = 0; i < samples.values.size() && figures.samples < limit;) {
      const Stopwatch commit;
      db.Execute("BEGIN");
      for (size_t n = 0; n < samples.chunks_per_commit && i < samples.values.size(); ++n, ++i) {
        for (const int64_t value : samples.values[i]) {
          sqlite3_bind_int64(db.insert(), 1, 1);
          sqlite3_bind_int64(db.insert(), 2, static_cast<int64_t>(figures.samples));
          sqlite3_bind_int64(db.insert(), 3, value);
          db.Insert();
          ++figures.samples;
        }
      }
      db.Execute("COMMIT");
      figures.commit_ms.push_back(commit.ElapsedMs());
    }
    watch.Stop(&figures);
  }
  figures.file_bytes = FileBytes(path);
  return figures;
}

}  // namespace benchfleet::bench
