// CPUID with its ranges respected: a leaf above the highest that a CPU names is absent, whatever
// the instruction returns for it (Intel repeats the highest basic leaf).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/host/host_probe.h"

namespace benchfleet {

enum class CpuidRegister { kEax, kEbx, kEcx, kEdx };

// Borrows the probe.
class Cpuid {
 public:
  explicit Cpuid(const HostProbe& probe) : probe_(probe) {}

  // False where there is no CPUID instruction.
  bool present() const { return Leaf(0).has_value(); }
  std::optional<CpuidRegisters> Leaf(uint32_t leaf, uint32_t subleaf = 0) const;
  // False where the leaf is absent.
  bool Bit(uint32_t leaf, uint32_t subleaf, CpuidRegister from, int bit) const;

  // The signature of leaf 0x40000000 ("KVMKVMKVM"), "" when the hypervisor bit is not set.
  std::string HypervisorSignature() const;

 private:
  const HostProbe& probe_;
};

// The instruction set extensions that a program may use, named as in /proc/cpuinfo and sorted. From
// CPUID alone, so that neither a newer kernel that knows more names nor a mitigation that hides one
// changes the machine's identity. TSX (hle, rtm) is left out: microcode and a boot parameter switch
// it.
std::vector<std::string> InstructionSetExtensions(const Cpuid& cpuid);

}  // namespace benchfleet
