// The machine that the tests run on, whatever it is.
#include "agent/host/cpuid.h"
#include "agent/host/fingerprint.h"
#include "agent/host/scan.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using testing::AnyOf;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::MatchesRegex;
using testing::Not;

TEST(LiveHost, TellsWhatItIs) {
  const HostProbe probe = LiveHost("sha256:0123");
  const Fingerprint fingerprint = CollectFingerprint(probe, "salt");
  for (const std::string& digest : {fingerprint.identity_digest, fingerprint.state_digest}) {
    EXPECT_THAT(digest, MatchesRegex("[0-9a-f]{64}"));
  }
  EXPECT_THAT(fingerprint.host_digest, AnyOf(MatchesRegex("[0-9a-f]{64}"), kAbsent));
  for (const auto& [name, value] : fingerprint.fields) EXPECT_NE(value, "") << name;
  // What every Linux machine has.
  for (const char* name :
       {"arch", "cpu.vendor", "cpu.flags", "cpu.threads", "memory.total_gib", "kernel.release",
        "kernel.cmdline", "aslr", "libc", "compiler", "process.cpus", "limits.stack"}) {
    EXPECT_THAT(fingerprint.fields.at(name), Not(AnyOf(kAbsent, kDenied))) << name;
  }
  EXPECT_EQ(fingerprint.fields.at("container.image"), "sha256:0123");
  EXPECT_EQ(fingerprint, CollectFingerprint(probe, "salt"));
}

TEST(LiveHost, CountsTheOnlineCpus) {
  const absl::StatusOr<Topology> topology = LiveTopology();
  ASSERT_TRUE(topology.ok()) << topology.status();
  const std::string online = *HostFiles().Read("/sys/devices/system/cpu/online");
  EXPECT_EQ(topology->threads, static_cast<int>(ParseCpuList(online).size()));
  EXPECT_GE(topology->threads, topology->cores);
  EXPECT_GE(topology->cores, topology->packages);
  EXPECT_GE(topology->nodes.size(), 1u);
}

// The kernel hides some extensions (errata), so ours may be more, never fewer.
TEST(LiveHost, FindsTheInstructionsThatTheKernelKnows) {
  const HostProbe probe = LiveHost();
  if (!Cpuid(probe).present()) GTEST_SKIP() << "no CPUID here";
  const std::vector<std::string> ours = InstructionSetExtensions(Cpuid(probe));
  const std::string cpuinfo = *probe.files.Read("/proc/cpuinfo");
  std::vector<std::string> both;
  const std::vector<std::string_view> flags = ValueWords(cpuinfo, "flags\t\t");
  ASSERT_THAT(flags, Not(IsEmpty()));
  for (const std::string_view flag : flags) {
    for (const char* checked :
         {"fpu", "sse2", "cx16", "aes", "avx", "avx2", "avx512f", "bmi2", "fma", "sha_ni", "vaes",
          "avx512_vnni", "avx_vnni", "rdtscp", "xsavec", "clzero", "gfni", "fsrm", "amx_tile"}) {
      if (flag == checked) both.emplace_back(flag);
    }
  }
  EXPECT_THAT(ours, IsSupersetOf(both));
}

}  // namespace
}  // namespace benchfleet
