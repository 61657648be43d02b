// What a host is, for comparing results: `identity` (the hardware class: partitions series),
// `state` (configuration that an administrator or a reboot may change: explains shifts) and `host`
// (this one machine, without telling which).
//
// Canonical JSON, over which the digests are taken: one flat object; keys are dotted names in
// ascending byte order, each once; every value is a string, as the host's sources give it, without
// white space at its ends; no white space between tokens; '"' and '\' and control characters are
// escaped (\b \t \n \f \r, else \u00xx in lower case), a byte sequence that is not UTF-8 becomes
// U+FFFD, all else stands as it is. That is RFC 8785 for a flat object of strings with ASCII keys.
// The key "schema" names part and version. What a host does not have is said, not left out:
// kAbsent, kDenied, kNone (host_files.h).
//
// Nothing that moves by itself is in it: no load, frequency, temperature, free memory, addresses or
// device names. Decisions that go beyond the list of sources:
// - cpu.flags comes from CPUID, not from the kernel's list, which grows with kernels; the kernel's
// list
//   is kernel.cpu_flags, state. Where there is no CPUID (ARM) it is the kernel's list.
// - memory.total_gib and numa.memory_gib count the kernel's memory blocks, which firmware decides;
//   MemTotal depends on the kernel's reserves and may grow while a machine is up. It is the
//   fallback, rounded up.
// - cpufreq's limits differ between drivers and follow boost switches, so on x86 they are state
//   (cpufreq.hardware_*), and frequency.* is from CPUID 0x15 and 0x16; elsewhere frequency.* has
//   them.
// - kernel.cmdline: words sorted; words that name a boot or an installation (BOOT_IMAGE=, root=, …)
//   and everything after "--" (the init program's own) left out; any other UUID reads "UUID".
// - memory.dimm, machine.* and host need privileges on some systems: run an agent always as the
// same user.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/host/host_probe.h"

namespace benchfleet {

// Raised whenever the same machine would get another digest than before.
inline constexpr int kFingerprintSchema = 1;

enum class FieldPart { kIdentity, kState };

// The part that a field belongs to. Its name's first word decides: arch, cloud, cache, cpu,
// frequency, machine, memory, numa, tee and virt are identity, all else is state.
FieldPart PartOf(std::string_view field_name);

// A value: copyable, comparable.
struct Fingerprint {
  // All fields of both parts: "cpu.vendor" -> "AMD". For selectors and people.
  std::map<std::string, std::string> fields;
  std::string identity_json;  // canonical
  std::string state_json;     // canonical
  // SECRET: holds machine-id and product_uuid. Never sent, stored or logged.
  std::string host_json;

  std::string identity_digest;  // SHA-256 of identity_json, 64 hex digits
  std::string state_digest;     // SHA-256 of state_json
  // HMAC-SHA-256 of host_json under the coordinator's salt: two coordinators cannot match their
  // hosts. kAbsent when nothing names the machine, lest all such hosts look like one.
  std::string host_digest;

  bool operator==(const Fingerprint&) const = default;
};

// Reads everything; milliseconds of blocking I/O, so not while a run is measured, and not on a loop
// that others wait for. Cannot fail: a source that is not there is a value. Thread-safe.
Fingerprint CollectFingerprint(const HostProbe& probe, std::string_view host_salt);

struct FieldDifference {
  std::string name;
  FieldPart part = FieldPart::kState;
  std::string before;  // kAbsent when only the other has the field
  std::string after;
  bool operator==(const FieldDifference&) const = default;
};

// The fields that differ, identity first, then by name.
std::vector<FieldDifference> Differences(const Fingerprint& before, const Fingerprint& after);

// "cpufreq.governor: performance -> powersave".
std::string ToText(const FieldDifference& difference);

}  // namespace benchfleet
