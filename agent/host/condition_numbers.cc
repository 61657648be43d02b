// Conditions as name and number, for the wire and for people.
#include "agent/host/conditions.h"

namespace benchfleet {
namespace {

using Numbers = std::map<std::string, double>;

void Put(Numbers& numbers, const char* name, const std::optional<double>& value) {
  if (value) numbers[name] = *value;
}

void Put(Numbers& numbers, const char* name, const std::optional<uint64_t>& value) {
  if (value) numbers[name] = static_cast<double>(*value);
}

void Put(Numbers& numbers, const char* name, const std::optional<absl::Duration>& value) {
  if (value) numbers[name] = absl::ToDoubleSeconds(*value);
}

void Put(Numbers& numbers, const std::string& resource, const std::optional<Pressure>& value) {
  if (!value) return;
  Put(numbers, ("pressure_" + resource + "_some_seconds").c_str(), std::optional(value->some));
  Put(numbers, ("pressure_" + resource + "_full_seconds").c_str(), value->full);
}

void Put(Numbers& numbers, const std::optional<CpuTimes>& times) {
  if (!times) return;
  numbers["cpu_user_seconds"] = absl::ToDoubleSeconds(times->user);
  numbers["cpu_nice_seconds"] = absl::ToDoubleSeconds(times->nice);
  numbers["cpu_system_seconds"] = absl::ToDoubleSeconds(times->system);
  numbers["cpu_idle_seconds"] = absl::ToDoubleSeconds(times->idle);
  numbers["cpu_iowait_seconds"] = absl::ToDoubleSeconds(times->iowait);
  numbers["cpu_irq_seconds"] = absl::ToDoubleSeconds(times->irq);
  numbers["cpu_softirq_seconds"] = absl::ToDoubleSeconds(times->softirq);
  numbers["cpu_steal_seconds"] = absl::ToDoubleSeconds(times->steal);
}

}  // namespace

Numbers NumbersOf(const Conditions& conditions) {
  Numbers numbers;
  Put(numbers, "load1", conditions.load_1m);
  Put(numbers, "load5", conditions.load_5m);
  Put(numbers, "load15", conditions.load_15m);
  Put(numbers, "tasks_running", conditions.tasks_running);
  Put(numbers, "tasks_blocked", conditions.tasks_blocked);
  Put(numbers, "tasks_total", conditions.tasks_total);
  Put(numbers, "cpu", conditions.pressure_cpu);
  Put(numbers, "memory", conditions.pressure_memory);
  Put(numbers, "io", conditions.pressure_io);
  Put(numbers, conditions.cpu_times);
  if (conditions.cpus > 0) numbers["cpus"] = conditions.cpus;
  Put(numbers, "context_switches", conditions.context_switches);
  Put(numbers, "interrupts", conditions.interrupts);
  Put(numbers, "forks", conditions.forks);
  Put(numbers, "frequency_khz_min", conditions.frequency_khz_min);
  Put(numbers, "frequency_khz_mean", conditions.frequency_khz_mean);
  Put(numbers, "frequency_khz_max", conditions.frequency_khz_max);
  Put(numbers, "temperature_celsius_max", conditions.temperature_celsius_max);
  Put(numbers, "thermal_throttles", conditions.thermal_throttles);
  Put(numbers, "memory_free_bytes", conditions.memory_free_bytes);
  Put(numbers, "memory_available_bytes", conditions.memory_available_bytes);
  Put(numbers, "memory_dirty_bytes", conditions.memory_dirty_bytes);
  Put(numbers, "swap_used_bytes", conditions.swap_used_bytes);
  Put(numbers, "uptime_seconds", conditions.uptime);
  Put(numbers, "cgroup_throttled_periods", conditions.cgroup_throttled_periods);
  Put(numbers, "cgroup_throttled_seconds", conditions.cgroup_throttled_time);
  return numbers;
}

Numbers NumbersOf(const ConditionsDelta& delta) {
  Numbers numbers;
  Put(numbers, "elapsed_seconds", delta.elapsed);
  Put(numbers, delta.cpu_times);
  Put(numbers, "busy_ratio", delta.busy_ratio);
  Put(numbers, "steal_ratio", delta.steal_ratio);
  Put(numbers, "iowait_ratio", delta.iowait_ratio);
  Put(numbers, "pressure_cpu_some_ratio", delta.pressure_cpu_some_ratio);
  Put(numbers, "pressure_cpu_full_ratio", delta.pressure_cpu_full_ratio);
  Put(numbers, "pressure_memory_some_ratio", delta.pressure_memory_some_ratio);
  Put(numbers, "pressure_memory_full_ratio", delta.pressure_memory_full_ratio);
  Put(numbers, "pressure_io_some_ratio", delta.pressure_io_some_ratio);
  Put(numbers, "pressure_io_full_ratio", delta.pressure_io_full_ratio);
  Put(numbers, "context_switches", delta.context_switches);
  Put(numbers, "interrupts", delta.interrupts);
  Put(numbers, "forks", delta.forks);
  Put(numbers, "thermal_throttles", delta.thermal_throttles);
  Put(numbers, "cgroup_throttled_periods", delta.cgroup_throttled_periods);
  Put(numbers, "cgroup_throttled_seconds", delta.cgroup_throttled_time);
  return numbers;
}

}  // namespace benchfleet
