#include "workloads/remote/shaped_way.h"

#include "base/status.h"

namespace benchfleet {

absl::StatusOr<std::unique_ptr<Qdisc>> ShapeDevice(const NetworkProfile& profile,
                                                   const std::string& device,
                                                   const std::string& scratch_dir) {
  if (device == "lo") {
    return absl::NotFoundError(
        "tc: both hosts are this machine, and its device lo carries everything else as well: use "
        "apply=relay");
  }
  return Qdisc::Install(
      device, {profile.delay, profile.jitter, profile.bits_per_second, profile.loss}, scratch_dir);
}

}  // namespace benchfleet
