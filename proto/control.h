// What the coordinator tells people about jobs, hosts and results, as plain values.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "proto/model.h"

namespace benchfleet {

struct PlannedRun {
  std::string host;
  std::string workload;
  StringMap parameters;
  uint32_t repetition = 0;
  double expected_seconds = 0;           // 0: never seen before
  bool host_away = false;                // or one of its members
  std::vector<TaskMember> members = {};  // of a task on several hosts; `host` is the first client
};

// What submitting a job makes, or would make.
struct Plan {
  JobId job;                     // 0 on a dry run
  std::vector<PlannedRun> runs;  // in order; on a dry run only
  uint64_t total_runs = 0;
  uint64_t total_tasks = 0;
  double expected_seconds = 0;  // hosts work side by side: the longest host's sum
  uint64_t runs_without_estimate = 0;
  uint64_t seed = 0;
};

struct HostProgress {
  std::string host;
  bool connected = false;
  uint64_t runs = 0;
  uint64_t runs_done = 0;
  uint64_t runs_failed = 0;
  uint64_t samples = 0;
  std::string now;  // what it runs, or why it waits
};

struct JobStatus {
  JobId job;
  std::string name;
  std::string revision;
  State state = State::kUnspecified;
  std::string message;
  absl::Time created_at = absl::InfinitePast();  // InfinitePast: not yet
  absl::Time started_at = absl::InfinitePast();
  absl::Time finished_at = absl::InfinitePast();
  uint64_t tasks = 0;
  uint64_t tasks_done = 0;
  uint64_t tasks_failed = 0;
  uint64_t runs = 0;
  uint64_t runs_done = 0;
  uint64_t samples = 0;
  std::vector<HostProgress> hosts;
  std::string submitted_by;
  int32_t priority = 0;
};

struct FieldChange {
  std::string name;
  std::string before;
  std::string after;
};

struct StateChange {
  absl::Time at;
  std::vector<FieldChange> fields;
};

struct HostStatus {
  std::string name;
  StringMap labels;
  bool connected = false;
  absl::Time first_seen = absl::InfinitePast();
  absl::Time last_seen = absl::InfinitePast();
  std::string agent_version;
  HostFingerprint fingerprint;
  std::vector<WorkloadDescription> workloads;
  std::string doing;
  uint64_t spool_bytes = 0;
  std::vector<StateChange> state_changes;  // newest first
};

// Of the samples that count (warm-up left out), per operation.
struct MetricSummary {
  std::string metric;
  uint64_t count = 0;
  double min = 0;
  double max = 0;
  double mean = 0;
  double stddev = 0;  // n - 1; 0 for one sample
  double median = 0;
  double p95 = 0;
  double p99 = 0;
  bool aggregate_only = false;  // imported without raw samples
  bool operator==(const MetricSummary&) const = default;
};

struct RunResult {
  RunId run;
  TaskId task;
  std::string host;
  std::string workload;
  StringMap parameters;
  uint32_t repetition = 0;
  uint32_t attempt = 0;
  State state = State::kUnspecified;
  RunFinished finished;
  std::vector<Metric> metrics;
  std::vector<MetricSummary> summaries;
  std::string role = {};                 // of a task on several hosts
  std::vector<TaskMember> members = {};  // all of them, this host included
};

struct JobResult {
  JobStatus status;
  JobSpec spec;
  std::vector<HostStatus> hosts;
  std::string source;  // of imported results: the file or tool
};

struct RunChunks {
  RunId run;
  std::vector<SampleChunk> chunks;
};

using ResultPiece = std::variant<JobResult, RunResult, RunChunks>;

}  // namespace benchfleet
