// Where a fingerprint and conditions come from: one bundle of readers, so that a test can be any
// host.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "agent/host/host_files.h"
#include "agent/host/topology.h"

namespace benchfleet {

struct CpuidRegisters {
  uint32_t eax = 0;
  uint32_t ebx = 0;
  uint32_t ecx = 0;
  uint32_t edx = 0;
};

// The part of uname(2) that is not a host's name.
struct KernelName {
  std::string release;  // "6.1.0-37-amd64"
  std::string version;  // "#1 SMP PREEMPT_DYNAMIC Debian 6.1.140-1 (2025-05-22)"
  std::string machine;  // "x86_64"
};

struct HostProbe {
  HostFiles files;
  // One CPUID leaf of whichever CPU we are on; nothing where there is no CPUID instruction.
  std::function<std::optional<CpuidRegisters>(uint32_t leaf, uint32_t subleaf)> cpuid;
  // A model-specific register of CPU 0; nothing where it cannot be read.
  std::function<std::optional<uint64_t>(uint32_t number)> msr;
  std::function<absl::StatusOr<Topology>()> topology;
  KernelName kernel;
  std::string libc = kAbsent;             // "glibc 2.36"
  std::string compiler = kAbsent;         // that built this program
  std::string container_image = kAbsent;  // digest, as whoever started the container tells it
};

// The machine that we run on. `container_image`: the digest of the image that the agent was started
// from, which nothing inside a container can find out; "" when there is none.
HostProbe LiveHost(const std::string& container_image = "");

}  // namespace benchfleet
