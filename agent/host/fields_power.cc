// How fast the CPUs may run and how deep they may sleep.
#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "agent/host/fields.h"
#include "agent/host/scan.h"

namespace benchfleet {
namespace {

const std::string kCpus = "/sys/devices/system/cpu/";

using CpuValues = std::vector<std::pair<int, std::string>>;

// CPUs whose frequency is set together, and the folder that sets it.
struct Policy {
  std::vector<int> cpus;
  std::string folder;
};

std::vector<Policy> Policies(const HostFiles& files) {
  std::vector<Policy> policies;
  for (const std::string& name : files.List(kCpus + "cpufreq")) {
    if (!name.starts_with("policy")) continue;
    const std::string folder = absl::StrFormat("%scpufreq/%s/", kCpus, name);
    std::vector<int> cpus;
    const std::string affected = files.Read(folder + "affected_cpus").value_or("");
    for (const std::string_view word : Words(affected)) {
      if (const std::optional<int> cpu = ParseNumber<int>(word)) cpus.push_back(*cpu);
    }
    if (!cpus.empty()) policies.push_back({.cpus = cpus, .folder = folder});  // Else all offline.
  }
  return policies;
}

// One value for all CPUs, or each with its CPUs.
std::string PolicyValue(const HostFiles& files, const std::vector<Policy>& policies,
                        const std::string& file) {
  CpuValues values;
  for (const Policy& policy : policies) {
    const std::string value = files.Value(policy.folder + file);
    for (const int cpu : policy.cpus) values.emplace_back(cpu, value);
  }
  return MergeCpuValues(values);
}

void AddFrequencyFields(const HostProbe& probe, FieldSet& out) {
  const HostFiles& files = probe.files;
  const auto policies = Policies(files);
  const std::string minimum = PolicyValue(files, policies, "cpuinfo_min_freq");
  const std::string maximum = PolicyValue(files, policies, "cpuinfo_max_freq");
  const std::string base = PolicyValue(files, policies, "base_frequency");
  const bool by_cpuid = probe.cpuid && probe.cpuid(0, 0).has_value();
  out.Set("frequency.min_khz", by_cpuid ? kAbsent : minimum);
  out.Set("frequency.max_khz", by_cpuid ? kAbsent : maximum);
  out.Set("cpufreq.hardware_min_khz", minimum);
  out.Set("cpufreq.hardware_max_khz", maximum);
  out.Set("cpufreq.base_khz", base);
  out.Set("cpufreq.driver", PolicyValue(files, policies, "scaling_driver"));
  out.Set("cpufreq.governor", PolicyValue(files, policies, "scaling_governor"));
  out.Set("cpufreq.epp", PolicyValue(files, policies, "energy_performance_preference"));
  out.Set("cpufreq.min_khz", PolicyValue(files, policies, "scaling_min_freq"));
  out.Set("cpufreq.max_khz", PolicyValue(files, policies, "scaling_max_freq"));
  out.Set("cpufreq.boost", files.Value(kCpus + "cpufreq/boost"));
  out.Set("cpufreq.policy_boost", PolicyValue(files, policies, "boost"));
  out.Set("cpufreq.intel_no_turbo", files.Value(kCpus + "intel_pstate/no_turbo"));
  out.Set("cpufreq.intel_pstate", files.Value(kCpus + "intel_pstate/status"));
  out.Set("cpufreq.intel_min_percent", files.Value(kCpus + "intel_pstate/min_perf_pct"));
  out.Set("cpufreq.intel_max_percent", files.Value(kCpus + "intel_pstate/max_perf_pct"));
  out.Set("cpufreq.amd_pstate", files.Value(kCpus + "amd_pstate/status"));
}

// "POLL C1 C6(off)" of one CPU.
std::string IdleStates(const HostFiles& files, int cpu) {
  const std::string folder = kCpus + "cpu" + std::to_string(cpu) + "/cpuidle/";
  std::vector<std::pair<int, std::string>> states;
  for (const std::string& name : files.List(folder)) {
    if (!name.starts_with("state")) continue;
    const std::optional<int> number = ParseNumber<int>(name.substr(5));
    if (!number) continue;
    const bool off = files.Number(folder + name + "/disable").value_or(0) != 0;
    states.emplace_back(*number, files.Value(folder + name + "/name") + (off ? "(off)" : ""));
  }
  std::sort(states.begin(), states.end());
  std::string text;
  for (const auto& [number, state] : states) AppendTo(text, " ", state);
  return text;
}

void AddIdleFields(const HostFiles& files, FieldSet& out) {
  out.Set("cpuidle.driver", files.Value(kCpus + "cpuidle/current_driver"));
  out.Set("cpuidle.governor", files.Value(kCpus + "cpuidle/current_governor"));
  CpuValues states;
  for (const int cpu : ParseCpuList(files.Read(kCpus + "online").value_or(""))) {
    states.emplace_back(cpu, IdleStates(files, cpu));
  }
  out.Set("cpuidle.states", MergeCpuValues(states));
}

// "mains" or "battery", without the charge, which moves by itself; "" on a machine with no
// supplies.
std::string PowerSource(const HostFiles& files) {
  const std::string folder = "/sys/class/power_supply/";
  bool battery = false;
  bool discharging = false;
  for (const std::string& name : files.List(folder)) {
    const std::string type = files.Value(folder + name + "/type");
    // A mouse or a headset has a battery too, of scope "Device".
    if (files.Value(folder + name + "/scope") == "Device") continue;
    if (type == "Battery") {
      battery = true;
      discharging |= files.Value(folder + name + "/status") == "Discharging";
    } else if (files.Number(folder + name + "/online").value_or(0) != 0) {
      return "mains";
    }
  }
  if (!battery) return "";
  return discharging ? "battery" : "mains";
}

}  // namespace

void AddPowerFields(const HostProbe& probe, FieldSet& out) {
  const HostFiles& files = probe.files;
  AddFrequencyFields(probe, out);
  AddIdleFields(files, out);
  out.Set("smt.control", files.Value(kCpus + "smt/control"));
  out.Set("smt.active", files.Value(kCpus + "smt/active"));
  out.Set("isolation.isolated", files.Value(kCpus + "isolated"));
  const std::string nohz_full = files.Value(kCpus + "nohz_full");
  out.Set("isolation.nohz_full", nohz_full == "(null)" ? kNone : nohz_full);  // Older kernels.
  out.Set("power.source", PowerSource(files));
  out.Set("power.profile", files.Value("/sys/firmware/acpi/platform_profile"));
}

}  // namespace benchfleet
