// How many of what a CPU has, and how they hang together.
#include "absl/strings/str_format.h"
#include "agent/host/fields.h"
#include "agent/host/scan.h"

namespace benchfleet {
namespace {

std::string SizeText(uint64_t bytes) {
  if (bytes == 0) return "unknown size";
  if (bytes % (1 << 20) == 0) return absl::StrFormat("%d MiB", bytes >> 20);
  return absl::StrFormat("%d KiB", bytes >> 10);
}

// "2 x 48 KiB, 12 ways, 64 B lines, shared by 1".
std::string CacheText(const CpuCache& cache) {
  std::string ways = cache.ways == 0 ? "unknown ways" : absl::StrFormat("%d ways", cache.ways);
  if (cache.ways < 0) ways = "fully associative";
  return absl::StrFormat("%d x %s, %s, %d B lines, shared by %d", cache.count,
                         SizeText(cache.size_bytes), ways, cache.line_bytes, cache.shared_by);
}

std::string CachesText(const std::vector<CpuCache>& caches, const std::string& name) {
  std::string text;
  for (const CpuCache& cache : caches) {
    if (cache.name == name) AppendTo(text, " + ", CacheText(cache));
  }
  return text;
}

std::string DistancesText(const std::vector<std::vector<uint64_t>>& rows) {
  std::string text;
  for (const std::vector<uint64_t>& row : rows) {
    std::string row_text;
    for (const uint64_t distance : row) AppendTo(row_text, " ", std::to_string(distance));
    AppendTo(text, "; ", row_text);
  }
  return text;
}

std::string CountText(int count) { return count > 0 ? std::to_string(count) : ""; }

}  // namespace

void AddTopologyFields(const HostProbe& probe, FieldSet& out) {
  Topology topology;
  if (probe.topology) {
    // What hwloc cannot load is absent, like any other source.
    absl::StatusOr<Topology> read = probe.topology();
    if (read.ok()) topology = *std::move(read);
  }
  out.Set("cpu.sockets", CountText(topology.packages));
  out.Set("cpu.dies", CountText(topology.dies));
  out.Set("cpu.cores", CountText(topology.cores));
  out.Set("cpu.threads", CountText(topology.threads));
  const bool known = topology.cores > 0 && topology.threads > 0;
  out.Set("cpu.smt", !known ? "" : (topology.threads > topology.cores ? "yes" : "no"));
  for (const char* name : {"l1d", "l1i", "l2", "l3", "l4"}) {
    out.Set(absl::StrFormat("cache.%s", name), CachesText(topology.caches, name));
  }
  out.Set("numa.nodes", CountText(static_cast<int>(topology.nodes.size())));
  std::string cpus;
  for (const NumaNode& node : topology.nodes) {
    AppendTo(cpus, "; ",
             absl::StrFormat("%d: %s", node.index, node.cpus.empty() ? kNone : node.cpus));
  }
  out.Set("numa.cpus", cpus);
  out.Set("numa.distances", DistancesText(topology.distances));
}

}  // namespace benchfleet
