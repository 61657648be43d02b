// How much memory there is, of which kind, on which node.
#include <algorithm>

#include "absl/strings/str_format.h"
#include "agent/host/fields.h"
#include "agent/host/scan.h"
#include "agent/host/smbios.h"

namespace benchfleet {
namespace {

constexpr uint64_t kGib = 1ull << 30;
constexpr size_t kDmiTableBytesMax = 1 << 20;

std::string GibText(uint64_t bytes) { return std::to_string((bytes + kGib - 1) / kGib); }

// How many of the kernel's memory blocks a sysfs folder lists: "memory0", "memory1", …
uint64_t CountBlocks(const HostFiles& files, const std::string& folder) {
  const std::vector<std::string> names = files.List(folder);
  return static_cast<uint64_t>(std::count_if(names.begin(), names.end(), [](const auto& name) {
    return name.starts_with("memory") && ParseNumber<uint32_t>(name.substr(6)).has_value();
  }));
}

// GiB, or "" when the source is absent. Each of them knows the whole and one node.
std::string Gib(const HostFiles& files, const std::string& blocks_folder,
                const std::string& meminfo_path, std::string_view total_key) {
  const std::optional<uint64_t> block_bytes =
      ParseHex(files.Read("/sys/devices/system/memory/block_size_bytes").value_or("-"));
  const uint64_t blocks = CountBlocks(files, blocks_folder);
  if (block_bytes && blocks > 0) return GibText(blocks * *block_bytes);
  const std::optional<std::string> meminfo = files.Read(meminfo_path);
  const std::optional<uint64_t> total_kib =
      meminfo ? ValueNumber(*meminfo, total_key) : std::nullopt;
  return total_kib ? GibText(*total_kib * 1024) : "";
}

std::string NodesGib(const HostFiles& files) {
  const std::string root = "/sys/devices/system/node/";
  std::string text;
  for (const int node : ParseCpuList(files.Read(root + "online").value_or(""))) {
    const std::string name = "node" + std::to_string(node);
    const std::string gib = Gib(files, root + name, root + name + "/meminfo",
                                absl::StrFormat("Node %d MemTotal", node));
    AppendTo(text, "; ", absl::StrFormat("%d: %s", node, gib.empty() ? "0" : gib));
  }
  return text;
}

}  // namespace

void AddMemoryFields(const HostProbe& probe, FieldSet& out) {
  const HostFiles& files = probe.files;
  out.Set("memory.total_gib",
          Gib(files, "/sys/devices/system/memory", "/proc/meminfo", "MemTotal"));
  out.Set("numa.memory_gib", NodesGib(files));

  const std::string table_path = "/sys/firmware/dmi/tables/DMI";
  const std::optional<std::string> table = files.Read(table_path, kDmiTableBytesMax);
  if (!table) {
    const char* why = files.IsDenied(table_path) ? kDenied : kAbsent;
    for (const char* field : {"memory.dimm", "memory.ecc", "memory.channels"}) out.Set(field, why);
    return;
  }
  const MemoryModules modules = ParseMemoryModules(*table);
  out.Set("memory.dimm", modules.modules);
  out.Set("memory.ecc", modules.ecc);
  out.Set("memory.channels", modules.channels);
}

}  // namespace benchfleet
