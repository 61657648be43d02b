#include "agent/host/tuning.h"

#include "agent/host/test_tree.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> AdvisedFields(const TestTree& tree) {
  std::vector<std::string> fields;
  for (const Advice& advice : AdviseTuning(CollectFingerprint(tree.Probe(), ""))) {
    fields.push_back(advice.field);
    EXPECT_NE(advice.why, "");
    EXPECT_NE(advice.change, "");
  }
  return fields;
}

TEST(Tuning, AdvisesWhatMatters) {
  EXPECT_THAT(
      AdvisedFields(TestTree("bare-metal-intel")),
      ElementsAre("cgroup.cpu_limit", "cpufreq.governor", "cpufreq.epp", "cpufreq.intel_no_turbo",
                  "smt.active", "cpuidle.states", "swap.devices", "thp.enabled",
                  "kernel.numa_balancing", "kernel.nmi_watchdog", "aslr", "isolation.isolated"));
}

TEST(Tuning, SaysNothingAboutWhatIsNotThere) {
  EXPECT_THAT(AdvisedFields(TestTree("bare-container")), IsEmpty());
}

TEST(Tuning, AStrictHostNeedsNoAdvice) {
  const TestTree tree("arm-server");
  EXPECT_THAT(AdvisedFields(tree), ElementsAre("kernel.nmi_watchdog"));
  tree.Write("/proc/sys/kernel/nmi_watchdog", "0\n");
  EXPECT_THAT(AdvisedFields(tree), IsEmpty());
  tree.Write("/sys/devices/system/cpu/cpufreq/policy2/scaling_governor", "powersave\n");
  tree.Write("/sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n");
  EXPECT_THAT(AdvisedFields(tree), ElementsAre("clocksource.current", "cpufreq.governor"));
}

}  // namespace
}  // namespace benchfleet
