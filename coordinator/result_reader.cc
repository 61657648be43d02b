#include "coordinator/result_reader.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr uint32_t kRunsAtOnce = 16;

size_t ApproximateBytes(const RunResult& run) {
  return 1024 + run.finished.stdout_tail.size() + run.finished.stderr_tail.size() +
         run.finished.message.size() + run.summaries.size() * 100;
}

}  // namespace

JobStatus ToStatus(const JobOverview& overview) {
  JobStatus status;
  const StoredJob& job = overview.job;
  status.job = job.id;
  status.name = job.spec.name;
  status.revision = job.spec.revision;
  status.state = job.state;
  status.message = job.message;
  status.created_at = job.created_at;
  status.started_at = job.started_at;
  status.finished_at = job.finished_at;
  status.submitted_by = job.submitted_by;
  status.priority = job.spec.priority;
  status.tasks = overview.tasks;
  status.tasks_done = overview.tasks_done;
  status.tasks_failed = overview.tasks_failed;
  status.runs = overview.tasks * job.spec.runs;
  status.runs_done = overview.runs_done;
  status.samples = overview.samples;
  return status;
}

HostStatus ToStatus(const StoredHost& host) {
  HostStatus status;
  status.name = host.name;
  status.labels = host.labels;
  status.first_seen = host.first_seen;
  status.last_seen = host.last_seen;
  status.agent_version = host.agent_version;
  status.fingerprint = host.fingerprint;
  status.workloads = host.workloads;
  return status;
}

absl::Status ResultReader::ReadJob(Store& store, std::vector<ResultPiece>* pieces) {
  BF_ASSIGN_OR_RETURN(const JobOverview overview, store.Job(job_));
  JobResult result;
  result.status = ToStatus(overview);
  result.spec = overview.job.spec;
  result.source = overview.job.source;
  BF_ASSIGN_OR_RETURN(const std::vector<StoredHost> hosts, store.JobHosts(job_));
  for (const StoredHost& host : hosts) {
    HostStatus status = ToStatus(host);
    status.workloads.clear();
    // An imported host has no history here, whatever a host of the fleet by the same name has.
    if (result.source.empty()) {
      BF_ASSIGN_OR_RETURN(status.state_changes, store.StateChanges(host.name, kStateChangesShown));
    }
    result.hosts.push_back(std::move(status));
  }
  pieces->push_back(std::move(result));
  return absl::OkStatus();
}

absl::Status ResultReader::Next(Store& store, std::vector<ResultPiece>* pieces) {
  if (!job_read_) {
    job_read_ = true;
    return ReadJob(store, pieces);
  }
  size_t bytes = 0;
  while (bytes < limits::kMaxResultPieceBytes) {
    if (chunks_of_) {
      RunChunks chunks{chunks_of_, {}};
      BF_ASSIGN_OR_RETURN(chunks.chunks, store.Chunks(chunks_of_, &position_,
                                                      limits::kMaxResultPieceBytes - bytes));
      if (chunks.chunks.empty()) {
        chunks_of_ = RunId();
        continue;
      }
      for (const SampleChunk& chunk : chunks.chunks) bytes += chunk.payload.size() + 64;
      pieces->push_back(std::move(chunks));
      continue;
    }
    if (runs_.empty()) {
      BF_ASSIGN_OR_RETURN(runs_, store.Runs(job_, last_run_, kRunsAtOnce));
      if (runs_.empty()) return absl::OkStatus();
      last_run_ = runs_.back().run;
      std::reverse(runs_.begin(), runs_.end());
    }
    RunResult run = std::move(runs_.back());
    runs_.pop_back();
    bytes += ApproximateBytes(run);
    if (!without_samples_) chunks_of_ = run.run;
    position_ = 0;
    pieces->push_back(std::move(run));
  }
  return absl::OkStatus();
}

}  // namespace benchfleet
