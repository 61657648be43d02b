// The control groups that this process is in, version 1, 2 or both: for each controller the folders
// from our own group up to the highest that we can see, since a limit anywhere above binds as well.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/host/host_files.h"

namespace benchfleet {

class Cgroups {
 public:
  // Reads /proc/self/cgroup and /proc/self/mountinfo. Keeps its own copy of `files`.
  explicit Cgroups(HostFiles files);

  // Where a controller ("cpu", "memory", "cpuset") is: own group first. Empty when it is nowhere.
  const std::vector<std::string>& Levels(const std::string& controller) const;
  // True when the controller is in a version 1 hierarchy.
  bool IsVersion1(const std::string& controller) const;

  // The narrowest limit on our way up; kNone without a limit, kAbsent where nobody tells.
  std::string CpuLimit() const;     // in CPUs: "2.000"
  std::string MemoryLimit() const;  // in bytes
  // Our own group's.
  std::string CpuWeight() const;  // version 2: 1 to 10000, 100 by default; version 1: shares, 1024
  std::string CpusetCpus() const;
  std::string CpusetMemoryNodes() const;

  struct Throttling {
    uint64_t periods = 0;  // in which a CPU quota held us up
    uint64_t time_ns = 0;  // for how long
  };
  // Summed over the way up, since boot; nothing where no group counts.
  std::optional<Throttling> CpuThrottling() const;

 private:
  HostFiles files_;
  std::map<std::string, std::vector<std::string>> version1_;  // by controller
  std::vector<std::string> version2_;
};

}  // namespace benchfleet
