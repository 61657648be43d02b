#include "agent/host/tuning.h"

#include <algorithm>
#include <string_view>

#include "agent/host/host_files.h"
#include "agent/host/scan.h"

namespace benchfleet {
namespace {

bool IsZero(std::string_view value) { return value == "0"; }
bool IsOne(std::string_view value) { return value == "1"; }
bool IsNotZero(std::string_view value) { return value != "0"; }
bool IsNotPerformance(std::string_view value) { return value != "performance"; }
bool IsAlways(std::string_view value) { return value == "always"; }
bool IsBattery(std::string_view value) { return value == "battery"; }
bool IsNone(std::string_view value) { return value == kNone; }
bool IsSome(std::string_view value) { return value != kNone; }
bool Disagrees(std::string_view value) { return value.find("(cpus ") != std::string_view::npos; }
// Read by a system call, and coarser or much slower than the CPU's own counter.
bool IsSlowClock(std::string_view value) {
  return value == "hpet" || value == "acpi_pm" || value.ends_with("jiffies");
}
// An enabled state below C1 and C1E: "POLL C1 C6".
bool SleepsDeeply(std::string_view value) {
  const std::vector<std::string_view> states = Words(value);
  return std::any_of(states.begin(), states.end(), [](std::string_view state) {
    return state.size() >= 2 && state[0] == 'C' && state[1] >= '2' && state[1] <= '9' &&
           !state.ends_with("(off)");
  });
}

struct Rule {
  const char* field;
  bool (*applies)(std::string_view value);
  const char* why;
  const char* change;
};

constexpr Rule kRules[] = {
    {"power.source", IsBattery, "on battery the firmware holds frequencies down",
     "connect the machine to the mains"},
    {"cgroup.cpu_limit", IsSome, "a CPU quota stops a run in the middle of each period",
     "run the agent in a control group without cpu.max"},
    {"microcode", Disagrees, "CPUs with different microcode are different machines",
     "update the microcode, then reboot"},
    {"clocksource.current", IsSlowClock, "reading the time takes a system call and is coarse",
     "boot with clocksource=tsc if the CPU's counter is stable"},
    {"cpufreq.governor", IsNotPerformance, "the frequency follows the load, with a delay",
     "cpupower frequency-set -g performance"},
    {"cpufreq.epp", IsNotPerformance, "the CPU saves energy where it thinks that nobody notices",
     "echo performance | tee "
     "/sys/devices/system/cpu/cpufreq/policy*/energy_performance_preference"},
    {"power.profile", IsNotPerformance, "the firmware trades speed for heat and noise",
     "echo performance > /sys/firmware/acpi/platform_profile"},
    {"cpufreq.intel_no_turbo", IsZero,
     "turbo depends on temperature and on how many cores are busy",
     "echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo"},
    {"cpufreq.boost", IsOne, "boost depends on temperature and on how many cores are busy",
     "echo 0 > /sys/devices/system/cpu/cpufreq/boost"},
    {"smt.active", IsOne, "two threads share a core, so a neighbour slows a run by a third or more",
     "echo off > /sys/devices/system/cpu/smt/control"},
    {"cpuidle.states", SleepsDeeply, "waking from deep sleep adds up to milliseconds to a latency",
     "cpupower idle-set --disable-by-latency 10"},
    {"swap.devices", IsSome, "a page that was swapped out costs a disk access in a run",
     "swapoff --all"},
    {"thp.enabled", IsAlways, "the kernel makes huge pages of memory at moments of its own",
     "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"},
    {"kernel.numa_balancing", IsNotZero, "the kernel moves pages between nodes during a run",
     "sysctl kernel.numa_balancing=0"},
    {"ksm.run", IsOne, "the kernel scans memory for equal pages, and merges them",
     "echo 0 > /sys/kernel/mm/ksm/run"},
    {"kernel.nmi_watchdog", IsOne, "a watchdog interrupts each CPU and holds a performance counter",
     "sysctl kernel.nmi_watchdog=0"},
    {"aslr", IsNotZero,
     "addresses differ from run to run, which spreads results (and without it one "
     "layout biases them all)",
     "setarch --addr-no-randomize before the command to be measured"},
    {"isolation.isolated", IsNone, "any process may be scheduled where a run is",
     "boot with isolcpus=… nohz_full=… for runs with one thread, and give the agent these CPUs"},
};

}  // namespace

std::vector<Advice> AdviseTuning(const Fingerprint& fingerprint) {
  std::vector<Advice> advices;
  for (const Rule& rule : kRules) {
    const auto field = fingerprint.fields.find(rule.field);
    if (field == fingerprint.fields.end()) continue;
    const std::string& value = field->second;
    if (value == kAbsent || value == kDenied || !rule.applies(value)) continue;
    advices.push_back(
        {.field = rule.field, .value = value, .why = rule.why, .change = rule.change});
  }
  return advices;
}

}  // namespace benchfleet
