// From a job file to tasks and an order of runs. Pure functions of the spec, the hosts, and the
// seed: a restarted coordinator gets the same order again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/model.h"
#include "storage/store.h"

namespace benchfleet {

// A host as planning sees it.
struct PlannableHost {
  StoredHost host;
  bool connected = false;
  uint64_t open_runs = 0;  // waiting or running there for other jobs
};

struct PlannedTask {
  std::string host;
  std::string workload;
  StringMap parameters;
  std::vector<TaskMember> members = {};  // as StoredTask's
};

// One repetition of one task, in the order in which a host should take them.
struct RunSlot {
  uint32_t task = 0;  // index into the job's tasks
  uint32_t repetition = 0;
};

// Bounds, names, selectors: everything about a spec that needs no host. Messages name the place.
absl::Status CheckJobSpec(const JobSpec& spec);

// The cells of a job on the hosts that it selects: hosts in order of name, cells in order of the
// file. A cell without roles goes to every host that is selected with no role or as a client; one
// with roles is a task for every group of clients with every group of servers (groups of
// `per_task`), but for those with a host in common. (placement.cc) kInvalidArgument: a selector
// that no known host matches, an unknown workload or parameter (with the nearest name), a value
// that is not allowed, a bound broken. kFailedPrecondition: a workload that a selected host says it
// cannot run, with its reason. A message about one entry of the spec begins with its path,
// "workloads[0].parameters.size[1]: ".
absl::StatusOr<std::vector<PlannedTask>> PlaceTasks(const JobSpec& spec,
                                                    const std::vector<PlannableHost>& hosts);

// Whether a host says that it can run this; the errors of PlaceTasks, with the path within the
// workload's entry ("name", "parameters.size", "" for all of it) in `*where` unless that is null.
absl::Status CheckRunnable(const std::string& workload, const StringMap& parameters,
                           const StoredHost& host, std::string* where = nullptr);

// Interleaved: randomised blocks, each with one repetition of every task, shuffled by the seed. A
// slow drift of a host then falls on all cells alike, and every cell has had its first run early.
// Otherwise: task after task.
std::vector<RunSlot> OrderRuns(uint32_t tasks, uint32_t runs, bool interleave, uint64_t seed);

}  // namespace benchfleet
