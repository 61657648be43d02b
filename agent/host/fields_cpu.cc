// What kind of CPU it is, and what its microcode and its time stamp counter are like.
#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "agent/host/cpuid.h"
#include "agent/host/fields.h"
#include "agent/host/scan.h"

namespace benchfleet {
namespace {

constexpr size_t kCpuInfoBytesMax = 8 << 20;  // About 2 KiB for each CPU.

// /proc/cpuinfo by key, each with what every CPU says.
class CpuInfo {
 public:
  explicit CpuInfo(std::string_view text) {
    int cpu = 0;
    for (const std::string_view line : Split(text, '\n')) {
      const size_t colon = line.find(':');
      if (colon == std::string_view::npos) continue;
      const std::string_view key = Trim(line.substr(0, colon));
      const std::string_view value = Trim(line.substr(colon + 1));
      if (key == "processor") {
        cpu = ParseNumber<int>(value).value_or(cpu);
      } else if (std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end()) {
        values_[key].emplace_back(cpu, value);
      }
    }
  }

  // All CPUs' values as one (MergeCpuValues); "" when no CPU has the key.
  std::string Get(std::string_view key) const {
    const auto found = values_.find(key);
    return found == values_.end() ? "" : MergeCpuValues(found->second);
  }

 private:
  // Everything else there fluctuates or is told better elsewhere.
  static constexpr std::array<std::string_view, 13> kKeys = {
      "vendor_id",        "cpu family", "model",       "model name",  "stepping",
      "microcode",        "flags",      "Features",    "CPU variant", "CPU implementer",
      "CPU architecture", "CPU part",   "CPU revision"};
  std::map<std::string_view, std::vector<std::pair<int, std::string>>> values_;
};

using NamePair = std::pair<std::string_view, std::string_view>;

// ARM's implementer codes: Arm Architecture Reference Manual, MIDR_EL1, and Linux's cputype.h.
constexpr std::array<NamePair, 20> kVendors = {{
    {"AuthenticAMD", "AMD"},
    {"GenuineIntel", "Intel"},
    {"HygonGenuine", "Hygon"},
    {"CentaurHauls", "Centaur"},
    {"  Shanghai  ", "Zhaoxin"},
    {"Shanghai", "Zhaoxin"},
    {"0x41", "ARM"},
    {"0x42", "Broadcom"},
    {"0x43", "Cavium"},
    {"0x46", "Fujitsu"},
    {"0x48", "HiSilicon"},
    {"0x4e", "NVIDIA"},
    {"0x50", "APM"},
    {"0x51", "Qualcomm"},
    {"0x53", "Samsung"},
    {"0x56", "Marvell"},
    {"0x61", "Apple"},
    {"0x6d", "Microsoft"},
    {"0x70", "Phytium"},
    {"0xc0", "Ampere"},
}};

constexpr std::array<NamePair, 16> kArmParts = {{
    {"0xd03", "Cortex-A53"},
    {"0xd05", "Cortex-A55"},
    {"0xd07", "Cortex-A57"},
    {"0xd08", "Cortex-A72"},
    {"0xd09", "Cortex-A73"},
    {"0xd0a", "Cortex-A75"},
    {"0xd0b", "Cortex-A76"},
    {"0xd0c", "Neoverse-N1"},
    {"0xd0d", "Cortex-A77"},
    {"0xd40", "Neoverse-V1"},
    {"0xd41", "Cortex-A78"},
    {"0xd49", "Neoverse-N2"},
    {"0xd4f", "Neoverse-V2"},
    {"0xd83", "Neoverse-V3AE"},
    {"0xd84", "Neoverse-V3"},
    {"0xd8e", "Neoverse-N3"},
}};

template <size_t N>
std::string NameOf(const std::array<NamePair, N>& table, std::string_view code) {
  for (const auto& [known, name] : table) {
    if (known == code) return std::string(name);
  }
  return "";
}

std::string Sorted(std::string_view words_text) {
  std::vector<std::string_view> words = Words(words_text);
  std::sort(words.begin(), words.end());
  std::string sorted;
  for (const std::string_view word : words) AppendTo(sorted, " ", word);
  return sorted;
}

std::string Joined(const std::vector<std::string>& words) {
  std::string joined;
  for (const std::string& word : words) AppendTo(joined, " ", word);
  return joined;
}

void AddArmIdentity(const HostProbe& probe, const CpuInfo& info, FieldSet& out) {
  const std::string implementer = info.Get("CPU implementer");
  const std::string part = info.Get("CPU part");
  const std::string vendor = NameOf(kVendors, implementer);
  out.Set("cpu.vendor", vendor.empty() ? implementer : vendor);
  out.Set("cpu.vendor_id", implementer);
  out.Set("cpu.family", info.Get("CPU architecture"));
  out.Set("cpu.model", part);
  out.Set("cpu.model_name", implementer == "0x41" ? NameOf(kArmParts, part) : "");
  const std::string variant = info.Get("CPU variant");
  const std::string revision = info.Get("CPU revision");
  out.Set("cpu.stepping", variant.empty() ? "" : variant + " r" + revision);
  out.Set("cpu.midr",
          probe.files.Value("/sys/devices/system/cpu/cpu0/regs/identification/midr_el1"));
  out.Set("cpu.flags", Sorted(info.Get("Features")));
}

void AddX86Identity(const HostProbe& probe, const CpuInfo& info, FieldSet& out) {
  const std::string vendor_id = info.Get("vendor_id");
  const std::string vendor = NameOf(kVendors, vendor_id);
  out.Set("cpu.vendor", vendor.empty() ? vendor_id : vendor);
  out.Set("cpu.vendor_id", vendor_id);
  out.Set("cpu.family", info.Get("cpu family"));
  out.Set("cpu.model", info.Get("model"));
  out.Set("cpu.model_name", info.Get("model name"));
  out.Set("cpu.stepping", info.Get("stepping"));
  out.Set("cpu.midr", kAbsent);
  out.Set("cpu.flags", Joined(InstructionSetExtensions(Cpuid(probe))));
}

// CPUID 0x15: TSC clock = crystal * EBX / EAX; 0x16: EAX base, EBX maximum, ECX bus, in MHz.
void AddCpuidFrequency(const Cpuid& cpuid, FieldSet& out) {
  const std::optional<CpuidRegisters> tsc = cpuid.Leaf(0x15);
  const bool has_ratio = tsc && tsc->eax != 0 && tsc->ebx != 0;
  out.Set("frequency.tsc_ratio", has_ratio ? absl::StrFormat("%d/%d", tsc->ebx, tsc->eax) : "");
  out.Set("frequency.crystal_hz", has_ratio && tsc->ecx != 0 ? std::to_string(tsc->ecx) : "");
  const std::optional<CpuidRegisters> limits = cpuid.Leaf(0x16);
  const auto mhz = [](uint32_t value) {
    return (value & 0xffff) == 0 ? "" : std::to_string(value & 0xffff);
  };
  out.Set("frequency.base_mhz", limits ? mhz(limits->eax) : "");
  out.Set("frequency.max_mhz", limits ? mhz(limits->ebx) : "");
  out.Set("frequency.bus_mhz", limits ? mhz(limits->ecx) : "");
}

void AddTscFields(const HostProbe& probe, std::string_view flags, FieldSet& out) {
  const std::vector<std::string_view> words = Words(flags);
  for (const std::string_view flag : {"constant_tsc", "nonstop_tsc", "tsc_reliable"}) {
    const bool set = std::find(words.begin(), words.end(), flag) != words.end();
    out.Set("tsc." + std::string(flag), words.empty() ? "" : (set ? "yes" : "no"));
  }
  // SEV_STATUS exists in guests with memory encryption; bit 11 is Secure TSC.
  std::optional<uint64_t> sev_status;
  const Cpuid cpuid(probe);
  if (probe.msr && !cpuid.HypervisorSignature().empty() &&
      cpuid.Bit(0x8000001f, 0, CpuidRegister::kEax, 1)) {
    sev_status = probe.msr(0xc0010131);
  }
  out.Set("tsc.secure", !sev_status ? "" : ((*sev_status >> 11 & 1) != 0 ? "yes" : "no"));
}

}  // namespace

void AddCpuFields(const HostProbe& probe, FieldSet& out) {
  const std::string text = probe.files.Read("/proc/cpuinfo", kCpuInfoBytesMax).value_or("");
  const CpuInfo info(text);
  out.Set("arch", probe.kernel.machine);
  if (info.Get("CPU implementer").empty()) {
    AddX86Identity(probe, info, out);
  } else {
    AddArmIdentity(probe, info, out);
  }
  out.Set("cpu.online", probe.files.Value("/sys/devices/system/cpu/online"));
  out.Set("cpu.present", probe.files.Value("/sys/devices/system/cpu/present"));
  // Where a machine mixes cores, their kinds; the PMU drivers are named after them.
  out.Set("cpu.performance_cores", probe.files.Value("/sys/devices/cpu_core/cpus"));
  out.Set("cpu.efficiency_cores", probe.files.Value("/sys/devices/cpu_atom/cpus"));
  AddCpuidFrequency(Cpuid(probe), out);

  std::string microcode = info.Get("microcode");
  if (microcode.empty()) {
    microcode = probe.files.Value("/sys/devices/system/cpu/cpu0/microcode/version");
  }
  out.Set("microcode", microcode);
  const std::string flags = info.Get("flags");
  out.Set("kernel.cpu_flags", Sorted(flags.empty() ? info.Get("Features") : flags));
  AddTscFields(probe, flags, out);
}

}  // namespace benchfleet
