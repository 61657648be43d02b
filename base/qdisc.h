// Shaping what this host sends through one of its network devices, by the kernel's own queueing
// disciplines (those of the program tc): netem for delay, jitter and loss, tbf where only a rate is
// asked for. It touches everything that leaves through the device.
//
//   1. Install notes the device in a file, then puts the discipline at its root
//   2. the destructor takes it away again and removes the file
//   3. whoever started the process calls RemoveForgottenQdisc after its end: when the process was
//      killed, the file is still there and tells what to take away
//
// A discipline of ours has the handle bf:, and only such a one is ever taken away.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace benchfleet {

struct Shaping {
  absl::Duration delay = {};
  absl::Duration jitter = {};
  double bits_per_second = 0;  // 0: no bound
  double loss = 0;             // share of packets
};

class Qdisc {
 public:
  // `note_dir` exists. Errors, NotFound: this kernel lacks the discipline, or this process the
  // right (CAP_NET_ADMIN); AlreadyExists: the device has a discipline of somebody's already.
  // Nothing is changed then.
  static absl::StatusOr<std::unique_ptr<Qdisc>> Install(const std::string& device,
                                                        const Shaping& shaping,
                                                        const std::string& note_dir);
  ~Qdisc();
  Qdisc(const Qdisc&) = delete;
  Qdisc& operator=(const Qdisc&) = delete;

 private:
  Qdisc(std::string device, std::string note)
      : device_(std::move(device)), note_(std::move(note)) {}

  const std::string device_;
  const std::string note_;
};

// Takes away what an Install with this folder has left behind; nothing where there is nothing. Fast
// and harmless: the file's content is not trusted beyond a device's name.
void RemoveForgottenQdisc(const std::string& note_dir);

// The device through which this host sends to `endpoint` ("10.0.0.7:41234", "[fd00::7]:41234"), and
// the one that has `address` ("10.0.0.7"). Errors: NotFound.
absl::StatusOr<std::string> DeviceTowards(std::string_view endpoint);
absl::StatusOr<std::string> DeviceOf(const std::string& address);

}  // namespace benchfleet
