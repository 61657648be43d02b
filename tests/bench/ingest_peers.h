// What bench-ingest compares the store's ingest against: the same samples written in other ways.
// Each writer begins in an empty directory, makes one durable commit after the other, and is timed
// from the first to the last; what it leaves behind is measured after it has closed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proto/model.h"

namespace benchfleet::bench {

// Synthetic timings: about 1.2 ms with 2 % Gaussian noise and 1 % outliers, packed beforehand, as
// they arrive from agents.
struct Samples {
  std::vector<std::vector<int64_t>> values;  // of each chunk
  std::vector<SampleChunk> chunks;           // of limits::kSamplesPerChunk
  size_t chunks_per_commit = 16;             // 65,536 samples

  uint64_t count() const;
  uint64_t payload_bytes() const;
};
Samples MakeSamples(uint64_t count, uint64_t seed);

struct Figures {
  double wall_s = 0;
  double cpu_s = 0;  // user and system, of this process
  uint64_t samples = 0;
  uint64_t file_bytes = 0;
  std::vector<double> commit_ms;  // of each commit, where it is ours to make
  std::string skipped;            // why nothing was measured
};

// Wall and processor time since construction.
class Stopwatch {
 public:
  Stopwatch();
  void Stop(Figures* figures) const;
  double ElapsedMs() const;

 private:
  int64_t wall_ns_;
  int64_t cpu_ns_;
};

[[noreturn]] void Fail(const std::string& message);
uint64_t FileBytes(const std::string& path);

// One write() and one fdatasync() for each commit.
Figures AppendRaw(const Samples& samples, const std::string& directory);
// One table of packed chunks in WAL mode with synchronous=FULL, nothing else; the log is moved into
// the file at the same size as the store's.
Figures WriteBareChunks(const Samples& samples, const std::string& directory);
// One row for each sample in a rowid table, the same settings. Writes the first `limit` samples.
Figures WriteRows(const Samples& samples, const std::string& directory, uint64_t limit);
// COPY from text into a table of one row for each sample, by a server of its own in `directory`,
// fsync on. Skipped where PostgreSQL's programs are missing.
Figures CopyToPostgres(const Samples& samples, const std::string& directory, uint64_t limit);

}  // namespace benchfleet::bench
