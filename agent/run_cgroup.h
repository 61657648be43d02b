// A control group for each run, where the host lets us make one: what the run used, seen from
// outside, descendants included. Where it does not, there are no figures and nothing else changes.
//
// Groups are made below the agent's own: in version 2, and in version 1's memory, cpuacct and pids
// hierarchies (not in cpu, where a new group may not use SCHED_FIFO).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "proto/model.h"

namespace benchfleet {

// Where groups of runs can be made. A value.
class CgroupHome {
 public:
  // Finds the writable groups and removes what an agent that died left in them. In version 2, if
  // this process is alone in its group, it moves into a child group "bench-agent", since only
  // groups without processes may give controllers to their children. Call before other processes
  // are started.
  static CgroupHome Prepare();

  // Folders, one for each hierarchy; empty where nothing can be had.
  const std::vector<std::string>& folders() const { return folders_; }

 private:
  std::vector<std::string> folders_;
};

// The group of one run. Removed by the destructor, if the run is gone.
class RunCgroup {
 public:
  RunCgroup(const CgroupHome& home, RunId run);
  ~RunCgroup();
  RunCgroup(const RunCgroup&) = delete;
  RunCgroup& operator=(const RunCgroup&) = delete;

  // For SpawnRequest::cgroup_procs_files.
  std::vector<std::string> procs_files() const;

  // By the kernel's version 2 names: "memory.peak" (bytes), "memory.oom_kill", "cpu.usage_usec",
  // "cpu.nr_throttled", "io.rbytes", "pids.peak", …; what the host does not count is not there.
  std::map<std::string, double> Figures() const;

 private:
  std::vector<std::string> groups_;
};

}  // namespace benchfleet
