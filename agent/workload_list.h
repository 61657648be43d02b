// What this host can run, as bench-runner tells.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/model.h"

namespace benchfleet {

struct WorkloadList {
  std::vector<WorkloadDescription> workloads;
  // Files and folders, there or not, whose change may change the list: the runner, plug-ins,
  // manifests of provers.
  std::vector<std::string> depends_on;
  // Workload -> the plug-in that has it, which its runs are told.
  StringMap plugins;
};

// Runs `command` --list and reads its answer; blocks. Any thread. Errors: it cannot be started,
// fails, takes longer than a minute, or answers with what is no list.
absl::StatusOr<WorkloadList> ListWorkloads(std::vector<std::string> command);

}  // namespace benchfleet
