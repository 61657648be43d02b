// The agent's durable memory: records on their way to the coordinator, in order, and which runs
// this agent has taken on. It is what makes a run survive a lost connection and be accounted for
// after a crash of the agent.
//
//   Append -> pending --Commit--> durable --sent, acked, Trim--> gone
//
// Sequences begin at 1 for every spool id and have no gaps. Only what is durable may be sent.
//
// Life cycle: 1. opened (OpenSqliteSpool) or made (MemorySpool); 2. all calls from one thread; 3.
// destruction forgets what is pending. Errors: kResourceExhausted when the disk is full, kDataLoss
// when the file is damaged; a failed call changes nothing and may be repeated.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/model.h"

namespace benchfleet {

using SampleCounts = std::map<std::string, uint64_t>;  // by metric, warm-up included

// A run that was assigned here and whose end is not acked.
struct SpooledRun {
  RunId run;
  uint64_t finished_sequence = 0;  // of its RunFinished; 0: it has none
  SampleCounts samples;            // that were appended
  bool operator==(const SpooledRun&) const = default;
};

// Implemented by SqliteSpool (sqlite3 behind it, spool.cc) and MemorySpool (memory_spool.h).
class Spool {
 public:
  virtual ~Spool() = default;

  // 32 hex digits, drawn with the spool.
  virtual std::string id() const = 0;
  virtual uint64_t trimmed_sequence() const = 0;  // everything up to here is gone; 0 at first
  virtual uint64_t durable_sequence() const = 0;
  virtual uint64_t last_sequence() const = 0;  // pending ones included
  // Of all records held, pending ones included: what is compared with the limit.
  virtual uint64_t bytes() const = 0;

  // Adds a record as pending and returns its sequence. A SampleChunk counts for its run; a
  // RunFinished marks it as finished.
  virtual uint64_t Append(const Record& record) = 0;
  // Makes everything pending durable, in one transaction (synchronous=FULL). On error it stays
  // pending.
  virtual absl::Status Commit() = 0;
  // Commits, together with the word that this agent takes on `run`. Called before the run is
  // started.
  virtual absl::Status Assign(RunId run) = 0;

  // After an error: whether a run could be taken on, with some room to spare, so that what is
  // called usable again does not fail at the next write.
  virtual absl::Status CheckRoom() = 0;

  // Durable records from sequence `first` on: at least one if there is any, then as many as keep
  // the sum of their sizes within `max_bytes`.
  virtual absl::StatusOr<std::vector<Record>> Read(uint64_t first, size_t max_bytes) = 0;
  // Forgets the records up to `through` (at most durable_sequence()), and runs whose end is among
  // them. Need not be durable itself: what comes back is sent again, and harmless.
  virtual absl::Status Trim(uint64_t through) = 0;

  // Assigned and not acked, in order of RunId; durable state and pending records taken together.
  virtual std::vector<SpooledRun> Runs() const = 0;

  // Draws a new id and numbers the records that are held from 1: for a coordinator that cannot take
  // them under the old numbers. Commits.
  virtual absl::Status Renew() = 0;
  // Puts everything away where a person may find it, and begins an empty spool: for records that
  // belong to another coordinator.
  virtual absl::Status SetAside(const std::string& why) = 0;

  // Small things that the session remembers over a restart: "coordinator", "host_salt". "" if
  // unset.
  virtual std::string Note(const std::string& name) const = 0;
  virtual absl::Status SetNote(const std::string& name, const std::string& value) = 0;
};

// What became of the spool's file when it was opened.
struct SpoolOpening {
  std::unique_ptr<Spool> spool;
  // Not empty: the file was damaged and was moved here; records in it that were not acked are lost
  // to the coordinator.
  std::string moved_damaged_file_to;
};

// Opens or creates DIRECTORY/spool.db; the directory must exist. Errors: kFailedPrecondition when
// another agent has it open or a newer version wrote it; disk and permission errors.
absl::StatusOr<SpoolOpening> OpenSqliteSpool(const std::string& directory);

}  // namespace benchfleet
