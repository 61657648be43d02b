// What binds this process, and with it the runs that it starts: cgroups, scheduling, limits.
#include <array>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "agent/host/cgroup.h"
#include "agent/host/fields.h"
#include "agent/host/scan.h"

namespace benchfleet {
namespace {

std::string PolicyName(uint64_t policy) {
  static constexpr std::array<const char*, 8> kNames = {"other", "fifo", "rr",       "batch",
                                                        "iso",   "idle", "deadline", "ext"};
  return policy < kNames.size() ? kNames[policy] : absl::StrFormat("policy %d", policy);
}

// proc(5): fields 19 (nice) and 41 (scheduling policy) of stat; the second is a name in parentheses
// that may hold anything, so counting starts behind its last ')'.
void AddScheduling(const HostFiles& files, FieldSet& out) {
  const std::string stat = files.Read("/proc/self/stat").value_or("");
  const size_t paren = stat.rfind(')');
  const std::vector<std::string_view> words = paren == std::string::npos
                                                  ? std::vector<std::string_view>()
                                                  : Words(std::string_view(stat).substr(paren + 1));
  const auto field = [&words](size_t number) {  // words[0] is field 3.
    return number - 3 < words.size() ? std::string(words[number - 3]) : "";
  };
  const std::optional<uint64_t> policy = ParseNumber<uint64_t>(field(41));
  out.Set("process.policy", policy ? PolicyName(*policy) : "");
  out.Set("process.nice", field(19));

  const std::string status = files.Read("/proc/self/status").value_or("");
  const auto status_word = [&status](std::string_view key) {
    const std::vector<std::string_view> found = ValueWords(status, key);
    return found.empty() ? "" : std::string(found.front());
  };
  out.Set("process.cpus", status_word("Cpus_allowed_list"));
  out.Set("process.memory_nodes", status_word("Mems_allowed_list"));
  // The first mapping's policy is the process's, unless it was given one of its own.
  const std::string numa_maps = files.Read("/proc/self/numa_maps", 256).value_or("");
  const std::vector<std::string_view> mapping = Words(numa_maps);
  out.Set("process.numa_policy", mapping.size() > 1 ? std::string(mapping[1]) : "");
}

// "soft hard" for each. Of open files only the hard limit, since an agent raises the soft one
// itself.
void AddLimits(const HostFiles& files, FieldSet& out) {
  static constexpr std::array<std::pair<const char*, const char*>, 8> kLimits = {{
      {"limits.address_space", "Max address space"},
      {"limits.cpu_time", "Max cpu time"},
      {"limits.data", "Max data size"},
      {"limits.locked_memory", "Max locked memory"},
      {"limits.nice", "Max nice priority"},
      {"limits.realtime_priority", "Max realtime priority"},
      {"limits.resident_set", "Max resident set"},
      {"limits.stack", "Max stack size"},
  }};
  const std::string text = files.Read("/proc/self/limits").value_or("");
  for (const auto& [field, line] : kLimits) {
    const std::vector<std::string_view> words = ValueWords(text, line);
    out.Set(field, words.size() < 2 ? "" : absl::StrFormat("%s %s", words[0], words[1]));
  }
  const std::vector<std::string_view> files_limit = ValueWords(text, "Max open files");
  out.Set("limits.open_files_hard", files_limit.size() < 2 ? "" : std::string(files_limit[1]));
}

}  // namespace

void AddProcessFields(const HostProbe& probe, FieldSet& out) {
  const Cgroups cgroups(probe.files);
  out.Set("cgroup.cpu_limit", cgroups.CpuLimit());
  out.Set("cgroup.cpu_weight", cgroups.CpuWeight());
  out.Set("cgroup.cpus", cgroups.CpusetCpus());
  out.Set("cgroup.memory_nodes", cgroups.CpusetMemoryNodes());
  out.Set("cgroup.memory_limit", cgroups.MemoryLimit());
  AddScheduling(probe.files, out);
  AddLimits(probe.files, out);
}

}  // namespace benchfleet
