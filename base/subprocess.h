// Running one command to its end and having its output: for `bench-runner --list`, version queries
// and the like. Measured runs use Spawner or SpawnerThread directly.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/spawner.h"
#include "base/subprocess_output.h"

namespace benchfleet {

struct CommandOptions {
  // After this, TERM to the command's process group.
  absl::Duration timeout = absl::Minutes(1);
  // Between TERM and KILL.
  absl::Duration kill_grace = absl::Seconds(2);
  // Borrowed; once it is readable the command's time is up. -1: never.
  int stop_fd = -1;
  // What the command reads from its standard input (a file in memory, so it may also seek).
  std::string stdin_bytes;
  // Kept of standard output and of standard error, each; the rest of a longer output is read and
  // dropped.
  size_t output_bytes_max = size_t{64} * 1024;
};

struct CommandResult {
  ExitReport exit;
  bool timed_out = false;  // it was sent TERM; `exit` says what came of that
  OutputTail output;
  OutputTail errors;

  bool succeeded() const { return !timed_out && exit.succeeded(); }
  // One line for a person: how it ended, whether it was too slow, and the last line of its errors.
  std::string Describe() const;
};

// Runs `request` (its stdin, stdout and stderr are set here) and blocks until it has ended; other
// children of `spawner` go on. A program that fails, or cannot be started, is a result, not an
// error. Errors: as of Spawner::Spawn(); no pipe or memory file to be had; DeadlineExceeded when it
// survives KILL for twice the grace (uninterruptible sleep), in which case its report stays with
// `spawner`.
absl::StatusOr<CommandResult> RunCommand(Spawner& spawner, SpawnRequest request,
                                         const CommandOptions& options = {});
absl::StatusOr<CommandResult> RunCommand(Spawner& spawner, std::vector<std::string> argv,
                                         const CommandOptions& options = {});

}  // namespace benchfleet
