// Packages, cores, threads, caches and NUMA nodes of a machine, as hwloc sees them. The hwloc
// topology is built, read and destroyed inside one call, so an idle agent holds none of it. I/O
// devices are not looked for, and CPUs that a cgroup forbids are counted: they are part of the
// machine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace benchfleet {

// `count` equal caches.
struct CpuCache {
  std::string name;         // "l1d", "l1i", "l2", "l3", …
  uint64_t size_bytes = 0;  // 0: unknown
  int ways = 0;             // 0: unknown, -1: fully associative
  uint64_t line_bytes = 0;  // 0: unknown
  int shared_by = 0;        // hardware threads that share one
  int count = 0;
  bool operator==(const CpuCache&) const = default;
};

struct NumaNode {
  uint32_t index = 0;  // the kernel's
  std::string cpus;    // "0-3,8"; "" for a node without CPUs
};

struct Topology {
  int packages = 0;
  int dies = 0;  // 0: the kernel does not say
  int cores = 0;
  int threads = 0;
  std::vector<CpuCache> caches;  // sorted by name, unequal caches of one name side by side
  std::vector<NumaNode> nodes;   // by index
  // Row i, column j: the firmware's distance from nodes[i] to nodes[j]; empty when it gives none.
  std::vector<std::vector<uint64_t>> distances = {};
};

// The machine that we run on. Online CPUs only; the caller's CPU binding is not touched.
absl::StatusOr<Topology> LiveTopology();

// A topology that hwloc exported as XML.
absl::StatusOr<Topology> TopologyFromXml(std::string_view xml);

}  // namespace benchfleet
