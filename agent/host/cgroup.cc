#include "agent/host/cgroup.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "agent/host/scan.h"

namespace benchfleet {
namespace {

constexpr size_t kMountInfoBytesMax = 1 << 20;
constexpr size_t kLevelsMax = 64;

struct Mount {
  std::string_view root;  // of the hierarchy, that is seen at `point`
  std::string_view point;
  std::string_view type;  // "cgroup" or "cgroup2"
  std::string_view options;
};

// proc(5): id parent device root point options [tags] - type source options
std::vector<Mount> CgroupMounts(std::string_view mountinfo) {
  std::vector<Mount> mounts;
  for (const std::string_view line : Split(mountinfo, '\n')) {
    const size_t dash = line.find(" - ");
    if (dash == std::string_view::npos) continue;
    const std::vector<std::string_view> before = Words(line.substr(0, dash));
    const std::vector<std::string_view> after = Words(line.substr(dash + 3));
    if (before.size() < 5 || after.size() < 3 || !after[0].starts_with("cgroup")) continue;
    mounts.push_back(
        {.root = before[3], .point = before[4], .type = after[0], .options = after[2]});
  }
  return mounts;
}

bool HasController(std::string_view comma_list, std::string_view controller) {
  const std::vector<std::string_view> names = Split(comma_list, ',');
  return std::find(names.begin(), names.end(), controller) != names.end();
}

// The group's folder and its parents, up to the mount point. In a container the mount may show only
// a part of the hierarchy (`root`); a path that is not below it means the mount point itself.
std::vector<std::string> Climb(const Mount& mount, std::string_view path) {
  const std::string_view root = mount.root == "/" ? "" : mount.root;
  std::string below;
  if (path.starts_with(root) && path.find("..") == std::string_view::npos) {
    below = path.substr(root.size());
  }
  while (!below.empty() && below.back() == '/') below.pop_back();
  std::vector<std::string> levels;
  while (!below.empty() && levels.size() < kLevelsMax) {
    levels.push_back(std::string(mount.point) + below);
    below.resize(below.find_last_of('/'));
  }
  levels.emplace_back(mount.point);
  return levels;
}

}  // namespace

Cgroups::Cgroups(HostFiles files) : files_(std::move(files)) {
  const std::string mountinfo =
      files_.Read("/proc/self/mountinfo", kMountInfoBytesMax).value_or("");
  const std::vector<Mount> mounts = CgroupMounts(mountinfo);
  const std::string groups = files_.Read("/proc/self/cgroup").value_or("");
  for (const std::string_view line : Split(groups, '\n')) {
    // hierarchy:controllers:path
    const size_t first = line.find(':');
    const size_t second = line.find(':', first == std::string_view::npos ? first : first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const std::string_view path = line.substr(second + 1);
    if (path.empty() || path.front() != '/') continue;
    for (const Mount& mount : mounts) {
      if (mount.type == "cgroup2" && controllers.empty() && version2_.empty()) {
        version2_ = Climb(mount, path);
      }
      if (mount.type != "cgroup") continue;
      for (const std::string_view controller : Split(controllers, ',')) {
        if (!controller.empty() && HasController(mount.options, controller)) {
          version1_.emplace(controller, Climb(mount, path));
        }
      }
    }
  }
}

const std::vector<std::string>& Cgroups::Levels(const std::string& controller) const {
  const auto found = version1_.find(controller);
  return found == version1_.end() ? version2_ : found->second;
}

bool Cgroups::IsVersion1(const std::string& controller) const {
  return version1_.count(controller) > 0;
}

std::string Cgroups::CpuLimit() const {
  std::optional<double> cpus_min;
  bool told = false;
  for (const std::string& level : Levels("cpu")) {
    std::string text;
    if (IsVersion1("cpu")) {
      text = files_.Read(level + "/cpu.cfs_quota_us").value_or("") + " " +
             files_.Read(level + "/cpu.cfs_period_us").value_or("");
    } else {
      text = files_.Read(level + "/cpu.max").value_or("");
    }
    const std::vector<std::string_view> words = Words(text);
    if (words.size() != 2) continue;
    told = true;
    const auto quota = ParseNumber<int64_t>(words[0]);  // Not a number ("max") or -1: no limit.
    const auto period = ParseNumber<int64_t>(words[1]);
    if (!quota || !period || *quota <= 0 || *period <= 0) continue;
    const double cpus = static_cast<double>(*quota) / static_cast<double>(*period);
    cpus_min = std::min(cpus_min.value_or(cpus), cpus);
  }
  if (!told) return kAbsent;
  return cpus_min ? absl::StrFormat("%.3f", *cpus_min) : kNone;
}

std::string Cgroups::MemoryLimit() const {
  constexpr uint64_t kNoLimit = uint64_t{1} << 62;  // Version 1 says "none" with a number above.
  std::optional<uint64_t> bytes_min;
  bool told = false;
  const char* file = IsVersion1("memory") ? "/memory.limit_in_bytes" : "/memory.max";
  for (const std::string& level : Levels("memory")) {
    const std::optional<std::string> text = files_.Read(level + file);
    if (!text) continue;
    told = true;
    const std::optional<uint64_t> bytes = ParseNumber<uint64_t>(*text);
    if (bytes && *bytes < kNoLimit) bytes_min = std::min(bytes_min.value_or(*bytes), *bytes);
  }
  if (!told) return kAbsent;
  return bytes_min ? std::to_string(*bytes_min) : kNone;
}

std::string Cgroups::CpuWeight() const {
  const std::vector<std::string>& levels = Levels("cpu");
  if (levels.empty()) return kAbsent;
  return files_.Value(levels.front() + (IsVersion1("cpu") ? "/cpu.shares" : "/cpu.weight"));
}

std::string Cgroups::CpusetCpus() const {
  const std::vector<std::string>& levels = Levels("cpuset");
  if (levels.empty()) return kAbsent;
  return files_.Value(levels.front() +
                      (IsVersion1("cpuset") ? "/cpuset.effective_cpus" : "/cpuset.cpus.effective"));
}

std::string Cgroups::CpusetMemoryNodes() const {
  const std::vector<std::string>& levels = Levels("cpuset");
  if (levels.empty()) return kAbsent;
  return files_.Value(levels.front() +
                      (IsVersion1("cpuset") ? "/cpuset.effective_mems" : "/cpuset.mems.effective"));
}

std::optional<Cgroups::Throttling> Cgroups::CpuThrottling() const {
  std::optional<Throttling> total;
  for (const std::string& level : Levels("cpu")) {
    const std::optional<std::string> stat = files_.Read(level + "/cpu.stat");
    if (!stat) continue;
    const std::optional<uint64_t> periods = ValueNumber(*stat, "nr_throttled");
    if (!periods) continue;
    if (!total) total.emplace();
    total->periods += *periods;
    total->time_ns += ValueNumber(*stat, "throttled_usec").value_or(0) * 1000 +
                      ValueNumber(*stat, "throttled_time").value_or(0);
  }
  return total;
}

}  // namespace benchfleet
