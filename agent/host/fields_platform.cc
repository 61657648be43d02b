// Whose machine it is: the board, the hypervisor, the cloud, the TEE, the container.
//
// The kind of TEE and of cloud are hints for people and selectors. They come from the host itself,
// which may say what it likes; only verified evidence makes a result "ran in a TEE".
#include <array>
#include <utility>
#include <vector>

#include "agent/host/cpuid.h"
#include "agent/host/fields.h"
#include "agent/host/scan.h"

namespace benchfleet {
namespace {

const std::string kDmi = "/sys/class/dmi/id/";

// Hypervisor signatures of CPUID leaf 0x40000000.
constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kHypervisors = {{
    {"KVMKVMKVM", "kvm"},
    {"Linux KVM Hv", "kvm"},
    {"Microsoft Hv", "hyper-v"},
    {"VMwareVMware", "vmware"},
    {"XenVMMXenVMM", "xen"},
    {"TCGTCGTCGTCG", "qemu"},
    {"VBoxVBoxVBox", "virtualbox"},
    {"bhyve bhyve ", "bhyve"},
    {"ACRNACRNACRN", "acrn"},
    {" lrpepyh  vr", "parallels"},
    {"QNXQVMBSQG", "qnx"},
    {"IntelTDX    ", "tdx"},
}};

bool StartsWith(const std::string& text, std::string_view start) { return text.starts_with(start); }

// Without CPUID (ARM), the firmware's vendor or the device tree tells.
std::string HypervisorWithoutCpuid(const HostFiles& files) {
  if (files.Exists("/proc/device-tree/hypervisor/compatible")) {
    return files.Value("/proc/device-tree/hypervisor/compatible");
  }
  const std::string vendor = files.Value(kDmi + "sys_vendor");
  const std::string product = files.Value(kDmi + "product_name");
  if (vendor == "QEMU" || StartsWith(product, "KVM")) return "kvm";
  if (vendor == "Google" && product == "Google Compute Engine") return "kvm";
  if (vendor == "Amazon EC2") return product.find(".metal") == std::string::npos ? "kvm" : kNone;
  if (vendor == "Microsoft Corporation" && product == "Virtual Machine") return "hyper-v";
  if (StartsWith(vendor, "VMware")) return "vmware";
  return kAbsent;  // It may be bare metal, or a hypervisor that does not show itself.
}

std::string Hypervisor(const HostProbe& probe, const Cpuid& cpuid) {
  std::string type = probe.files.Value("/sys/hypervisor/type");
  if (type != kAbsent && type != kDenied && type != kNone) return type;
  if (!cpuid.present()) return HypervisorWithoutCpuid(probe.files);
  if (!cpuid.Bit(1, 0, CpuidRegister::kEcx, 31)) return kNone;
  std::string signature = cpuid.HypervisorSignature();
  for (const auto& [known, name] : kHypervisors) {
    if (signature == known) return std::string(name);
  }
  return signature.empty() ? "unnamed" : signature;
}

struct Cloud {
  std::string provider;
  std::string instance_type = kAbsent;  // Google and Azure tell it by their metadata service alone.
};

Cloud DetectCloud(const HostFiles& files) {
  const std::string vendor = files.Value(kDmi + "sys_vendor");
  const std::string product = files.Value(kDmi + "product_name");
  const std::string chassis = files.Value(kDmi + "chassis_asset_tag");
  if (vendor == "Amazon EC2") return {.provider = "aws", .instance_type = product};
  if (files.Value(kDmi + "product_version").find("amazon") != std::string::npos) {
    return {.provider = "aws"};  // The older instances, on Xen.
  }
  if (product == "Google Compute Engine" ||
      StartsWith(files.Value(kDmi + "product_serial"), "GoogleCloud-")) {
    return {.provider = "gcp"};
  }
  // "Microsoft Corporation" alone is any Hyper-V.
  if (chassis == "7783-7084-3265-9085-8269-3286-77") return {.provider = "azure"};
  if (chassis == "OracleCloud.com") return {.provider = "oracle"};
  if (product == "Alibaba Cloud ECS") return {.provider = "alibaba"};
  if (StartsWith(product, "OpenStack ")) return {.provider = "openstack"};
  if (vendor == "Scaleway") return {.provider = "scaleway", .instance_type = product};
  if (vendor == "Hetzner") return {.provider = "hetzner"};
  if (vendor == "DigitalOcean") return {.provider = "digitalocean"};
  if (vendor == "Vultr") return {.provider = "vultr"};
  return {.provider = vendor == kAbsent ? kAbsent : kNone};
}

// Hyper-V's own leaves: 0x40000003 EBX bit 22 grants isolation, 0x4000000c EBX bits 3:0 its type.
std::string HyperVIsolation(const Cpuid& cpuid) {
  if (cpuid.HypervisorSignature() != "Microsoft Hv" ||
      !cpuid.Bit(0x40000003, 0, CpuidRegister::kEbx, 22)) {
    return "";
  }
  const std::optional<CpuidRegisters> isolation = cpuid.Leaf(0x4000000c);
  switch (isolation ? isolation->ebx & 15 : 0) {
    case 2:
      return "sev-snp";
    case 3:
      return "tdx";
    default:
      return "";
  }
}

// CPUID 0x8000001f EAX bit 1 is set on the bare processor too; a guest sees it with a hypervisor.
bool IsSnpGuest(const HostProbe& probe, const Cpuid& cpuid) {
  if (cpuid.HypervisorSignature().empty() || !cpuid.Bit(0x8000001f, 0, CpuidRegister::kEax, 1)) {
    return false;
  }
  if (probe.msr) {
    if (const std::optional<uint64_t> sev_status = probe.msr(0xc0010131)) {
      return (*sev_status >> 2 & 1) != 0;
    }
  }
  return probe.files.Exists("/sys/devices/system/cpu/sev/vmpl") ||
         probe.files.Exists("/sys/hypervisor/sev/vmpl") || probe.files.Exists("/dev/sev-guest");
}

bool IsTdxGuest(const HostProbe& probe, const Cpuid& cpuid) {
  const std::optional<CpuidRegisters> leaf = cpuid.Leaf(0x21);
  // "IntelTDX    " in EBX, EDX, ECX.
  const bool signature =
      leaf && leaf->ebx == 0x65746e49 && leaf->edx == 0x5844546c && leaf->ecx == 0x20202020;
  return signature || probe.files.Exists("/dev/tdx_guest");
}

std::string TeeKind(const HostProbe& probe, const Cpuid& cpuid) {
  std::string isolation = HyperVIsolation(cpuid);
  if (!isolation.empty()) return isolation;
  if (IsSnpGuest(probe, cpuid)) return "sev-snp";
  if (IsTdxGuest(probe, cpuid)) return "tdx";
  if (probe.files.Exists("/dev/nsm")) return "nitro";
  if (cpuid.Bit(7, 0, CpuidRegister::kEbx, 2) && probe.files.Exists("/dev/sgx_enclave")) {
    return "sgx";
  }
  return kNone;
}

// Where evidence could be asked for; modules come and go, so this is state.
std::string AttestationInterfaces(const HostFiles& files) {
  std::string found;
  for (const char* path : {"/sys/kernel/config/tsm/report", "/dev/sev-guest", "/dev/tdx_guest",
                           "/dev/nsm", "/dev/sgx_enclave", "/dev/attestation/quote"}) {
    if (files.Exists(path)) AppendTo(found, " ", path);
  }
  return found.empty() ? kNone : found;
}

std::string ContainerKind(const HostFiles& files) {
  std::string manager = files.Value("/run/systemd/container");
  if (manager != kAbsent && manager != kNone && manager != kDenied) return manager;
  if (files.Exists("/run/.containerenv")) return "podman";
  const std::string cgroup = files.Read("/proc/1/cgroup").value_or("");
  if (cgroup.find("kubepods") != std::string::npos) return "kubernetes";
  if (files.Exists("/.dockerenv") || cgroup.find("/docker") != std::string::npos) return "docker";
  if (cgroup.find("/lxc") != std::string::npos) return "lxc";
  return kNone;
}

}  // namespace

void AddPlatformFields(const HostProbe& probe, FieldSet& out) {
  const HostFiles& files = probe.files;
  const Cpuid cpuid(probe);
  out.Set("machine.vendor", files.Value(kDmi + "sys_vendor"));
  out.Set("machine.product", files.Value(kDmi + "product_name"));
  out.Set("firmware.vendor", files.Value(kDmi + "bios_vendor"));
  out.Set("firmware.version", files.Value(kDmi + "bios_version"));
  out.Set("firmware.date", files.Value(kDmi + "bios_date"));
  out.Set("virt.hypervisor", Hypervisor(probe, cpuid));
  const Cloud cloud = DetectCloud(files);
  out.Set("cloud.provider", cloud.provider);
  out.Set("cloud.instance_type", cloud.instance_type);
  out.Set("tee.kind", TeeKind(probe, cpuid));
  out.Set("attestation.interfaces", AttestationInterfaces(files));
  out.Set("container.kind", ContainerKind(files));
  out.Set("container.image", probe.container_image);
}

}  // namespace benchfleet
