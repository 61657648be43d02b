// Drives the real bench-runner over a socket pair, for tests: what bench-agent does, without it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/model.h"

namespace benchfleet {

// How a run of bench-runner went, read until the end of its stream.
struct RunnerResult {
  std::vector<RunnerEvent> events;
  absl::Status stream;  // not OK: what came was no frame or no event
  int wait_status = 0;
  std::string output;  // stdout and stderr together, bounded

  const RunStarted* started() const;
  const RunnerFinished* finished() const;
  std::vector<double> Values(const std::string& metric) const;  // per operation, no warm-up
};

// Starts the runner of BENCHFLEET_BIN_DIR with `arguments` and sends `request`. When it has said
// nothing for `kill_when_silent_ms` (0: never) it gets SIGKILL.
RunnerResult DriveRunner(const RunnerRequest& request, const std::vector<std::string>& arguments,
                         int kill_when_silent_ms = 0);

// Runs a command through the shell: exit code and both streams.
struct ShellResult {
  int exit_code = 0;
  std::string output;
};
ShellResult Shell(const std::string& command);

std::string RunnerPath();

}  // namespace benchfleet
