// A network profile that the kernel applies (apply=tc): each of the two hosts shapes what it sends
// to the other. It holds for all that leaves through that device, the agent's own messages
// included.
//
// Other than the relay it works below TCP: what is lost is sent again by TCP itself, whose window
// shrinks, and jitter may bring packets out of order.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/qdisc.h"
#include "workloads/remote/network_profile.h"

namespace benchfleet {

// While it lives, `device` sends as `profile` says. `scratch_dir` is the run's: whoever started
// this process takes the discipline away after its end, if it could not itself (base/qdisc.h).
// Errors: NotFound, this host cannot do it, or `device` is the one for this host alone; of
// Qdisc::Install.
absl::StatusOr<std::unique_ptr<Qdisc>> ShapeDevice(const NetworkProfile& profile,
                                                   const std::string& device,
                                                   const std::string& scratch_dir);

}  // namespace benchfleet
