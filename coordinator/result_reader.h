// Reads a job's results out of the store in pieces of bounded size, so that ingest goes on in
// between.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "proto/control.h"
#include "storage/store.h"

namespace benchfleet {

// `overview` as watchers and lists show it.
JobStatus ToStatus(const JobOverview& overview);
// A host that is not connected; who knows more adds it.
HostStatus ToStatus(const StoredHost& host);

// Of the newest changes of a host's state, so many are told.
inline constexpr uint32_t kStateChangesShown = 20;

// One reader per answer; called on the storage thread, in order.
class ResultReader {
 public:
  ResultReader(JobId job, bool without_samples) : job_(job), without_samples_(without_samples) {}

  // Appends the next pieces, together about limits::kMaxResultPieceBytes; none are left when it
  // appends nothing. kNotFound: no such job.
  absl::Status Next(Store& store, std::vector<ResultPiece>* pieces);

 private:
  absl::Status ReadJob(Store& store, std::vector<ResultPiece>* pieces);

  const JobId job_;
  const bool without_samples_;
  bool job_read_ = false;
  RunId last_run_;               // read
  std::vector<RunResult> runs_;  // read, not yet given out; newest last
  RunId chunks_of_;              // whose chunks are being given out
  uint64_t position_ = 0;
};

}  // namespace benchfleet
