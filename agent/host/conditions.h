// What holds on a host at one moment, and what happened between two: sampled before and after a
// run, to tell whether somebody else disturbed it. Whatever a host does not tell is an empty
// optional.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "agent/host/cgroup.h"
#include "agent/host/host_files.h"

namespace benchfleet {

// Time of all CPUs together since boot, from /proc/stat; resolution 10 ms for each CPU. `user` and
// `nice` include guests'. Steal: the hypervisor ran somebody else although we wanted to run.
struct CpuTimes {
  absl::Duration user = absl::ZeroDuration();
  absl::Duration nice = absl::ZeroDuration();
  absl::Duration system = absl::ZeroDuration();
  absl::Duration idle = absl::ZeroDuration();
  absl::Duration iowait = absl::ZeroDuration();
  absl::Duration irq = absl::ZeroDuration();
  absl::Duration softirq = absl::ZeroDuration();
  absl::Duration steal = absl::ZeroDuration();
  absl::Duration Busy() const { return user + nice + system + irq + softirq; }
  bool operator==(const CpuTimes&) const = default;
};

// Pressure stall information since boot: how long some, or all (`full`), tasks waited for a
// resource.
struct Pressure {
  absl::Duration some;
  std::optional<absl::Duration> full;  // kernels before 5.13 do not tell it for the CPU
  bool operator==(const Pressure&) const = default;
};

// A value: copyable, comparable. Counters count since boot.
struct Conditions {
  std::optional<double> load_1m, load_5m, load_15m;
  std::optional<uint64_t> tasks_running, tasks_blocked, tasks_total;
  std::optional<Pressure> pressure_cpu, pressure_memory, pressure_io;
  std::optional<CpuTimes> cpu_times;
  int cpus = 0;  // online; 0 when not told
  std::optional<uint64_t> context_switches, interrupts, forks;
  std::optional<double> frequency_khz_min, frequency_khz_mean, frequency_khz_max;
  std::optional<double> temperature_celsius_max;
  // Summed over CPUs, so a package's count comes once for each of its CPUs: only a rise says
  // something.
  std::optional<uint64_t> thermal_throttles;
  std::optional<uint64_t> memory_free_bytes, memory_available_bytes, memory_dirty_bytes;
  std::optional<uint64_t> swap_used_bytes;
  std::optional<absl::Duration> uptime;
  std::string boot_id;  // "" when not told
  // Our control group and those above it.
  std::optional<uint64_t> cgroup_throttled_periods;
  std::optional<absl::Duration> cgroup_throttled_time;
  bool operator==(const Conditions&) const = default;
};

// Finds once where frequencies, temperatures and throttle counts are, then samples without
// searching. Thread-compatible. A sample blocks on small reads, about a tenth of a millisecond of
// CPU time on a small machine; each CPU with cpufreq or throttle counts adds a few reads.
class ConditionsSampler {
 public:
  explicit ConditionsSampler(const HostFiles& files);
  Conditions Sample() const;

 private:
  void SampleStat(Conditions& conditions) const;
  void SampleMemory(Conditions& conditions) const;
  void SampleHeat(Conditions& conditions) const;

  HostFiles files_;
  Cgroups cgroups_;
  std::vector<std::string> frequency_files_;    // kHz
  std::vector<std::string> temperature_files_;  // thousandths of a degree
  std::vector<std::string> throttle_files_;
};

// What happened between two samples. An empty optional where either sample lacks the source, or
// where the two are not of one boot.
struct ConditionsDelta {
  bool same_boot = true;  // false: the host restarted in between
  std::optional<absl::Duration> elapsed;
  int cpus = 0;  // online at the end
  std::optional<CpuTimes> cpu_times;
  // Of the time that all CPUs together had.
  std::optional<double> busy_ratio, steal_ratio, iowait_ratio;
  // Of the elapsed time.
  std::optional<double> pressure_cpu_some_ratio, pressure_cpu_full_ratio;
  std::optional<double> pressure_memory_some_ratio, pressure_memory_full_ratio;
  std::optional<double> pressure_io_some_ratio, pressure_io_full_ratio;
  std::optional<uint64_t> context_switches, interrupts, forks;
  std::optional<uint64_t> thermal_throttles;
  std::optional<uint64_t> cgroup_throttled_periods;
  std::optional<absl::Duration> cgroup_throttled_time;
};

ConditionsDelta DeltaOf(const Conditions& before, const Conditions& after);

// By name, for the wire and for people; what is absent has no entry. Durations in seconds, "load1",
// "temperature_celsius_max", "steal_ratio", …; boot_id is not a number and not in it.
std::map<std::string, double> NumbersOf(const Conditions& conditions);
std::map<std::string, double> NumbersOf(const ConditionsDelta& delta);

// When a run counts as undisturbed.
struct QuietLimits {
  // CPU time that the run did not use itself, of all that the CPUs had. Raise it on a host that
  // must do other things; above about 0.1 medians move.
  double foreign_cpu_ratio_max = 0.05;
  double steal_ratio_max = 0.01;
  // Time in which all tasks stood still for memory.
  double memory_stall_ratio_max = 0.01;
};

enum class Quiet {
  kQuiet,
  kNoisy,
  kUnknown,  // not enough was told to judge
};

struct QuietVerdict {
  Quiet quiet = Quiet::kUnknown;
  std::string reason;  // "" when quiet
  std::optional<double> foreign_cpu_ratio;
};

// The rule, first match:
// 1. the host restarted in between: noisy (such a run is void);
// 2. CPUs throttled for heat, or a cgroup's CPU quota held us up: noisy;
// 3. steal or memory stall above its limit: noisy;
// 4. /proc/stat absent, or so short a run that two ticks of each CPU (20 ms) exceed the foreign
// limit
//    (0.4 s for 5 %): unknown;
// 5. foreign CPU time above its limit: noisy; it is the busy time of all CPUs less `own_cpu_time`
//    (user and system of the run and its children, from wait4), never below 0;
// 6. otherwise quiet.
QuietVerdict JudgeQuiet(const ConditionsDelta& delta, absl::Duration own_cpu_time,
                        const QuietLimits& limits = {});

}  // namespace benchfleet
