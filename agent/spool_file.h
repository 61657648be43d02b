// The spool's file: one SQLite database in WAL mode, held by one connection for itself. All SQL of
// the agent is behind this; sqlite_spool.cc keeps what is pending and decides when to write.
//
//   Open() -> Write, Read, Delete, … -> Close() -> MoveAway() -> Open() …
//
// Single-threaded. Errors: kResourceExhausted when the disk is full, kDataLoss when the file is
// damaged, kFailedPrecondition when another process holds it or a newer version wrote it. What
// fails leaves no trace in the file.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/spool.h"

struct sqlite3;

namespace benchfleet {

struct SpoolContents {
  std::string id;
  uint64_t trimmed = 0;  // the last sequence that was deleted
  uint64_t durable = 0;  // the last sequence
  uint64_t bytes = 0;
  std::vector<SpooledRun> runs;
  std::map<std::string, std::string> notes;
};

class SpoolFile {
 public:
  explicit SpoolFile(std::string path) : path_(std::move(path)) {}
  ~SpoolFile() { Close(); }
  SpoolFile(const SpoolFile&) = delete;
  SpoolFile& operator=(const SpoolFile&) = delete;

  // Opens and checks the file, or creates an empty one with a fresh id. Closed after an error.
  absl::StatusOr<SpoolContents> Open();
  void Close();
  // Renames the closed file to PATH.WHY-RANDOM, which is returned.
  absl::StatusOr<std::string> MoveAway(const std::string& why);

  // One durable transaction: records from sequence `first` on, and the rows of `runs` as they are
  // now.
  absl::Status Write(uint64_t first, const std::vector<std::string>& records,
                     const std::vector<SpooledRun>& runs);
  // Records from `first` on, at least one if there is any, as many as keep within `max_bytes`.
  absl::StatusOr<std::vector<std::string>> Read(uint64_t first, size_t max_bytes);
  // Deletes the records up to `through` and the runs that end there; without a sync of its own.
  // Returns the bytes of the records.
  absl::StatusOr<uint64_t> Delete(uint64_t through);
  // Makes every sequence smaller by `offset`, so that they begin at 1, under a new id.
  absl::Status Renumber(uint64_t offset, const std::string& id);
  absl::Status PutNote(const std::string& name, const std::string& value);
  // Deletes all records, `through` being the last of them, and gives the disk back what they took.
  // Needs less room for itself than many calls of Delete: for when the disk is full.
  absl::Status Clear(uint64_t through);
  // Gives back what a large backlog took, a part at a time; for when the spool is empty.
  absl::Status Shrink();

 private:
  absl::Status Execute(const char* sql);
  template <typename Body>
  absl::Status InTransaction(const Body& body);
  absl::StatusOr<SpoolContents> Connect();
  absl::StatusOr<SpoolContents> Create();
  absl::StatusOr<SpoolContents> Load();
  absl::StatusOr<uint64_t> FreePages();
  absl::Status LoadRuns(SpoolContents* contents);
  absl::Status PutMeta(const std::string& name, const std::string& value);

  const std::string path_;
  sqlite3* db_ = nullptr;
};

}  // namespace benchfleet
