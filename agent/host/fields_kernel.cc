// The kernel and how it manages memory, time and known CPU weaknesses.
#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/str_format.h"
#include "agent/host/fields.h"
#include "agent/host/scan.h"

namespace benchfleet {
namespace {

// Words that name one boot or one installation, or that only a boot loader reads.
constexpr std::array<std::string_view, 14> kForgottenWords = {
    "BOOT_IMAGE",       "initrd",  "root", "rootflags", "resume",  "resume_offset",
    "cryptdevice",      "ostree",  "ds",   "ip",        "nfsroot", "systemd.machine_id",
    "systemd.hostname", "hostname"};

bool IsForgotten(std::string_view word) {
  const std::string_view key = word.substr(0, word.find('='));
  // The initial RAM disk's rd.luks.uuid=, rd.lvm.lv=, rd.md.uuid=: where the root file system is.
  if (key.starts_with("rd.luks") || key.starts_with("rd.lvm") || key.starts_with("rd.md"))
    return true;
  return std::find(kForgottenWords.begin(), kForgottenWords.end(), key) != kForgottenWords.end();
}

// Splits at white space outside double quotes, as the kernel does; stops at "--".
std::vector<std::string> KernelWords(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false;
  const auto finish = [&] {
    if (!word.empty()) words.push_back(word);
    word.clear();
  };
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\0';
    if (quoted || !blank) {
      word += c;
      continue;
    }
    if (word == "--") return words;
    finish();
  }
  if (word != "--") finish();
  return words;
}

bool IsUuidAt(std::string_view text, size_t at) {
  constexpr std::string_view kShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (text.size() - at < kShape.size()) return false;
  for (size_t i = 0; i < kShape.size(); ++i) {
    const char c = text[at + i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (kShape[i] == '-' ? c != '-' : !hex) return false;
  }
  return true;
}

std::string WithoutUuids(std::string_view word) {
  std::string result;
  for (size_t i = 0; i < word.size();) {
    const bool uuid = IsUuidAt(word, i);
    result += uuid ? std::string("UUID") : std::string(1, word[i]);
    i += uuid ? 36 : 1;
  }
  return result;
}

// "SMP PREEMPT_DYNAMIC" in the version, as lscpu and uname show it.
std::string PreemptionModel(const std::string& version) {
  for (const std::string_view word : Words(version)) {
    if (word.starts_with("PREEMPT")) return std::string(word);
  }
  return version.empty() || version == kAbsent ? kAbsent : kNone;
}

// "partition 8388604 KiB, priority -2" for each, without names and what is used.
std::string SwapDevices(const HostFiles& files) {
  const std::optional<std::string> text = files.Read("/proc/swaps");
  if (!text) return kAbsent;
  std::vector<std::string> devices;
  for (const std::string_view line : Split(*text, '\n')) {
    const std::vector<std::string_view> words = Words(line);
    if (words.size() < 5 || words[0] == "Filename") continue;
    const bool zram = words[0].find("zram") != std::string_view::npos;
    devices.push_back(absl::StrFormat(
        "%s %s KiB, priority %s", zram ? std::string_view("zram") : words[1], words[2], words[4]));
  }
  std::sort(devices.begin(), devices.end());
  std::string joined;
  for (const std::string& device : devices) AppendTo(joined, "; ", device);
  return joined.empty() ? kNone : joined;
}

void AddMitigations(const HostFiles& files, FieldSet& out) {
  const std::string folder = "/sys/devices/system/cpu/vulnerabilities/";
  const std::vector<std::string> names = files.List(folder);
  if (names.empty()) out.Set("mitigations", kAbsent);
  for (const std::string& name : names) out.Set("mitigations." + name, files.Value(folder + name));
}

// "always [madvise] never" -> "madvise".
std::string Chosen(const std::string& choices) {
  const size_t open = choices.find('[');
  const size_t close = choices.find(']', open == std::string::npos ? 0 : open);
  if (open == std::string::npos || close == std::string::npos) return choices;
  return choices.substr(open + 1, close - open - 1);
}

void AddMemoryManagement(const HostFiles& files, FieldSet& out) {
  const std::string thp = "/sys/kernel/mm/transparent_hugepage/";
  out.Set("thp.enabled", Chosen(files.Value(thp + "enabled")));
  out.Set("thp.defrag", Chosen(files.Value(thp + "defrag")));
  const std::string meminfo = files.Read("/proc/meminfo").value_or("");
  const auto meminfo_text = [&meminfo](std::string_view key) {
    const std::optional<uint64_t> number = ValueNumber(meminfo, key);
    return number ? std::to_string(*number) : "";
  };
  out.Set("hugepages.total", meminfo_text("HugePages_Total"));
  out.Set("hugepages.size_kib", meminfo_text("Hugepagesize"));
  out.Set("aslr", files.Value("/proc/sys/kernel/randomize_va_space"));
  out.Set("swap.devices", SwapDevices(files));
  for (const char* name :
       {"swappiness", "overcommit_memory", "overcommit_ratio", "zone_reclaim_mode"}) {
    out.Set(absl::StrFormat("vm.%s", name), files.Value(absl::StrFormat("/proc/sys/vm/%s", name)));
  }
  out.Set("ksm.run", files.Value("/sys/kernel/mm/ksm/run"));
}

}  // namespace

std::string NormalizedCommandLine(std::string_view text) {
  std::vector<std::string> words = KernelWords(text);
  std::erase_if(words, [](const std::string& word) { return IsForgotten(word); });
  for (std::string& word : words) word = WithoutUuids(word);
  std::sort(words.begin(), words.end());
  std::string line;
  for (const std::string& word : words) AppendTo(line, " ", word);
  return line;
}

void AddKernelFields(const HostProbe& probe, FieldSet& out) {
  const HostFiles& files = probe.files;
  out.Set("kernel.release", probe.kernel.release);
  out.Set("kernel.version", probe.kernel.version);
  out.Set("kernel.preemption", PreemptionModel(probe.kernel.version));
  const std::optional<std::string> command_line = files.Read("/proc/cmdline");
  const std::string normalized = NormalizedCommandLine(command_line.value_or(""));
  out.Set("kernel.cmdline", command_line && normalized.empty() ? kNone : normalized);
  out.Set("kernel.numa_balancing", files.Value("/proc/sys/kernel/numa_balancing"));
  out.Set("kernel.nmi_watchdog", files.Value("/proc/sys/kernel/nmi_watchdog"));
  out.Set("libc", probe.libc);
  out.Set("compiler", probe.compiler);
  const std::string clock = "/sys/devices/system/clocksource/clocksource0/";
  out.Set("clocksource.current", files.Value(clock + "current_clocksource"));
  out.Set("clocksource.available", files.Value(clock + "available_clocksource"));
  AddMitigations(files, out);
  AddMemoryManagement(files, out);
}

}  // namespace benchfleet
