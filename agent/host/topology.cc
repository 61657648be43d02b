#include "agent/host/topology.h"

#include <hwloc.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <tuple>

#include "absl/strings/str_format.h"
#include "base/status.h"

namespace benchfleet {
namespace {

struct DestroyTopology {
  void operator()(hwloc_topology* topology) const { hwloc_topology_destroy(topology); }
};
using Handle = std::unique_ptr<hwloc_topology, DestroyTopology>;

int Count(hwloc_topology* topology, hwloc_obj_type_t type) {
  // Negative when objects of the type stand at several depths, which these types do not.
  return std::max(0, hwloc_get_nbobjs_by_type(topology, type));
}

// "l1d", "l1i", "l2": only the first level keeps its letter, since some ARM kernels call an L2
// "Data".
std::string CacheName(const hwloc_obj_attr_u::hwloc_cache_attr_s& cache) {
  std::string name = absl::StrFormat("l%d", cache.depth);
  if (cache.depth == 1 && cache.type == HWLOC_OBJ_CACHE_DATA) name += 'd';
  if (cache.depth == 1 && cache.type == HWLOC_OBJ_CACHE_INSTRUCTION) name += 'i';
  return name;
}

std::vector<CpuCache> Caches(hwloc_topology* topology) {
  std::vector<CpuCache> caches;
  for (int type = HWLOC_OBJ_TYPE_MIN; type < HWLOC_OBJ_TYPE_MAX; ++type) {
    const auto object_type = static_cast<hwloc_obj_type_t>(type);
    if (hwloc_obj_type_is_cache(object_type) == 0) continue;
    hwloc_obj_t object = nullptr;
    while ((object = hwloc_get_next_obj_by_type(topology, object_type, object)) != nullptr) {
      const auto& attributes = object->attr->cache;
      CpuCache cache = {.name = CacheName(attributes),
                        .size_bytes = attributes.size,
                        .ways = attributes.associativity,
                        .line_bytes = attributes.linesize,
                        .shared_by = hwloc_bitmap_weight(object->cpuset)};
      auto same = std::find_if(caches.begin(), caches.end(), [&cache](const CpuCache& other) {
        cache.count = other.count;
        return other == cache;
      });
      if (same == caches.end()) {
        cache.count = 0;
        same = caches.insert(caches.end(), cache);
      }
      ++same->count;
    }
  }
  std::sort(caches.begin(), caches.end(), [](const CpuCache& a, const CpuCache& b) {
    return std::tie(a.name, a.size_bytes, a.ways, a.line_bytes, a.shared_by, a.count) <
           std::tie(b.name, b.size_bytes, b.ways, b.line_bytes, b.shared_by, b.count);
  });
  return caches;
}

std::vector<NumaNode> Nodes(hwloc_topology* topology) {
  std::vector<NumaNode> nodes;
  hwloc_obj_t object = nullptr;
  while ((object = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_NUMANODE, object)) != nullptr) {
    NumaNode node;
    node.index = object->os_index;
    char* cpus = nullptr;
    if (hwloc_bitmap_list_asprintf(&cpus, object->cpuset) >= 0) {
      node.cpus = cpus;
      std::free(cpus);
    }
    nodes.push_back(std::move(node));
  }
  std::sort(nodes.begin(), nodes.end(),
            [](const NumaNode& a, const NumaNode& b) { return a.index < b.index; });
  return nodes;
}

std::vector<std::vector<uint64_t>> Distances(hwloc_topology* topology,
                                             const std::vector<NumaNode>& nodes) {
  std::vector<std::vector<uint64_t>> rows;
  unsigned found = 1;
  hwloc_distances_s* matrix = nullptr;
  if (hwloc_distances_get_by_name(topology, "NUMALatency", &found, &matrix, 0) != 0 || found == 0) {
    return rows;
  }
  const unsigned n = matrix->nbobjs;
  const auto index_of = [&](uint32_t os_index) {
    for (unsigned i = 0; i < n; ++i) {
      if (matrix->objs[i] != nullptr && matrix->objs[i]->os_index == os_index) return i;
    }
    return n;
  };
  for (const NumaNode& from : nodes) {
    std::vector<uint64_t> row;
    for (const NumaNode& to : nodes) {
      const unsigned i = index_of(from.index);
      const unsigned j = index_of(to.index);
      if (i < n && j < n) row.push_back(matrix->values[i * n + j]);
    }
    rows.push_back(std::move(row));
  }
  hwloc_distances_release(topology, matrix);
  return rows;
}

// hwloc does not always set errno.
absl::Status HwlocError(std::string_view call) {
  return ErrnoError(errno != 0 ? errno : EINVAL, call);
}

absl::StatusOr<Handle> NewHandle() {
  hwloc_topology* topology = nullptr;
  if (hwloc_topology_init(&topology) != 0) return HwlocError("hwloc_topology_init");
  Handle handle(topology);
  hwloc_topology_set_io_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_NONE);
  hwloc_topology_set_icache_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_ALL);
  hwloc_topology_set_cache_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_ALL);
  hwloc_topology_set_type_filter(topology, HWLOC_OBJ_DIE, HWLOC_TYPE_FILTER_KEEP_ALL);
  return handle;
}

absl::StatusOr<Topology> LoadAndRead(const Handle& handle) {
  if (hwloc_topology_load(handle.get()) != 0) return HwlocError("hwloc_topology_load");
  Topology topology = {.packages = Count(handle.get(), HWLOC_OBJ_PACKAGE),
                       .dies = Count(handle.get(), HWLOC_OBJ_DIE),
                       .cores = Count(handle.get(), HWLOC_OBJ_CORE),
                       .threads = Count(handle.get(), HWLOC_OBJ_PU),
                       .caches = Caches(handle.get()),
                       .nodes = Nodes(handle.get())};
  topology.distances = Distances(handle.get(), topology.nodes);
  return topology;
}

}  // namespace

absl::StatusOr<Topology> LiveTopology() {
  BF_ASSIGN_OR_RETURN(const Handle handle, NewHandle());
  // hwloc's x86 component visits every CPU by binding the thread to it; Linux tells the same.
  hwloc_topology_set_components(handle.get(), HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST, "x86");
  hwloc_topology_set_flags(handle.get(), HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED |
                                             HWLOC_TOPOLOGY_FLAG_DONT_CHANGE_BINDING);
  return LoadAndRead(handle);
}

absl::StatusOr<Topology> TopologyFromXml(std::string_view xml) {
  BF_ASSIGN_OR_RETURN(const Handle handle, NewHandle());
  hwloc_topology_set_flags(handle.get(), HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
  // hwloc wants the terminating NUL counted.
  const std::string text(xml);
  if (hwloc_topology_set_xmlbuffer(handle.get(), text.c_str(), static_cast<int>(text.size()) + 1) !=
      0) {
    return HwlocError("hwloc_topology_set_xmlbuffer");
  }
  return LoadAndRead(handle);
}

}  // namespace benchfleet
