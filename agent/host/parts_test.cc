// The small parts: scanning, canonical JSON and digests, SMBIOS, control groups.
#include <nlohmann/json.hpp>

#include "agent/host/canonical.h"
#include "agent/host/cgroup.h"
#include "agent/host/scan.h"
#include "agent/host/smbios.h"
#include "agent/host/test_tree.h"
#include "base/ids.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Scan, CpuLists) {
  EXPECT_THAT(ParseCpuList("0-2,8\n"), ElementsAre(0, 1, 2, 8));
  EXPECT_THAT(ParseCpuList("5,3,3-4"), ElementsAre(3, 4, 5));
  EXPECT_THAT(ParseCpuList(""), IsEmpty());
  EXPECT_THAT(ParseCpuList("x,4-,2,9-1,1-99999999999,70000"), ElementsAre(2));
  EXPECT_EQ(FormatCpuList({0, 1, 2, 8, 10, 11}), "0-2,8,10-11");
  EXPECT_EQ(FormatCpuList({}), "");
}

TEST(Scan, MergesWhatCpusSay) {
  EXPECT_EQ(MergeCpuValues({}), "");
  EXPECT_EQ(MergeCpuValues({{0, "a"}, {1, "a"}}), "a");
  EXPECT_EQ(MergeCpuValues({{4, "b"}, {0, "a"}, {5, "b"}, {2, "a"}}), "a (cpus 0,2); b (cpus 4-5)");
}

TEST(Scan, Values) {
  const std::string text =
      "MemTotal:  12 kB\nMemTotalX: 13\nnr 5\nMax stack size   8  unlimited bytes";
  EXPECT_EQ(ValueNumber(text, "MemTotal"), 12u);
  EXPECT_EQ(ValueNumber(text, "nr"), 5u);
  EXPECT_EQ(ValueNumber(text, "Mem"), std::nullopt);
  EXPECT_THAT(ValueWords(text, "Max stack size"), ElementsAre("8", "unlimited", "bytes"));
  EXPECT_EQ(ParseNumber<int>("12x"), std::nullopt);
  EXPECT_EQ(ParseHex("0x1F\n"), 31u);
  EXPECT_EQ(ParseHex("g"), std::nullopt);
}

TEST(Canonical, EscapesAndRepairs) {
  EXPECT_EQ(CanonicalJson({}), "{}");
  EXPECT_EQ(CanonicalJson({{"b", "2"}, {"a.c", "1"}, {"a", "0"}}),
            R"({"a":"0","a.c":"1","b":"2"})");
  EXPECT_EQ(CanonicalJson({{"k", "q\" b\\ /s \b\t\n\f\r \x01\x1f\x7f"}}),
            "{\"k\":\"q\\\" b\\\\ /s \\b\\t\\n\\f\\r \\u0001\\u001f\x7f\"}");
  EXPECT_EQ(CanonicalJson({{"k", std::string("a\0b", 3)}}), "{\"k\":\"a\\u0000b\"}");
  // Overlong, surrogate, too large, cut off: one U+FFFD for each byte; the rest stands.
  EXPECT_EQ(CanonicalJson({{"k", "ö\xc0\xaf\xff€\xed\xa0\x80😀\xc3"}}),
            "{\"k\":\"ö\uFFFD\uFFFD\uFFFD€\uFFFD\uFFFD\uFFFD😀\uFFFD\"}");
}

// Any bytes become JSON that a strict parser takes.
TEST(Canonical, AnythingParses) {
  Random random(7);
  for (int round = 0; round < 300; ++round) {
    std::string bytes;
    for (uint64_t i = random.Below(40); i > 0; --i) bytes += static_cast<char>(random.Below(256));
    const std::string json = CanonicalJson({{"k", bytes}});
    EXPECT_TRUE(nlohmann::json::accept(json)) << json;
  }
}

// FIPS 180-4 "abc"; RFC 4231 test case 2.
TEST(Canonical, Digests) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(HmacSha256Hex("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_NE(HmacSha256Hex("", "x"), Sha256Hex("x"));
}

TEST(Smbios, ReadsModules) {
  const TestTree tree("bare-metal-intel");
  const std::string table = *tree.files().Read("/sys/firmware/dmi/tables/DMI");
  const MemoryModules modules = ParseMemoryModules(table);
  EXPECT_EQ(modules.modules, "2 x 8 GiB DDR5 4800 MT/s");
  EXPECT_EQ(modules.ecc, "multi-bit");
  EXPECT_EQ(modules.channels, "2");
}

TEST(Smbios, SurvivesDamage) {
  const TestTree tree("bare-metal-intel");
  const std::string table = *tree.files().Read("/sys/firmware/dmi/tables/DMI");
  for (size_t size = 0; size < table.size(); ++size) {
    // A copy of exactly that size, so that a sanitizer sees a step beyond it.
    const std::vector<char> cut(table.begin(), table.begin() + static_cast<ptrdiff_t>(size));
    const MemoryModules modules = ParseMemoryModules({cut.data(), cut.size()});
    EXPECT_LE(modules.modules.size(), 64u);
  }
  Random random(11);
  for (int round = 0; round < 2000; ++round) {
    std::vector<char> damaged(table.begin(), table.end());
    for (int i = 0; i < 4; ++i) {
      damaged[random.Below(damaged.size())] = static_cast<char>(random.Below(256));
    }
    ParseMemoryModules({damaged.data(), damaged.size()});
  }
  EXPECT_EQ(ParseMemoryModules("").modules, "");
}

constexpr char kMount2[] = "31 24 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";

TEST(Cgroups, TheNarrowestLimitOnTheWayUpBinds) {
  const TestTree tree;
  tree.Write("/proc/self/mountinfo", kMount2);
  tree.Write("/proc/self/cgroup", "0::/a/b\n");
  tree.Write("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  tree.Write("/sys/fs/cgroup/a/b/memory.max", "max\n");
  EXPECT_EQ(Cgroups(tree.files()).CpuLimit(), kNone);
  EXPECT_EQ(Cgroups(tree.files()).MemoryLimit(), kNone);
  EXPECT_EQ(Cgroups(tree.files()).CpuThrottling(), std::nullopt);
  tree.Write("/sys/fs/cgroup/a/b/cpu.max", "300000 100000\n");
  tree.Write("/sys/fs/cgroup/a/cpu.max", "50000 200000\n");
  tree.Write("/sys/fs/cgroup/memory.max", "4096\n");
  tree.Write("/sys/fs/cgroup/a/memory.max", "8192\n");
  const Cgroups cgroups(tree.files());
  EXPECT_THAT(cgroups.Levels("cpu"),
              ElementsAre("/sys/fs/cgroup/a/b", "/sys/fs/cgroup/a", "/sys/fs/cgroup"));
  EXPECT_EQ(cgroups.CpuLimit(), "0.250");
  EXPECT_EQ(cgroups.MemoryLimit(), "4096");
  EXPECT_EQ(cgroups.CpuWeight(), kAbsent);
}

TEST(Cgroups, Version1BesideVersion2) {
  const TestTree tree;
  tree.Write("/proc/self/mountinfo",
             std::string(kMount2) + "33 31 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n");
  tree.Write("/proc/self/cgroup", "1:cpu:/x\n0::/y\n");
  tree.Write("/sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "-1\n");
  tree.Write("/sys/fs/cgroup/cpu/x/cpu.cfs_period_us", "100000\n");
  tree.Write("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "150000\n");
  tree.Write("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  tree.Write("/sys/fs/cgroup/cpu/x/cpu.stat", "nr_throttled 2\nthrottled_time 70\n");
  tree.Write("/sys/fs/cgroup/cpu/cpu.stat", "nr_throttled 3\nthrottled_time 5\n");
  tree.Write("/sys/fs/cgroup/y/memory.max", "77\n");
  const Cgroups cgroups(tree.files());
  EXPECT_TRUE(cgroups.IsVersion1("cpu"));
  EXPECT_FALSE(cgroups.IsVersion1("memory"));
  EXPECT_EQ(cgroups.CpuLimit(), "1.500");
  EXPECT_EQ(cgroups.MemoryLimit(), "77");
  ASSERT_TRUE(cgroups.CpuThrottling().has_value());
  EXPECT_EQ(cgroups.CpuThrottling()->periods, 5u);
  EXPECT_EQ(cgroups.CpuThrottling()->time_ns, 75u);
}

// In a container the mount may show only our part, or our path may lead out of what we see.
TEST(Cgroups, OnlyWhatWeCanSee) {
  const TestTree tree;
  tree.Write("/proc/self/mountinfo", "31 24 0:28 /box/1 /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  tree.Write("/proc/self/cgroup", "0::/box/1/inner\n");
  EXPECT_THAT(Cgroups(tree.files()).Levels("cpu"),
              ElementsAre("/sys/fs/cgroup/inner", "/sys/fs/cgroup"));
  tree.Write("/proc/self/cgroup", "0::/../other\n");
  EXPECT_THAT(Cgroups(tree.files()).Levels("cpu"), ElementsAre("/sys/fs/cgroup"));
  tree.Write("/proc/self/cgroup", "nonsense\n0:\n::\n");
  EXPECT_THAT(Cgroups(tree.files()).Levels("cpu"), IsEmpty());
  EXPECT_EQ(Cgroups(tree.files()).CpuLimit(), kAbsent);
}

}  // namespace
}  // namespace benchfleet
