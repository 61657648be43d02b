#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif
#if defined(__GLIBC__)
#include <gnu/libc-version.h>
#endif

#include "agent/host/host_probe.h"

namespace benchfleet {
namespace {

std::optional<CpuidRegisters> LiveCpuid([[maybe_unused]] uint32_t leaf,
                                        [[maybe_unused]] uint32_t subleaf) {
#if defined(__x86_64__) || defined(__i386__)
  CpuidRegisters registers;
  __cpuid_count(leaf, subleaf, registers.eax, registers.ebx, registers.ecx, registers.edx);
  return registers;
#else
  return std::nullopt;
#endif
}

// Needs the msr module and CAP_SYS_RAWIO.
std::optional<uint64_t> LiveMsr(uint32_t number) {
  const int fd = open("/dev/cpu/0/msr", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  uint64_t value = 0;
  const ssize_t got = pread(fd, &value, sizeof(value), static_cast<off_t>(number));
  close(fd);
  if (got != sizeof(value)) return std::nullopt;
  return value;
}

KernelName LiveKernelName() {
  utsname name = {};
  if (uname(&name) != 0) return {.release = kAbsent, .version = kAbsent, .machine = kAbsent};
  return {.release = name.release, .version = name.version, .machine = name.machine};
}

std::string LibcName() {
#if defined(__GLIBC__)
  return std::string("glibc ") + gnu_get_libc_version();
#else
  return kAbsent;
#endif
}

std::string CompilerName() {
#if defined(__clang__)
  return __VERSION__;  // Begins with "Clang".
#else
  return std::string("GCC ") + __VERSION__;
#endif
}

}  // namespace

HostProbe LiveHost(const std::string& container_image) {
  HostProbe probe;
  probe.cpuid = LiveCpuid;
  probe.msr = LiveMsr;
  probe.topology = LiveTopology;
  probe.kernel = LiveKernelName();
  probe.libc = LibcName();
  probe.compiler = CompilerName();
  if (!container_image.empty()) probe.container_image = container_image;
  return probe;
}

}  // namespace benchfleet
