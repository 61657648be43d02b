#include "agent/run_cgroup.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string_view>

#include "absl/strings/str_format.h"
#include "agent/host/cgroup.h"
#include "agent/host/host_files.h"

namespace benchfleet {
namespace {

constexpr char kPrefix[] = "benchfleet-";

bool WriteTo(const std::string& path, const std::string& text) {
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(fd);
  return written;
}

// A file of one number.
void TakeNumber(const std::string& path, double scale, const char* name,
                std::map<std::string, double>* figures) {
  std::ifstream file(path);
  double value = 0;
  if (file >> value) (*figures)[name] = value * scale;
}

// A file of "key number" lines; those keys that are listed.
void TakeKeys(const std::string& path, const std::string& prefix,
              const std::vector<std::string_view>& keys, std::map<std::string, double>* figures) {
  std::ifstream file(path);
  std::string key;
  double value = 0;
  while (file >> key >> value) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) (*figures)[prefix + key] = value;
  }
}

// "8:0 rbytes=1 wbytes=2 …" lines, summed over devices.
void TakeIo(const std::string& path, std::map<std::string, double>* figures) {
  std::ifstream file(path);
  std::string word;
  while (file >> word) {
    const size_t equals = word.find('=');
    const std::string key = word.substr(0, equals);
    if (equals == std::string::npos || (key != "rbytes" && key != "wbytes")) continue;
    (*figures)["io." + key] += std::strtod(word.c_str() + equals + 1, nullptr);
  }
}

// Groups of agents that are no more. Those that still have processes stay.
void RemoveLeftovers(const std::string& folder) {
  for (const std::string& name : HostFiles().List(folder)) {
    if (!name.starts_with(kPrefix)) continue;
    const int pid = std::atoi(name.c_str() + sizeof kPrefix - 1);
    if (pid > 0 && kill(pid, 0) != 0 && errno == ESRCH) rmdir((folder + "/" + name).c_str());
  }
}

// True when a group can be made there, and this process may put others into it.
bool IsUsable(const std::string& folder) {
  const std::string probe = absl::StrFormat("%s/%s%d-probe", folder, kPrefix, getpid());
  if (mkdir(probe.c_str(), 0755) != 0) return false;
  const bool usable = access((probe + "/cgroup.procs").c_str(), W_OK) == 0;
  rmdir(probe.c_str());
  return usable;
}

// Lets children of `folder` have controllers, as far as that is allowed.
void Delegate(const std::string& folder) {
  if (access((folder + "/cgroup.subtree_control").c_str(), W_OK) != 0) return;
  std::istringstream processes(HostFiles().Read(folder + "/cgroup.procs").value_or(""));
  int pid = 0;
  bool alone = true;
  while (processes >> pid) alone = alone && pid == getpid();
  if (!alone) return;
  const std::string own = folder + "/bench-agent";
  if (mkdir(own.c_str(), 0755) != 0 && errno != EEXIST) return;
  if (!WriteTo(own + "/cgroup.procs", "0")) return;
  for (const char* controller : {"+cpu", "+memory", "+io", "+pids"}) {
    WriteTo(folder + "/cgroup.subtree_control", controller);
  }
}

}  // namespace

CgroupHome CgroupHome::Prepare() {
  CgroupHome home;
  const Cgroups cgroups{HostFiles()};
  // A controller that is nowhere in version 1 is in version 2.
  for (const char* controller : {"memory", "cpuacct", "pids", "version 2"}) {
    const std::vector<std::string>& levels = cgroups.Levels(controller);
    if (levels.empty()) continue;
    std::string folder = levels.front();
    // A second life of this process's group: its parent is where the groups of runs are.
    if (!cgroups.IsVersion1(controller) && folder.ends_with("/bench-agent")) {
      folder.resize(folder.find_last_of('/'));
    }
    if (std::find(home.folders_.begin(), home.folders_.end(), folder) != home.folders_.end() ||
        !IsUsable(folder)) {
      continue;
    }
    RemoveLeftovers(folder);
    if (!cgroups.IsVersion1(controller)) Delegate(folder);
    home.folders_.push_back(folder);
  }
  return home;
}

RunCgroup::RunCgroup(const CgroupHome& home, RunId run) {
  for (const std::string& folder : home.folders()) {
    const std::string group =
        absl::StrFormat("%s/%s%d-run-%d", folder, kPrefix, getpid(), run.value);
    if (mkdir(group.c_str(), 0755) == 0) groups_.push_back(group);
  }
}

RunCgroup::~RunCgroup() {
  for (const std::string& group : groups_) rmdir(group.c_str());
}

std::vector<std::string> RunCgroup::procs_files() const {
  std::vector<std::string> files;
  for (const std::string& group : groups_) files.push_back(group + "/cgroup.procs");
  return files;
}

std::map<std::string, double> RunCgroup::Figures() const {
  std::map<std::string, double> figures;
  for (const std::string& group : groups_) {
    TakeNumber(group + "/memory.peak", 1, "memory.peak", &figures);
    TakeNumber(group + "/memory.max_usage_in_bytes", 1, "memory.peak", &figures);
    TakeKeys(group + "/memory.events", "memory.", {"oom_kill"}, &figures);
    TakeKeys(group + "/memory.oom_control", "memory.", {"oom_kill"}, &figures);
    TakeNumber(group + "/cpuacct.usage", 1e-3, "cpu.usage_usec", &figures);
    TakeKeys(group + "/cpu.stat", "cpu.",
             {"usage_usec", "user_usec", "system_usec", "nr_throttled", "throttled_usec"},
             &figures);
    TakeIo(group + "/io.stat", &figures);
    TakeNumber(group + "/pids.peak", 1, "pids.peak", &figures);
  }
  return figures;
}

}  // namespace benchfleet
