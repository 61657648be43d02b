// What an agent and the coordinator say to each other, as plain values. docs/protocol.md tells the
// story.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "proto/model.h"

namespace benchfleet {

// Raised whenever an older peer would misunderstand a newer one.
inline constexpr uint32_t kProtocolVersion = 1;

struct Hello {
  uint32_t protocol_version = kProtocolVersion;
  std::string agent_version;
  std::string host;
  StringMap labels;
  HostFingerprint fingerprint;
  std::vector<WorkloadDescription> workloads;
  std::string spool_id;
};

enum class RunPhase { kUnspecified = 0, kStarting = 1, kMeasuring = 2, kFinished = 3 };

struct RunStatus {
  RunId run;
  RunPhase phase = RunPhase::kUnspecified;
  uint64_t samples = 0;
  std::string endpoint = {};  // of a server that is ready: where its peers reach it
  StringMap offered = {};     // and what it offers them
};

// Always the whole picture.
struct AgentState {
  uint64_t desired_version = 0;  // the newest Desired that this state takes into account
  std::vector<RunStatus> runs;
  uint64_t spool_bytes = 0;
  uint64_t spool_limit_bytes = 0;
  std::string not_accepting;  // why no new run is started, "" when ready
  bool draining = false;
};

struct RecordBatch {
  std::string spool_id;
  uint64_t first_sequence = 0;  // of records[0]; sequences begin at 1
  std::vector<Record> records;
};

struct Welcome {
  uint32_t protocol_version = kProtocolVersion;
  std::string coordinator_id;
  std::string coordinator_version;
  absl::Duration heartbeat_interval = absl::Seconds(10);
  uint64_t acked_sequence = 0;
  std::string host_salt;
};

enum class RefusalReason {
  kUnspecified = 0,
  kVersionMismatch = 1,
  kNotYourName = 2,
  kBadHello = 3,
  kTooManyAgents = 4,
  kReplaced = 5,
};

struct Refusal {
  RefusalReason reason = RefusalReason::kUnspecified;
  std::string message;
};

struct RunAssignment {
  RunId run;
  RunSpec spec;
  bool exclusive = true;
  bool finish = false;  // a server whose clients are done: it is to end by itself, and well
};

// What the agent should be running, whole: a run not named here is to be stopped.
struct Desired {
  uint64_t version = 0;
  std::vector<RunAssignment> runs;
};

struct Ack {
  std::string spool_id;
  uint64_t through_sequence = 0;
};

using AgentMessage = std::variant<Hello, AgentState, RecordBatch>;
using CoordinatorMessage = std::variant<Welcome, Refusal, Desired, Ack>;

}  // namespace benchfleet
