// What this host can run, as bench-runner tells.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/model.h"

namespace benchfleet {

// Runs `command` --list and reads its answer; blocks, so only before the loop runs. Errors: it
// cannot be started, fails, takes longer than a minute, or answers with what is no list.
absl::StatusOr<std::vector<WorkloadDescription>> ListWorkloads(std::vector<std::string> command);

}  // namespace benchfleet
