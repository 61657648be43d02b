// What a platform says it is, source by source.
#include <sys/stat.h>
#include <unistd.h>

#include "agent/host/fields.h"
#include "agent/host/fingerprint.h"
#include "agent/host/test_tree.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

std::string Field(const TestTree& tree, const std::string& name) {
  return CollectFingerprint(tree.Probe(), "").fields.at(name);
}

TEST(Tee, SnpGuestWithoutMsrIsKnownByItsDevice) {
  const TestTree tree("epyc-snp-guest");
  EXPECT_EQ(Field(tree, "tee.kind"), "sev-snp");
  EXPECT_EQ(Field(tree, "tsc.secure"), "no");
  tree.Write("/msr", "0xc0010131 0x0000000000000805\n");
  EXPECT_EQ(Field(tree, "tsc.secure"), "yes");
  tree.Remove("/msr");
  EXPECT_EQ(Field(tree, "tee.kind"), "sev-snp");
  EXPECT_EQ(Field(tree, "tsc.secure"), "absent");
  tree.Remove("/dev/sev-guest");
  EXPECT_EQ(Field(tree, "tee.kind"), "none");
  tree.Write("/sys/devices/system/cpu/sev/vmpl", "0\n");
  EXPECT_EQ(Field(tree, "tee.kind"), "sev-snp");
}

TEST(Tee, SevWithoutSnpIsNone) {
  const TestTree tree("epyc-snp-guest");
  tree.Write("/msr", "0xc0010131 0x0000000000000003\n");  // SEV and SEV-ES only
  EXPECT_EQ(Field(tree, "tee.kind"), "none");
}

TEST(Tee, AnEpycThatRunsGuestsIsNoGuest) {
  const TestTree tree("epyc-snp-guest");
  tree.Edit("/cpuid", "ecx=0xfefa3203", "ecx=0x7efa3203");  // No hypervisor bit.
  EXPECT_EQ(Field(tree, "tee.kind"), "none");
  EXPECT_EQ(Field(tree, "virt.hypervisor"), "none");
}

TEST(Tee, HyperVTellsTheIsolation) {
  const TestTree tree("azure-vm");
  EXPECT_EQ(Field(tree, "tee.kind"), "none");
  tree.Edit("/cpuid", "ebx=0x003b8030", "ebx=0x007b8030");
  tree.Edit("/cpuid", "eax=0x4000000b", "eax=0x4000000c");
  const std::string dump = *tree.files().Read("/cpuid");
  for (const auto& [type, kind] :
       {std::pair("2", "sev-snp"), std::pair("3", "tdx"), std::pair("1", "none")}) {
    tree.Write("/cpuid", dump + "0x4000000c 0x00: eax=0x0 ebx=0x" + type + " ecx=0x0 edx=0x0\n");
    EXPECT_EQ(Field(tree, "tee.kind"), kind);
  }
}

TEST(Tee, TdxNitroAndSgx) {
  const TestTree tree("azure-vm");
  const std::string dump = *tree.files().Read("/cpuid");
  // Beyond the highest basic leaf (0x15) the signature does not count.
  const std::string leaf =
      "0x00000021 0x00: eax=0x0 ebx=0x65746e49 ecx=0x20202020 edx=0x5844546c\n";
  tree.Write("/cpuid", dump + leaf);
  EXPECT_EQ(Field(tree, "tee.kind"), "none");
  tree.Edit("/cpuid", "0x00000000 0x00: eax=0x00000015", "0x00000000 0x00: eax=0x00000021");
  EXPECT_EQ(Field(tree, "tee.kind"), "tdx");
  tree.Write("/cpuid", dump);
  tree.Write("/dev/sgx_enclave", "");
  EXPECT_EQ(Field(tree, "tee.kind"), "none");  // The CPU lacks it.
  tree.Edit("/cpuid", "ebx=0xf1bf07ab", "ebx=0xf1bf07af");
  EXPECT_EQ(Field(tree, "tee.kind"), "sgx");
  tree.Write("/dev/nsm", "");
  EXPECT_EQ(Field(tree, "tee.kind"), "nitro");
  EXPECT_EQ(Field(tree, "attestation.interfaces"), "/dev/nsm /dev/sgx_enclave");
}

TEST(Cloud, ByWhatTheFirmwareSays) {
  struct Case {
    const char* file;
    const char* text;
    const char* provider;
  };
  for (const Case& c :
       {Case{"product_name", "Google Compute Engine", "gcp"},
        Case{"product_serial", "GoogleCloud-1234", "gcp"},
        Case{"chassis_asset_tag", "OracleCloud.com", "oracle"},
        Case{"product_name", "Alibaba Cloud ECS", "alibaba"},
        Case{"product_name", "OpenStack Nova", "openstack"},
        Case{"product_version", "4.11.amazon", "aws"}, Case{"sys_vendor", "Hetzner", "hetzner"},
        Case{"sys_vendor", "DigitalOcean", "digitalocean"}, Case{"sys_vendor", "Vultr", "vultr"},
        Case{"sys_vendor", "Microsoft Corporation", "none"}}) {
    const TestTree tree;
    tree.Write("/sys/class/dmi/id/sys_vendor", "Somebody\n");
    tree.Write(std::string("/sys/class/dmi/id/") + c.file, std::string(c.text) + "\n");
    EXPECT_EQ(Field(tree, "cloud.provider"), c.provider) << c.text;
    EXPECT_EQ(Field(tree, "cloud.instance_type"), "absent") << c.text;
  }
  EXPECT_EQ(Field(TestTree("epyc-snp-guest"), "cloud.instance_type"), "m6a.xlarge");
}

TEST(Virtualization, WithoutCpuidTheFirmwareTells) {
  const TestTree tree("arm-server");
  EXPECT_EQ(Field(tree, "virt.hypervisor"), "absent");
  tree.Write("/sys/class/dmi/id/sys_vendor", "Amazon EC2\n");
  tree.Write("/sys/class/dmi/id/product_name", "c7g.large\n");
  EXPECT_EQ(Field(tree, "virt.hypervisor"), "kvm");
  tree.Write("/sys/class/dmi/id/product_name", "c7g.metal\n");
  EXPECT_EQ(Field(tree, "virt.hypervisor"), "none");
  tree.Write("/sys/hypervisor/type", "xen\n");
  EXPECT_EQ(Field(tree, "virt.hypervisor"), "xen");
}

TEST(Container, ByWhatItsManagerLeaves) {
  const TestTree tree;
  EXPECT_EQ(Field(tree, "container.kind"), "none");
  tree.Write("/proc/1/cgroup", "0::/kubepods.slice/pod1\n");
  EXPECT_EQ(Field(tree, "container.kind"), "kubernetes");
  tree.Write("/run/.containerenv", "");
  EXPECT_EQ(Field(tree, "container.kind"), "podman");
  tree.Write("/run/systemd/container", "systemd-nspawn\n");
  EXPECT_EQ(Field(tree, "container.kind"), "systemd-nspawn");
}

TEST(CommandLine, ForgetsBootsAndInstallations) {
  EXPECT_EQ(NormalizedCommandLine("quiet root=/dev/sda1 isolcpus=2-3 BOOT_IMAGE=/vmlinuz-1\n"),
            "isolcpus=2-3 quiet");
  EXPECT_EQ(NormalizedCommandLine("a=1 rd.luks.uuid=x rd.lvm.lv=y rdinit=/init -- --port 5"),
            "a=1 rdinit=/init");
  EXPECT_EQ(NormalizedCommandLine("dyndbg=\"file a +p\" b"), "b dyndbg=\"file a +p\"");
  EXPECT_EQ(NormalizedCommandLine("x=UUID=0A1b2c3d-1111-2222-3333-444455556666/y"),
            "x=UUID=UUID/y");
  EXPECT_EQ(NormalizedCommandLine("nearly=0a1b2c3d-1111-2222-3333-44445555666"),
            "nearly=0a1b2c3d-1111-2222-3333-44445555666");
  // Repeated words matter to the kernel ("console=" may come twice).
  EXPECT_EQ(NormalizedCommandLine("console=tty0 console=tty0"), "console=tty0 console=tty0");
  EXPECT_EQ(NormalizedCommandLine(""), "");
}

TEST(Power, SourceWithoutCharge) {
  const TestTree tree;
  EXPECT_EQ(Field(tree, "power.source"), "absent");
  const std::string supply = "/sys/class/power_supply/";
  tree.Write(supply + "mouse/type", "Battery\n");
  tree.Write(supply + "mouse/scope", "Device\n");
  tree.Write(supply + "mouse/status", "Discharging\n");
  EXPECT_EQ(Field(tree, "power.source"), "absent");
  tree.Write(supply + "BAT0/type", "Battery\n");
  tree.Write(supply + "BAT0/status", "Full\n");
  EXPECT_EQ(Field(tree, "power.source"), "mains");
  tree.Write(supply + "BAT0/status", "Discharging\n");
  tree.Write(supply + "AC/type", "Mains\n");
  tree.Write(supply + "AC/online", "0\n");
  EXPECT_EQ(Field(tree, "power.source"), "battery");
  tree.Write(supply + "AC/online", "1\n");
  EXPECT_EQ(Field(tree, "power.source"), "mains");
}

TEST(Idle, SwitchedOffStatesShow) {
  const TestTree tree("bare-metal-intel");
  EXPECT_EQ(Field(tree, "cpuidle.states"), "POLL C1 C1E C6");
  tree.Write("/sys/devices/system/cpu/cpu2/cpuidle/state3/disable", "1\n");
  EXPECT_EQ(Field(tree, "cpuidle.states"),
            "POLL C1 C1E C6 (cpus 0-1,3-7); POLL C1 C1E C6(off) (cpus 2)");
}

TEST(Fields, AreBoundedAtAWholeCharacter) {
  FieldSet set;
  set.Set("a", std::string(4095, 'x') + "ö tail");
  EXPECT_EQ(set.fields().at("a"), std::string(4095, 'x'));
  set.Set("b", std::string(4094, 'x') + "ö tail");
  EXPECT_EQ(set.fields().at("b"), std::string(4094, 'x') + "ö");
  set.Set("c", "");
  EXPECT_EQ(set.fields().at("c"), "absent");
}

TEST(Files, AbsentDeniedAndEmptyAreDifferent) {
  const TestTree tree;
  tree.Write("/empty", "\n");
  tree.Write("/value", "  two words \n");
  tree.Write("/secret", "x");
  const HostFiles files = tree.files();
  EXPECT_EQ(files.Value("/empty"), kNone);
  EXPECT_EQ(files.Value("/value"), "two words");
  EXPECT_EQ(files.Value("/missing"), kAbsent);
  EXPECT_EQ(files.Value("/"), kAbsent);  // A folder.
  EXPECT_EQ(files.Read("/value", 5), "  two");
  EXPECT_EQ(files.Number("/value"), std::nullopt);
  EXPECT_THAT(files.List("/"), testing::ElementsAre("empty", "secret", "value"));
  // Root may read everything, so be somebody else for a moment.
  ASSERT_EQ(chmod((files.root() + "/secret").c_str(), 0), 0);
  const uid_t user = geteuid();
  ASSERT_EQ(chmod(files.root().c_str(), 0755), 0);
  ASSERT_EQ(seteuid(user == 0 ? 65534 : user), 0);
  const std::string value = files.Value("/secret");
  const bool denied = files.IsDenied("/secret");
  ASSERT_EQ(seteuid(user), 0);
  EXPECT_EQ(value, kDenied);
  EXPECT_TRUE(denied);
  EXPECT_FALSE(files.IsDenied("/missing"));
}

}  // namespace
}  // namespace benchfleet
