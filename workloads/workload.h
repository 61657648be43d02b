// What can be measured: the C++ interface of built-in workloads. docs/writing-a-workload.md walks
// through one; workloads/plugin.h is the same for shared libraries, in C.
//
// Life of a workload object, all on one thread of bench-runner, one object a run:
//   1. Configure   reads parameters, takes no resources. Error: the run is "not started".
//   2. SetUp       makes keys, files, buffers; untimed. Error: the run "failed".
//   3. Metrics     which metrics this run reports (they may depend on parameters).
//   4. Run or RunOnce, many times: the measured part. Error: "failed"; kDataLoss: "invalid result".
//   5. Validate    checks what was computed; untimed. Error: "invalid result".
//   6. TearDown    always, if SetUp was called. Error: "failed".
//   7. Facts       versions and sizes that belong to the result.
// A kNotFound from SetUp or the first iterations means that this host lacks something that the
// workload needs, such as a program: the run is "not started", as long as it has no samples.
//
// A workload is one of two kinds. A *batched* one implements Run(iterations) with its own loop, so
// that a batch costs one virtual call; the measuring loop reads the clock around it. A *self-timed*
// one implements RunOnce and marks phases, each of which is a metric of its own.
//
// Roles. A workload whose description names roles runs on several hosts at once: on clients, which
// live as above (RunContext::peers has the servers, ready), and on servers, where Serve stands for
// steps 3 to 5:
//   1. Configure   as above
//   2. SetUp       with RunContext::role "server"; RunContext::peers names the clients
//   3. ServerMetrics
//   4. Serve       binds, calls ServeContext::Ready once, serves until it is asked to stop
//   (serve.h)
//   5. TearDown, Facts
// A server's run is ok when Serve returned OK after it was asked to stop.
//
// Exceptions of libraries that it calls may pass through: the runner turns them into a failed run.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/model.h"
#include "workloads/iteration.h"
#include "workloads/parameters.h"

namespace benchfleet {

// Names that mean the same in every workload.
inline constexpr char kLatency[] = "latency";        // ns of one operation
inline constexpr char kThroughput[] = "throughput";  // B/s, derived from latency

Metric LatencyMetric();
// Payload bytes of one operation divided by its latency.
Metric ThroughputMetric(double payload_bytes);

// What a run gives its workload besides parameters. Valid during the call.
struct RunContext {
  std::string scratch_dir;  // exists, empty, deleted by whoever asked for the run; "" where none
  uint64_t seed = 0;        // for everything that the workload draws at random
  // Of a task on several hosts; "" and empty where the run has its task to itself.
  std::string role = {};
  std::vector<RunPeer> peers = {};
};

// The first server among the peers. Error, Internal: there is none.
absl::StatusOr<RunPeer> FindServer(const RunContext& context);

class ServeContext;

class Workload {
 public:
  virtual ~Workload() = default;
  Workload() = default;
  Workload(const Workload&) = delete;
  Workload& operator=(const Workload&) = delete;

  virtual absl::Status Configure(const Parameters& /*parameters*/) { return absl::OkStatus(); }
  virtual absl::Status SetUp(const RunContext& /*context*/) { return absl::OkStatus(); }
  // Latency alone unless overridden. Stop rules watch latency.
  virtual std::vector<Metric> Metrics() const { return {LatencyMetric()}; }

  // Batched kind: performs the operation `iterations` times.
  virtual absl::Status Run(uint64_t iterations);

  // Self-timed kind: performs one iteration and reports through `iteration`.
  virtual bool self_timed() const { return false; }
  virtual absl::Status RunOnce(Iteration& iteration);
  // True when Metrics() is only known after the first iteration (a program that prints its own).
  virtual bool metrics_grow() const { return false; }

  // Role server: see serve.h. A workload that describes a role "server" has it.
  virtual absl::Status Serve(ServeContext& context);
  // What a server reports of its own run, through ServeContext::Add; none unless overridden.
  virtual std::vector<Metric> ServerMetrics() const { return {}; }

  virtual absl::Status Validate() { return absl::OkStatus(); }
  virtual absl::Status TearDown() { return absl::OkStatus(); }
  virtual StringMap Facts() const { return {}; }
};

// One row of the table of what this host can run.
struct WorkloadEntry {
  WorkloadDescription description;
  std::function<std::unique_ptr<Workload>()> create;  // empty for a plug-in that cannot be used
  // Its runs in a role are bench-net-runner's, since they need gRPC, under the same name.
  bool roles_in_net_runner = false;
  // Adds what takes its time to find out, such as the names that a parameter may have on this host:
  // for lists, no run pays for it.
  std::function<void(WorkloadDescription*)> complete = {};
};

// How workloads describe their roles: one of each, measured from the client.
std::vector<RoleDescription> ClientAndServer(std::string client, std::string server);
// The same, taken only where `parameter` has one of `values`.
std::vector<RoleDescription> ClientAndServerWhere(std::string client, std::string server,
                                                  const std::string& parameter,
                                                  const std::vector<std::string>& values);

}  // namespace benchfleet
