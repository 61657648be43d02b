#include "agent/host/conditions.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "absl/strings/str_format.h"
#include "agent/host/scan.h"

namespace benchfleet {
namespace {

constexpr size_t kStatBytesMax = 1 << 20;  // The interrupts' line grows with the machine.
constexpr size_t kSmallBytesMax = 4096;

// /proc/stat counts in these.
absl::Duration Ticks(uint64_t count) {
  static const long per_second = sysconf(_SC_CLK_TCK);
  return static_cast<int64_t>(count) * absl::Seconds(1) / per_second;
}

// "some avg10=0.00 avg60=0.00 avg300=0.00 total=123" in microseconds.
std::optional<absl::Duration> PressureTotal(std::string_view text, std::string_view kind) {
  for (const std::string_view word : ValueWords(text, kind)) {
    if (!word.starts_with("total=")) continue;
    if (const auto total = ParseNumber<int64_t>(word.substr(6))) return absl::Microseconds(*total);
  }
  return std::nullopt;
}

std::optional<Pressure> ReadPressure(const HostFiles& files, const std::string& resource) {
  const std::optional<std::string> text = files.Read("/proc/pressure/" + resource, kSmallBytesMax);
  if (!text) return std::nullopt;
  const std::optional<absl::Duration> some = PressureTotal(*text, "some");
  if (!some) return std::nullopt;
  return Pressure{.some = *some, .full = PressureTotal(*text, "full")};
}

std::optional<CpuTimes> ParseCpuTimes(const std::vector<std::string_view>& words) {
  std::array<absl::Duration, 8> times;
  if (words.size() < times.size()) return std::nullopt;
  for (size_t i = 0; i < times.size(); ++i) {
    const std::optional<uint64_t> ticks = ParseNumber<uint64_t>(words[i]);
    if (!ticks) return std::nullopt;
    times[i] = Ticks(*ticks);
  }
  return CpuTimes{.user = times[0],
                  .nice = times[1],
                  .system = times[2],
                  .idle = times[3],
                  .iowait = times[4],
                  .irq = times[5],
                  .softirq = times[6],
                  .steal = times[7]};
}

void SampleLoad(const HostFiles& files, Conditions& conditions) {
  // "0.09 3.73 2.36 2/118 6788"
  const std::string text = files.Read("/proc/loadavg", kSmallBytesMax).value_or("");
  const std::vector<std::string_view> words = Words(text);
  if (words.size() < 4) return;
  conditions.load_1m = ParseNumber<double>(words[0]);
  conditions.load_5m = ParseNumber<double>(words[1]);
  conditions.load_15m = ParseNumber<double>(words[2]);
  const std::vector<std::string_view> tasks = Split(words[3], '/');
  if (tasks.size() == 2) conditions.tasks_total = ParseNumber<uint64_t>(tasks[1]);
}

std::optional<absl::Duration> ReadUptime(const HostFiles& files) {
  const std::string text = files.Read("/proc/uptime", kSmallBytesMax).value_or("");
  const std::vector<std::string_view> words = Words(text);
  const std::optional<double> seconds =
      words.empty() ? std::nullopt : ParseNumber<double>(words.front());
  if (!seconds) return std::nullopt;
  return absl::Seconds(*seconds);
}

}  // namespace

ConditionsSampler::ConditionsSampler(const HostFiles& files) : files_(files), cgroups_(files) {
  const std::string cpus = "/sys/devices/system/cpu/";
  for (const std::string& name : files.List(cpus + "cpufreq")) {
    if (name.starts_with("policy")) {
      frequency_files_.push_back(absl::StrFormat("%scpufreq/%s/scaling_cur_freq", cpus, name));
    }
  }
  for (const std::string& chip : files.List("/sys/class/hwmon")) {
    const std::string folder = "/sys/class/hwmon/" + chip + "/";
    for (const std::string& name : files.List(folder)) {
      if (name.starts_with("temp") && name.ends_with("_input")) {
        temperature_files_.push_back(folder + name);
      }
    }
  }
  for (const std::string& zone : files.List("/sys/class/thermal")) {
    if (zone.starts_with("thermal_zone")) {
      temperature_files_.push_back("/sys/class/thermal/" + zone + "/temp");
    }
  }
  for (const int cpu : ParseCpuList(files.Read(cpus + "online").value_or(""))) {
    for (const char* name : {"core_throttle_count", "package_throttle_count"}) {
      const std::string path = cpus + "cpu" + std::to_string(cpu) + "/thermal_throttle/" + name;
      if (files.Exists(path)) throttle_files_.push_back(path);
    }
  }
}

void ConditionsSampler::SampleStat(Conditions& conditions) const {
  const std::string stat = files_.Read("/proc/stat", kStatBytesMax).value_or("");
  conditions.cpu_times = ParseCpuTimes(ValueWords(stat, "cpu"));
  conditions.context_switches = ValueNumber(stat, "ctxt");
  conditions.interrupts = ValueNumber(stat, "intr");
  conditions.forks = ValueNumber(stat, "processes");
  conditions.tasks_running = ValueNumber(stat, "procs_running");
  conditions.tasks_blocked = ValueNumber(stat, "procs_blocked");
  // "cpu0", "cpu1", … begin lines behind the first.
  for (size_t at = stat.find("\ncpu"); at != std::string::npos; at = stat.find("\ncpu", at + 1)) {
    ++conditions.cpus;
  }
}

void ConditionsSampler::SampleMemory(Conditions& conditions) const {
  const std::string meminfo = files_.Read("/proc/meminfo").value_or("");
  const auto bytes = [&meminfo](std::string_view key) -> std::optional<uint64_t> {
    const std::optional<uint64_t> kib = ValueNumber(meminfo, key);
    if (!kib) return std::nullopt;
    return *kib * 1024;
  };
  conditions.memory_free_bytes = bytes("MemFree");
  conditions.memory_available_bytes = bytes("MemAvailable");
  conditions.memory_dirty_bytes = bytes("Dirty");
  const std::optional<uint64_t> swap_total = bytes("SwapTotal");
  const std::optional<uint64_t> swap_free = bytes("SwapFree");
  if (swap_total && swap_free && *swap_free <= *swap_total) {
    conditions.swap_used_bytes = *swap_total - *swap_free;
  }
}

void ConditionsSampler::SampleHeat(Conditions& conditions) const {
  std::vector<double> frequencies;
  for (const std::string& path : frequency_files_) {
    // "<unknown>" where the hardware does not say.
    if (const std::optional<uint64_t> khz = files_.Number(path)) {
      frequencies.push_back(static_cast<double>(*khz));
    }
  }
  if (!frequencies.empty()) {
    const auto [low, high] = std::minmax_element(frequencies.begin(), frequencies.end());
    conditions.frequency_khz_min = *low;
    conditions.frequency_khz_max = *high;
    double sum = 0;
    for (const double khz : frequencies) sum += khz;
    conditions.frequency_khz_mean = sum / static_cast<double>(frequencies.size());
  }
  for (const std::string& path : temperature_files_) {
    const std::optional<std::string> text = files_.Read(path, kSmallBytesMax);
    const std::optional<double> millidegrees = text ? ParseNumber<double>(*text) : std::nullopt;
    if (!millidegrees) continue;  // A sensor may be asleep.
    const double celsius = *millidegrees / 1000;
    conditions.temperature_celsius_max =
        std::max(conditions.temperature_celsius_max.value_or(celsius), celsius);
  }
  for (const std::string& path : throttle_files_) {
    const std::optional<uint64_t> count = files_.Number(path);
    if (count) conditions.thermal_throttles = conditions.thermal_throttles.value_or(0) + *count;
  }
}

Conditions ConditionsSampler::Sample() const {
  Conditions conditions;
  SampleLoad(files_, conditions);
  SampleStat(conditions);
  SampleMemory(conditions);
  SampleHeat(conditions);
  conditions.pressure_cpu = ReadPressure(files_, "cpu");
  conditions.pressure_memory = ReadPressure(files_, "memory");
  conditions.pressure_io = ReadPressure(files_, "io");
  conditions.uptime = ReadUptime(files_);
  conditions.boot_id =
      Trim(files_.Read("/proc/sys/kernel/random/boot_id", kSmallBytesMax).value_or(""));
  if (const std::optional<Cgroups::Throttling> throttling = cgroups_.CpuThrottling()) {
    conditions.cgroup_throttled_periods = throttling->periods;
    conditions.cgroup_throttled_time = absl::Nanoseconds(static_cast<int64_t>(throttling->time_ns));
  }
  return conditions;
}

}  // namespace benchfleet
