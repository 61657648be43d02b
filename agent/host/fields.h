// The sources of a fingerprint, one function per kind; fingerprint.cc calls them all. Internal.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "agent/host/host_probe.h"

namespace benchfleet {

class FieldSet {
 public:
  // An empty value becomes kAbsent; one above 4 KiB is cut at a whole UTF-8 character.
  void Set(std::string_view name, std::string value);
  const std::map<std::string, std::string>& fields() const { return fields_; }

 private:
  std::map<std::string, std::string> fields_;
};

// arch, cpu.*, cache.*, numa.*, frequency.*, microcode, kernel.cpu_flags, tsc.*
void AddCpuFields(const HostProbe& probe, FieldSet& out);
void AddTopologyFields(const HostProbe& probe, FieldSet& out);
// memory.*, numa.memory_gib
void AddMemoryFields(const HostProbe& probe, FieldSet& out);
// machine.*, firmware.*, virt.*, cloud.*, tee.*, attestation.*, container.*
void AddPlatformFields(const HostProbe& probe, FieldSet& out);
// kernel.*, libc, compiler, mitigations.*, thp.*, hugepages.*, aslr, swap.*, vm.*, ksm.*,
// clocksource.*
void AddKernelFields(const HostProbe& probe, FieldSet& out);
// frequency.*, cpufreq.*, cpuidle.*, smt.*, isolation.*, power.*
void AddPowerFields(const HostProbe& probe, FieldSet& out);
// cgroup.*, process.*, limits.*
void AddProcessFields(const HostProbe& probe, FieldSet& out);

// The kernel's command line without what names one boot or installation; rules in fingerprint.h.
std::string NormalizedCommandLine(std::string_view text);

}  // namespace benchfleet
