// bench-net-runner as bench-runner sees it: another program in the same folder, whose workloads it
// lists and to which it hands runs.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/model.h"

namespace benchfleet {

class RunnerHelper {
 public:
  // In the folder of the running program.
  explicit RunnerHelper(const std::string& name);

  bool installed() const;
  // Asks it with --list. Error: it does not start, or answers nonsense.
  absl::StatusOr<std::vector<WorkloadDescription>> List() const;

  // Becomes that program. They return only where that cannot be done.
  //
  // For a run of the agent: `frame` is the request that was read, `fd` the agent's socket.
  absl::Status TakeOver(const std::string& frame, int fd) const;
  // For a run by hand, with the same arguments.
  absl::Status TakeOver(char** argv) const;

 private:
  const std::string path_;
};

}  // namespace benchfleet
