// The words of docs/glossary.md as plain C++ values: what the core, the agent and the store pass
// around. proto/model.proto is the same on the wire; proto/convert.h goes between. Values:
// copyable, comparable, owned by whoever holds them. Times are absl::Time, durations
// absl::Duration; _ns only in sample values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "base/ids.h"

namespace benchfleet {

using StringMap = std::map<std::string, std::string>;

enum class Direction { kUnspecified = 0, kLowerIsBetter = 1, kHigherIsBetter = 2, kNeutral = 3 };
std::string_view DirectionName(Direction direction);  // "lower_is_better"

// A named, unit-carrying, direction-carrying quantity of a run.
struct Metric {
  std::string name;  // "latency"
  std::string unit;  // "ns", "B", "B/s", "1/s", "" for a plain number
  Direction direction = Direction::kLowerIsBetter;
  // A derived metric has no samples of its own: sample i is `numerator` divided by sample i of
  // `derived_from` taken in seconds.
  std::string derived_from;
  double numerator = 0;
  bool operator==(const Metric&) const = default;
};

enum class Encoding { kUnspecified = 0, kDeltaVarint = 1, kFloat64 = 2 };

// A range of samples of one metric of one run; proto/chunk.h packs and unpacks.
struct SampleChunk {
  std::string metric;
  uint64_t first_index = 0;  // of the first value within (run, metric)
  uint32_t count = 0;
  Encoding encoding = Encoding::kUnspecified;
  std::string payload;
  uint64_t operations = 1;  // that each value covers; value / operations is one operation's cost
  bool warmup = false;      // kept, never judged
  bool operator==(const SampleChunk&) const = default;
};

struct Measurement {
  uint32_t warmup = 0;  // iterations before samples count
  uint32_t min_samples = 10;
  uint32_t max_samples = 0;                     // 0: limits::kMaxSamplesPerRun
  absl::Duration max_time = absl::Seconds(10);  // of measuring; min_samples wins over it
  double until_relative_ci = 0;                 // 0: not asked for
  bool operator==(const Measurement&) const = default;
};

// ---- roles. A task may need several hosts at once: clients, which measure, and servers, which
// serve them. "" is the role of a run that has its task to itself.
inline constexpr char kClientRole[] = "client";
inline constexpr char kServerRole[] = "server";

// One host of such a task.
struct TaskMember {
  std::string role;
  std::string host;
  bool operator==(const TaskMember&) const = default;
  auto operator<=>(const TaskMember&) const = default;
};

// Another run of the same attempt, as a run sees it.
struct RunPeer {
  std::string role;
  std::string host;
  std::string endpoint;   // "10.0.0.7:41234" of a server, as it told; "" of a client
  StringMap values = {};  // what it offered besides, such as a public key
  bool operator==(const RunPeer&) const = default;
};

// What one run is to do.
struct RunSpec {
  std::string workload;
  StringMap parameters;
  Measurement measurement;
  absl::Duration timeout = absl::Minutes(10);
  uint64_t seed = 0;
  std::string role = {};
  std::vector<RunPeer> peers = {};  // of a client: all servers, ready; of a server: its clients
  bool operator==(const RunSpec&) const = default;
};

struct ResourceUsage {
  int64_t wall_ns = 0;
  int64_t user_ns = 0;
  int64_t system_ns = 0;
  int64_t max_rss_bytes = 0;
  int64_t minor_faults = 0;
  int64_t major_faults = 0;
  int64_t voluntary_switches = 0;
  int64_t involuntary_switches = 0;
  std::map<std::string, double> cgroup;
  bool operator==(const ResourceUsage&) const = default;
};

// What held at one moment, or over one run. An absent value has no entry.
struct ConditionValues {
  std::map<std::string, double> values;
  std::string boot_id;
  bool quiet = false;
  std::string quiet_reason;
  bool operator==(const ConditionValues&) const = default;
};

// The wire's view of agent/host's fingerprint.
struct HostFingerprint {
  std::string identity_digest;  // what the machine is: partitions series
  std::string state_digest;     // what explains shifts
  std::string host_digest;      // this one machine, salted per coordinator
  std::string identity_json;
  std::string state_json;
  StringMap fields;  // "cpu.vendor" -> "AMD"
  bool operator==(const HostFingerprint&) const = default;
};

// How a parameter's values are written; proto/parameter_value.h reads and checks them.
enum class ParameterKind {
  kText = 1,
  kSize = 2,      // bytes: "64", "1KiB", "85MB"
  kCount = 3,     // a whole number
  kDuration = 4,  // "250us", "1500ms", "2m30s"
  kNumber = 5,
  kBoolean = 6,  // "true", "false"
  kBitRate = 7,  // "20mbit"
  kPercent = 8,  // "0.5%"
  kList = 9,     // a JSON array of strings
  kMap = 10,     // "a=b,c=d", or a JSON object of strings
};

struct ParameterDescription {
  std::string name;
  std::string description;
  std::string default_value;
  std::vector<std::string> allowed;  // empty: anything of the kind
  bool required = false;
  ParameterKind kind = ParameterKind::kText;
  std::string min = {};  // in the notation of the kind; "": no bound
  std::string max = {};
  // Not empty: a value may also be "key=value,key=value" of these, each at most once. Fields have
  // no fields.
  std::vector<ParameterDescription> fields = {};
  std::string not_above = {};  // of a field: at most the value of this other one, where it is given
  // Of use only where this other parameter has one of `values`; "": always.
  std::string only_where = {};
  std::vector<std::string> values = {};
  bool operator==(const ParameterDescription&) const = default;
};

struct RoleDescription {
  std::string name;
  std::string description;
  uint32_t min = 1;  // hosts at once
  uint32_t max = 1;  // 0: no bound
  // The role is taken only where this parameter has one of `values`; "": always.
  std::string only_where = {};
  std::vector<std::string> values = {};
  bool operator==(const RoleDescription&) const = default;
};

struct WorkloadDescription {
  std::string name;
  std::string description;
  std::vector<ParameterDescription> parameters;
  std::vector<Metric> metrics;
  std::string version;
  std::string unavailable;                  // why it cannot run on this host; "" when it can
  std::vector<RoleDescription> roles = {};  // none: it runs on one host
  bool operator==(const WorkloadDescription&) const = default;
};

// What `parameters` give for `name`, or its default, or "".
std::string ParameterOf(const WorkloadDescription& workload, const StringMap& parameters,
                        const std::string& name);
// The roles that a cell with these parameters takes; defaults stand for what is not given. Empty:
// it runs on one host.
std::vector<RoleDescription> RolesOf(const WorkloadDescription& workload,
                                     const StringMap& parameters);
// "alpha", "alpha -> beta", "alpha + gamma -> beta": `host` alone where there are no members.
std::string FormatMembers(const std::string& host, const std::vector<TaskMember>& members);

enum class Outcome {
  kUnspecified = 0,
  kOk = 1,
  kFailed = 2,   // the workload said so
  kInvalid = 3,  // the result did not validate
  kTimedOut = 4,
  kCrashed = 5,  // ended by a signal, or left without a word
  kGarbled = 6,  // the runner's pipe carried something that is no message
  kCancelled = 7,
  kLost = 8,        // the agent was lost or restarted under it
  kNotStarted = 9,  // this host cannot run it
};
std::string_view OutcomeName(Outcome outcome);  // "ok", "timed out", …

struct RunStarted {
  absl::Time started_at;
  std::vector<Metric> metrics;
  double clock_pair_ns = 0;
  StringMap facts;
  bool operator==(const RunStarted&) const = default;
};

struct RunFinished {
  Outcome outcome = Outcome::kUnspecified;
  std::string message;
  absl::Time started_at;
  absl::Time finished_at;
  ResourceUsage usage;
  ConditionValues before;
  ConditionValues after;
  std::string identity_digest;
  std::string state_digest;
  StringMap facts;
  std::map<std::string, uint64_t> sample_counts;  // by metric, warm-up included
  std::string stdout_tail;
  std::string stderr_tail;
  bool operator==(const RunFinished&) const = default;
};

// One entry of an agent's spool. A fingerprint has run 0.
struct Record {
  RunId run;
  std::variant<RunStarted, SampleChunk, RunFinished, HostFingerprint> what;
  bool operator==(const Record&) const = default;
};

// ---- bench-runner

struct RunnerRequest {
  RunSpec spec;
  std::string scratch_dir;
  // For the role server: under which address its peers reach this host; "": the one that it has
  // towards `towards` (HOST:PORT, the coordinator).
  std::string advertise = {};
  std::string towards = {};
  bool operator==(const RunnerRequest&) const = default;
};

// A server can be reached from now on.
struct RunnerReady {
  std::string endpoint;  // "10.0.0.7:41234", "[fd00::7]:41234"
  StringMap values;
  bool operator==(const RunnerReady&) const = default;
};

struct RunnerFinished {
  Outcome outcome = Outcome::kUnspecified;
  std::string message;
  StringMap facts;
  std::map<std::string, uint64_t> sample_counts;
  bool operator==(const RunnerFinished&) const = default;
};

using RunnerEvent = std::variant<RunStarted, SampleChunk, RunnerFinished, RunnerReady>;

// ---- jobs

struct WorkloadSelection {
  std::string name;
  std::map<std::string, std::vector<std::string>> parameters;
  std::vector<std::string> command;  // for `exec`
  bool operator==(const WorkloadSelection&) const = default;
};

struct HostSelection {
  std::string match;       // "kind=tee,cpu.vendor=AMD"; "" is every host
  uint32_t count = 0;      // 0: all that match
  std::string role = {};   // "" is a client, and any host of workloads without roles
  uint32_t per_task = 0;   // hosts of this role in one task; 0: 1
  bool connected = false;  // only hosts that are connected when the job is submitted
  bool operator==(const HostSelection&) const = default;
};

struct Budget {
  std::string metric;
  std::string statistic;
  std::string max;
  std::string min;
  bool operator==(const Budget&) const = default;
};

struct JobSpec {
  std::string name;
  std::string revision;
  std::vector<WorkloadSelection> workloads;
  std::vector<HostSelection> hosts;
  uint32_t runs = 1;
  Measurement measurement;
  bool interleave = true;
  uint64_t seed = 0;
  std::vector<Budget> budgets;
  int32_t priority = 0;
  bool exclusive = true;
  absl::Duration timeout = absl::Minutes(10);
  uint32_t retries = 2;
  StringMap labels;
  bool operator==(const JobSpec&) const = default;
};

enum class State {
  kUnspecified = 0,
  kWaiting = 1,
  kRunning = 2,
  kDone = 3,
  kFailed = 4,
  kCancelled = 5
};
std::string_view StateName(State state);  // "waiting", …
inline bool IsFinal(State state) { return state >= State::kDone; }

// "age=18 circuit=age": parameters as people and series keys write them; sorted by name.
std::string FormatParameters(const StringMap& parameters);

}  // namespace benchfleet
