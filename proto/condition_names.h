// Names of conditions that the agent writes and others read; the rest are for people.
#pragma once

namespace benchfleet {

// 1 beside quiet = false: the host does not tell whether it was quiet, or the run was too short for
// that. Without it, quiet = false means that something else went on.
inline constexpr char kQuietUnknown[] = "quiet_unknown";

}  // namespace benchfleet
