// Following a job until it ends: a moving picture on a terminal, lines elsewhere, JSON lines if
// asked. Ctrl-C ends the following, never the job.
#pragma once

#include "absl/status/statusor.h"
#include "benchctl/client.h"
#include "benchctl/console.h"

namespace benchfleet {

struct FollowResult {
  JobStatus last;
  bool interrupted = false;
};

struct FollowOptions {
  bool json = false;  // a line of JSON on stdout for each change, and nothing on stderr
  Style style;
  // A coordinator that restarts is waited for; its jobs go on. After this long without a word the
  // following fails.
  absl::Duration patience = absl::Minutes(2);
};

absl::StatusOr<FollowResult> Follow(Client& client, JobId job, const FollowOptions& options,
                                    const Console& console);

}  // namespace benchfleet
