// From two samples to what happened in between, and whether it was quiet.
#include <algorithm>

#include "absl/strings/str_format.h"
#include "agent/host/conditions.h"

namespace benchfleet {
namespace {

constexpr absl::Duration kTick = absl::Milliseconds(10);

std::optional<uint64_t> Rise(std::optional<uint64_t> before, std::optional<uint64_t> after) {
  // A counter of a CPU that went offline falls: then nothing can be said.
  if (!before || !after || *after < *before) return std::nullopt;
  return *after - *before;
}

CpuTimes Minus(const CpuTimes& a, const CpuTimes& b) {
  // The kernel's idle and iowait counters may step back by a tick.
  const auto minus = [](absl::Duration x, absl::Duration y) {
    return std::max(x - y, absl::ZeroDuration());
  };
  return {.user = minus(a.user, b.user),
          .nice = minus(a.nice, b.nice),
          .system = minus(a.system, b.system),
          .idle = minus(a.idle, b.idle),
          .iowait = minus(a.iowait, b.iowait),
          .irq = minus(a.irq, b.irq),
          .softirq = minus(a.softirq, b.softirq),
          .steal = minus(a.steal, b.steal)};
}

std::optional<double> Ratio(std::optional<absl::Duration> before,
                            std::optional<absl::Duration> after, absl::Duration whole) {
  if (!before || !after) return std::nullopt;
  return absl::FDivDuration(std::max(*after - *before, absl::ZeroDuration()), whole);
}

struct Ratios {
  std::optional<double> some;
  std::optional<double> full;
};

Ratios PressureRatios(const std::optional<Pressure>& before, const std::optional<Pressure>& after,
                      absl::Duration elapsed) {
  if (!before || !after) return {};
  return {.some = Ratio(before->some, after->some, elapsed),
          .full = Ratio(before->full, after->full, elapsed)};
}

void AddRatios(const Conditions& before, const Conditions& after, ConditionsDelta& delta) {
  if (!delta.elapsed || *delta.elapsed <= absl::ZeroDuration()) return;
  const absl::Duration elapsed = *delta.elapsed;
  const Ratios cpu = PressureRatios(before.pressure_cpu, after.pressure_cpu, elapsed);
  const Ratios memory = PressureRatios(before.pressure_memory, after.pressure_memory, elapsed);
  const Ratios io = PressureRatios(before.pressure_io, after.pressure_io, elapsed);
  delta.pressure_cpu_some_ratio = cpu.some;
  delta.pressure_cpu_full_ratio = cpu.full;
  delta.pressure_memory_some_ratio = memory.some;
  delta.pressure_memory_full_ratio = memory.full;
  delta.pressure_io_some_ratio = io.some;
  delta.pressure_io_full_ratio = io.full;
  if (!delta.cpu_times || after.cpus <= 0) return;
  const absl::Duration capacity = elapsed * after.cpus;
  delta.busy_ratio = absl::FDivDuration(delta.cpu_times->Busy(), capacity);
  delta.steal_ratio = absl::FDivDuration(delta.cpu_times->steal, capacity);
  delta.iowait_ratio = absl::FDivDuration(delta.cpu_times->iowait, capacity);
}

std::string Percent(double ratio) { return absl::StrFormat("%.1f %%", ratio * 100); }

// Rules 1 to 3: what disturbs whoever caused it. "" when nothing did.
std::string Disturbance(const ConditionsDelta& delta, const QuietLimits& limits) {
  if (!delta.same_boot) return "the host restarted during the run";
  if (delta.thermal_throttles.value_or(0) > 0) return "CPUs were throttled for heat";
  if (delta.cgroup_throttled_periods.value_or(0) > 0) {
    return absl::StrFormat("the control group's CPU quota held the run up in %d periods",
                           *delta.cgroup_throttled_periods);
  }
  if (delta.steal_ratio.value_or(0) > limits.steal_ratio_max) {
    return absl::StrFormat("the hypervisor took %s of the CPU time (limit %s)",
                           Percent(*delta.steal_ratio), Percent(limits.steal_ratio_max));
  }
  if (delta.pressure_memory_full_ratio.value_or(0) > limits.memory_stall_ratio_max) {
    return absl::StrFormat("everything waited for memory for %s of the time (limit %s)",
                           Percent(*delta.pressure_memory_full_ratio),
                           Percent(limits.memory_stall_ratio_max));
  }
  return "";
}

}  // namespace

ConditionsDelta DeltaOf(const Conditions& before, const Conditions& after) {
  ConditionsDelta delta;
  delta.cpus = after.cpus;
  delta.same_boot = before.boot_id == after.boot_id;
  if (!delta.same_boot) return delta;
  if (before.uptime && after.uptime) delta.elapsed = *after.uptime - *before.uptime;
  if (before.cpu_times && after.cpu_times) {
    delta.cpu_times = Minus(*after.cpu_times, *before.cpu_times);
  }
  AddRatios(before, after, delta);
  delta.context_switches = Rise(before.context_switches, after.context_switches);
  delta.interrupts = Rise(before.interrupts, after.interrupts);
  delta.forks = Rise(before.forks, after.forks);
  delta.thermal_throttles = Rise(before.thermal_throttles, after.thermal_throttles);
  delta.cgroup_throttled_periods =
      Rise(before.cgroup_throttled_periods, after.cgroup_throttled_periods);
  if (before.cgroup_throttled_time && after.cgroup_throttled_time) {
    delta.cgroup_throttled_time = *after.cgroup_throttled_time - *before.cgroup_throttled_time;
  }
  return delta;
}

QuietVerdict JudgeQuiet(const ConditionsDelta& delta, absl::Duration own_cpu_time,
                        const QuietLimits& limits) {
  QuietVerdict verdict;
  if (delta.busy_ratio) {
    const absl::Duration foreign = delta.cpu_times->Busy() - own_cpu_time;
    verdict.foreign_cpu_ratio =
        absl::FDivDuration(std::max(foreign, absl::ZeroDuration()), *delta.elapsed * delta.cpus);
  }
  verdict.reason = Disturbance(delta, limits);
  if (!verdict.reason.empty()) {
    verdict.quiet = Quiet::kNoisy;
    return verdict;
  }
  if (!verdict.foreign_cpu_ratio) {
    verdict.reason = "the host does not tell how its CPU time was used";
    return verdict;
  }
  if (2 * kTick > *delta.elapsed * limits.foreign_cpu_ratio_max) {
    verdict.reason = absl::StrFormat("%d ms are too short to tell foreign CPU time by 10 ms ticks",
                                     absl::ToInt64Milliseconds(*delta.elapsed));
    return verdict;
  }
  if (*verdict.foreign_cpu_ratio > limits.foreign_cpu_ratio_max) {
    verdict.quiet = Quiet::kNoisy;
    verdict.reason =
        absl::StrFormat("other processes used %s of the CPU time (limit %s)",
                        Percent(*verdict.foreign_cpu_ratio), Percent(limits.foreign_cpu_ratio_max));
    return verdict;
  }
  verdict.quiet = Quiet::kQuiet;
  return verdict;
}

}  // namespace benchfleet
