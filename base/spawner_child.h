// Inside bench-spawner: reads one spawn request and starts its child with vfork and execve.
//
// Part of a static program without the C++ runtime's conveniences: no allocation, no exceptions, no
// library of ours. Single-threaded; the parsed request points into the packet that it was read
// from.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "base/spawner_protocol.h"

namespace benchfleet::spawner_protocol {

// A spawn request ready for execve. About 33 KiB; one exists.
struct ChildPlan {
  const RequestHeader* header;
  const char* program;
  const char* directory;
  char** argv;
  char** envp;
  char** cgroup_files;
  int fds[kFdsMax];  // stdin, stdout, stderr, data; -1 where none
  char* pointers[kStringsMax + 3];
};

// Reads `packet` (a kSpawn message of `size` bytes; `fds` came with it) into `plan`. `null_fd`
// stands in for standard streams that were not sent. False when the packet is malformed.
bool ParseSpawn(char* packet, size_t size, const int* fds, size_t fd_count, int null_fd,
                ChildPlan* plan);

struct StartResult {
  pid_t pid = 0;  // 0 when it failed
  int64_t start_ns = 0;
  Step step = Step::kNone;
  int error_number = 0;
};

// Starts the child as leader of a process group of its own; returns when it has exec'ed or failed.
// The caller has all signals blocked and every descriptor close-on-exec; the child starts with none
// blocked.
StartResult StartChild(const ChildPlan& plan);

// CLOCK_MONOTONIC.
int64_t MonotonicNs();

}  // namespace benchfleet::spawner_protocol
