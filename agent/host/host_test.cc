// Whole hosts: fixture trees against golden canonical JSON, what moves which digest, and this
// machine.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "agent/host/fingerprint.h"
#include "agent/host/test_tree.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::MatchesRegex;

constexpr char kSalt[] = "coordinator-1";

Fingerprint Collect(const TestTree& tree) { return CollectFingerprint(tree.Probe(), kSalt); }

std::vector<std::string> ChangedFields(const Fingerprint& a, const Fingerprint& b) {
  std::vector<std::string> names;
  for (const FieldDifference& difference : Differences(a, b)) names.push_back(difference.name);
  return names;
}

// UPDATE_GOLDEN=1 rewrites the file instead.
void ExpectGolden(const std::string& name, const std::string& text) {
  const std::string path = TestDataDir() + name;
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << text << '\n';
    return;
  }
  EXPECT_EQ(ReadTestFile(path), text + '\n') << "differs from " << path;
}

class FixtureTest : public testing::TestWithParam<const char*> {};

TEST_P(FixtureTest, MatchesGolden) {
  const Fingerprint fingerprint = Collect(TestTree(GetParam()));
  ExpectGolden(std::string(GetParam()) + ".identity.json", fingerprint.identity_json);
  ExpectGolden(std::string(GetParam()) + ".state.json", fingerprint.state_json);
}

TEST_P(FixtureTest, IsTheSameTwice) {
  const TestTree tree(GetParam());
  EXPECT_EQ(Collect(tree), Collect(tree));
  // Another folder, another time.
  EXPECT_EQ(Collect(tree), Collect(TestTree(GetParam())));
}

TEST_P(FixtureTest, FieldsAreTheTwoDocuments) {
  const Fingerprint fingerprint = Collect(TestTree(GetParam()));
  std::map<std::string, std::string> both = nlohmann::json::parse(fingerprint.identity_json);
  EXPECT_EQ(both["schema"], "benchfleet.identity/1");
  const std::map<std::string, std::string> state = nlohmann::json::parse(fingerprint.state_json);
  EXPECT_EQ(state.at("schema"), "benchfleet.state/1");
  for (const auto& [name, value] : state) EXPECT_EQ(PartOf(name), FieldPart::kState) << name;
  both.insert(state.begin(), state.end());
  both.erase("schema");
  EXPECT_EQ(both, fingerprint.fields);
  for (const auto& [name, value] : fingerprint.fields) EXPECT_NE(value, "") << name;
}

INSTANTIATE_TEST_SUITE_P(Hosts, FixtureTest,
                         testing::Values("bare-metal-intel", "epyc-snp-guest", "azure-vm",
                                         "arm-server", "bare-container"),
                         [](const auto& host) {
                           std::string name = host.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Fingerprint, GovernorIsStateOnly) {
  const TestTree tree("bare-metal-intel");
  const Fingerprint before = Collect(tree);
  for (int cpu = 0; cpu < 8; ++cpu) {
    tree.Write("/sys/devices/system/cpu/cpufreq/policy" + std::to_string(cpu) + "/scaling_governor",
               "performance\n");
  }
  const Fingerprint after = Collect(tree);
  EXPECT_EQ(before.identity_digest, after.identity_digest);
  EXPECT_NE(before.state_digest, after.state_digest);
  EXPECT_EQ(before.host_digest, after.host_digest);
  const std::vector<FieldDifference> differences = Differences(before, after);
  ASSERT_EQ(differences.size(), 1u);
  EXPECT_EQ(ToText(differences[0]), "cpufreq.governor: powersave -> performance");
  EXPECT_EQ(differences[0].part, FieldPart::kState);
}

TEST(Fingerprint, WhatMovesByItselfChangesNothing) {
  const TestTree tree("bare-metal-intel");
  const Fingerprint before = Collect(tree);
  tree.Write("/proc/loadavg", "9.99 8.88 7.77 20/400 99999\n");
  tree.Edit("/proc/meminfo", "MemFree:        8", "MemFree:        1");
  tree.Edit("/proc/meminfo", "Dirty:              2048", "Dirty:              4096");
  tree.Edit("/proc/swaps", "1024\t\t-2", "2097148\t\t-2");
  tree.Edit("/proc/cpuinfo", "cpu MHz\t\t: 2500.000", "cpu MHz\t\t: 4100.000");
  tree.Write("/proc/uptime", "99999.00 1.00\n");
  tree.Write("/proc/sys/kernel/random/boot_id", "99999999-2222-4333-8444-555555555555\n");
  tree.Write("/sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq", "4100000\n");
  tree.Write("/sys/class/hwmon/hwmon0/temp1_input", "99000\n");
  tree.Edit("/proc/cmdline", "0a1b2c3d", "ffffffff");
  tree.Edit("/proc/cmdline", "6.1.0-37", "6.1.0-38");
  tree.Write("/sys/devices/system/node/node0/meminfo", "Node 0 MemTotal: 1000000 kB\n");
  EXPECT_EQ(before, Collect(tree));
}

TEST(Fingerprint, ANewKernelIsStateOnly) {
  const TestTree tree("bare-metal-intel");
  const Fingerprint before = Collect(tree);
  tree.Edit("/kernel", "6.1.0-37-amd64", "6.12.9-amd64");
  tree.Edit("/proc/cpuinfo", "pti ibrs", "pti brand_new_flag ibrs");
  tree.Edit("/proc/meminfo", "16227112", "15227112");  // It reserves more.
  const Fingerprint after = Collect(tree);
  EXPECT_EQ(before.identity_digest, after.identity_digest);
  EXPECT_THAT(ChangedFields(before, after), ElementsAre("kernel.cpu_flags", "kernel.release"));
}

TEST(Fingerprint, TurboIsStateOnlyAlthoughItMovesTheHardwareLimit) {
  const TestTree tree("bare-metal-intel");
  const Fingerprint before = Collect(tree);
  tree.Write("/sys/devices/system/cpu/intel_pstate/no_turbo", "1\n");
  for (int cpu = 0; cpu < 8; ++cpu) {
    const std::string policy = "/sys/devices/system/cpu/cpufreq/policy" + std::to_string(cpu);
    tree.Write(policy + "/cpuinfo_max_freq", "2500000\n");
  }
  EXPECT_THAT(ChangedFields(before, Collect(tree)),
              ElementsAre("cpufreq.hardware_max_khz", "cpufreq.intel_no_turbo"));
}

TEST(Fingerprint, HardwareChangesIdentity) {
  const TestTree tree("bare-metal-intel");
  const Fingerprint before = Collect(tree);
  tree.Write("/sys/devices/system/memory/memory16/state", "online\n");
  tree.Write("/sys/devices/system/node/node1/memory16/state", "online\n");
  const Fingerprint after = Collect(tree);
  EXPECT_NE(before.identity_digest, after.identity_digest);
  EXPECT_EQ(before.state_digest, after.state_digest);
  EXPECT_THAT(ChangedFields(before, after), ElementsAre("memory.total_gib", "numa.memory_gib"));
}

TEST(Fingerprint, ShowsCpusThatDisagree) {
  const TestTree tree("bare-metal-intel");
  std::string text = *tree.files().Read("/proc/cpuinfo");
  const size_t fourth = text.find("processor\t: 3");
  text.replace(text.find("0x2b000639", fourth), 10, "0x2b000111");
  tree.Write("/proc/cpuinfo", text);
  EXPECT_EQ(Collect(tree).fields["microcode"], "0x2b000639 (cpus 0-2,4-7); 0x2b000111 (cpus 3)");
}

TEST(Fingerprint, IdentityComesFirstAmongDifferences) {
  const Fingerprint intel = Collect(TestTree("bare-metal-intel"));
  const Fingerprint arm = Collect(TestTree("arm-server"));
  const std::vector<FieldDifference> differences = Differences(intel, arm);
  EXPECT_TRUE(
      std::is_sorted(differences.begin(), differences.end(), [](const auto& a, const auto& b) {
        return std::pair(a.part, a.name) < std::pair(b.part, b.name);
      }));
  // Only one of the two has this field at all.
  EXPECT_THAT(differences, testing::Contains(FieldDifference{.name = "mitigations.meltdown",
                                                             .part = FieldPart::kState,
                                                             .before = "Not affected",
                                                             .after = "absent"}));
  EXPECT_THAT(Differences(intel, intel), IsEmpty());
}

TEST(Fingerprint, HostDigestIsSaltedAndNamesNobody) {
  const TestTree tree("epyc-snp-guest");
  const Fingerprint one = CollectFingerprint(tree.Probe(), "a");
  const Fingerprint other = CollectFingerprint(tree.Probe(), "b");
  EXPECT_THAT(one.host_digest, MatchesRegex("[0-9a-f]{64}"));
  EXPECT_NE(one.host_digest, other.host_digest);
  EXPECT_EQ(one.identity_digest, other.identity_digest);
  for (const std::string& json : {one.identity_json, one.state_json}) {
    EXPECT_EQ(json.find("ec2abcdef"), std::string::npos);
    EXPECT_EQ(json.find("ec2e1916"), std::string::npos);
    EXPECT_EQ(json.find("i-0123456789"), std::string::npos);
  }
  tree.Write("/etc/machine-id", "uninitialized\n");
  tree.Remove("/sys/class/dmi/id/product_uuid");
  EXPECT_EQ(Collect(tree).host_digest, kAbsent);
}

TEST(Fingerprint, AMalformedTopologyIsAbsent) {
  const TestTree tree("azure-vm");
  tree.Write("/topology.xml", "<topology version=\"2.0\"><object");
  const Fingerprint fingerprint = Collect(tree);
  EXPECT_EQ(fingerprint.fields.at("cpu.cores"), kAbsent);
  EXPECT_EQ(fingerprint.fields.at("cpu.vendor"), "Intel");
}

}  // namespace
}  // namespace benchfleet
