#include "agent/host/conditions.h"

#include "agent/host/test_tree.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::Not;
using testing::Pair;

TEST(Conditions, ReadsEverySource) {
  const TestTree tree("bare-metal-intel");
  const Conditions now = ConditionsSampler(tree.files()).Sample();
  EXPECT_EQ(now.load_1m, 0.25);
  EXPECT_EQ(now.load_5m, 0.5);
  EXPECT_EQ(now.load_15m, 0.75);
  EXPECT_EQ(now.tasks_running, 2u);
  EXPECT_EQ(now.tasks_blocked, 1u);
  EXPECT_EQ(now.tasks_total, 211u);
  EXPECT_EQ(now.pressure_cpu, (Pressure{absl::Seconds(5), absl::ZeroDuration()}));
  EXPECT_EQ(now.pressure_memory, (Pressure{absl::Milliseconds(30), absl::Milliseconds(20)}));
  EXPECT_EQ(now.pressure_io, (Pressure{absl::Milliseconds(700), absl::Milliseconds(600)}));
  EXPECT_EQ(now.cpus, 8);
  // 8 CPUs of (1000 10 500 90000 100 20 30 0) ticks of 10 ms.
  EXPECT_EQ(now.cpu_times, (CpuTimes{.user = absl::Seconds(80),
                                     .nice = absl::Milliseconds(800),
                                     .system = absl::Seconds(40),
                                     .idle = absl::Seconds(7200),
                                     .iowait = absl::Seconds(8),
                                     .irq = absl::Milliseconds(1600),
                                     .softirq = absl::Milliseconds(2400),
                                     .steal = absl::ZeroDuration()}));
  EXPECT_EQ(now.context_switches, 123456u);
  EXPECT_EQ(now.interrupts, 987654u);
  EXPECT_EQ(now.forks, 4321u);
  EXPECT_EQ(now.frequency_khz_min, 800000);
  EXPECT_EQ(now.frequency_khz_mean, 1150000);
  EXPECT_EQ(now.frequency_khz_max, 1500000);
  EXPECT_EQ(now.temperature_celsius_max, 47.5);
  EXPECT_EQ(now.thermal_throttles, 8u * (2 + 5));
  EXPECT_EQ(now.memory_free_bytes, 16227112ull / 2 * 1024);
  EXPECT_EQ(now.memory_available_bytes, 16227112ull * 3 / 4 * 1024);
  EXPECT_EQ(now.memory_dirty_bytes, 2048u * 1024);
  EXPECT_EQ(now.swap_used_bytes, 1024u * 1024);
  EXPECT_EQ(now.uptime, absl::Seconds(86400.5));
  EXPECT_EQ(now.boot_id, "11111111-2222-4333-8444-555555555555");
  EXPECT_EQ(now.cgroup_throttled_periods, 4u);
  EXPECT_EQ(now.cgroup_throttled_time, absl::Milliseconds(5));
}

TEST(Conditions, AbsentIsEmpty) {
  EXPECT_EQ(ConditionsSampler(TestTree("bare-container").files()).Sample(), Conditions());
  EXPECT_THAT(NumbersOf(Conditions()), IsEmpty());
  EXPECT_THAT(NumbersOf(DeltaOf(Conditions(), Conditions())), IsEmpty());
  // Frequencies that the hardware does not tell, and a sensor below freezing.
  const Conditions arm = ConditionsSampler(TestTree("arm-server").files()).Sample();
  EXPECT_EQ(arm.frequency_khz_mean, std::nullopt);
  EXPECT_EQ(arm.temperature_celsius_max, -4.5);
  EXPECT_EQ(arm.thermal_throttles, std::nullopt);
}

TEST(Conditions, DamagedSourcesAreAbsent) {
  const TestTree tree("bare-metal-intel");
  tree.Write("/proc/loadavg", "a b");
  tree.Write("/proc/stat", "cpu  1 2 3\ncpu0 x");
  tree.Write("/proc/pressure/cpu", "some total=x\n");
  tree.Write("/proc/uptime", "\n");
  tree.Write("/proc/meminfo", "MemFree: many kB\n");
  const Conditions now = ConditionsSampler(tree.files()).Sample();
  EXPECT_EQ(now.load_1m, std::nullopt);
  EXPECT_EQ(now.cpu_times, std::nullopt);
  EXPECT_EQ(now.pressure_cpu, std::nullopt);
  EXPECT_EQ(now.uptime, std::nullopt);
  EXPECT_EQ(now.memory_free_bytes, std::nullopt);
  EXPECT_EQ(now.context_switches, std::nullopt);
}

TEST(Conditions, KernelsWithoutFullCpuPressure) {
  const TestTree tree("bare-metal-intel");
  tree.Write("/proc/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=7\n");
  EXPECT_EQ(ConditionsSampler(tree.files()).Sample().pressure_cpu,
            (Pressure{absl::Microseconds(7), std::nullopt}));
}

TEST(Conditions, NumbersCarryTheirUnits) {
  const std::map<std::string, double> numbers =
      NumbersOf(ConditionsSampler(TestTree("bare-metal-intel").files()).Sample());
  EXPECT_THAT(numbers, Contains(Pair("load1", 0.25)));
  EXPECT_THAT(numbers, Contains(Pair("temperature_celsius_max", 47.5)));
  EXPECT_THAT(numbers, Contains(Pair("cpu_user_seconds", 80)));
  EXPECT_THAT(numbers, Contains(Pair("pressure_memory_full_seconds", 0.02)));
  EXPECT_THAT(numbers, Contains(Pair("uptime_seconds", 86400.5)));
  EXPECT_EQ(numbers.size(), 36u);
}

// Two samples of 4 CPUs, 10 s apart: 40 s of CPU time.
class QuietTest : public testing::Test {
 protected:
  QuietTest() {
    before_.boot_id = after_.boot_id = "one";
    before_.cpus = after_.cpus = 4;
    before_.uptime = absl::Seconds(100);
    after_.uptime = absl::Seconds(110);
    before_.cpu_times = CpuTimes();
    after_.cpu_times = CpuTimes{.user = absl::Seconds(9), .system = absl::Seconds(2)};
  }
  QuietVerdict Judge(absl::Duration own = absl::Seconds(10)) const {
    return JudgeQuiet(DeltaOf(before_, after_), own);
  }
  void ExpectNoisy(const char* reason) const {
    EXPECT_EQ(Judge().quiet, Quiet::kNoisy);
    EXPECT_THAT(Judge().reason, HasSubstr(reason));
  }

  Conditions before_;
  Conditions after_;
};

TEST_F(QuietTest, ForeignCpuTime) {
  EXPECT_EQ(Judge().quiet, Quiet::kQuiet);
  EXPECT_EQ(Judge().reason, "");
  EXPECT_DOUBLE_EQ(*Judge().foreign_cpu_ratio, 0.025);
  EXPECT_EQ(Judge(absl::Seconds(9)).quiet, Quiet::kQuiet);  // Exactly at the limit.
  const QuietVerdict noisy = Judge(absl::Seconds(1));
  EXPECT_EQ(noisy.quiet, Quiet::kNoisy);
  EXPECT_EQ(noisy.reason, "other processes used 25.0 % of the CPU time (limit 5.0 %)");
  EXPECT_DOUBLE_EQ(*Judge(absl::Seconds(99)).foreign_cpu_ratio, 0);
  EXPECT_EQ(
      JudgeQuiet(DeltaOf(before_, after_), absl::Seconds(1), {.foreign_cpu_ratio_max = 0.3}).quiet,
      Quiet::kQuiet);
}

TEST_F(QuietTest, Steal) {
  after_.cpu_times->steal = absl::Milliseconds(400);
  EXPECT_EQ(Judge().quiet, Quiet::kQuiet);
  after_.cpu_times->steal = absl::Milliseconds(410);
  ExpectNoisy("hypervisor");
}

TEST_F(QuietTest, HeatQuotaAndMemory) {
  const Conditions calm = after_;
  before_.thermal_throttles = 5;
  after_.thermal_throttles = 5;
  EXPECT_EQ(Judge().quiet, Quiet::kQuiet);
  after_.thermal_throttles = 6;
  ExpectNoisy("heat");
  after_ = calm;
  before_.cgroup_throttled_periods = 7;
  after_.cgroup_throttled_periods = 9;
  ExpectNoisy("in 2 periods");
  after_ = calm;
  before_.pressure_memory = Pressure{absl::ZeroDuration(), absl::ZeroDuration()};
  after_.pressure_memory = Pressure{absl::Seconds(1), absl::Milliseconds(200)};
  ExpectNoisy("2.0 %");
}

TEST_F(QuietTest, ARestartVoidsEverything) {
  after_.boot_id = "two";
  ExpectNoisy("restarted");
  const ConditionsDelta delta = DeltaOf(before_, after_);
  EXPECT_FALSE(delta.same_boot);
  EXPECT_EQ(delta.elapsed, std::nullopt);
  EXPECT_EQ(delta.cpu_times, std::nullopt);
}

TEST_F(QuietTest, NotToldIsUnknown) {
  after_.cpu_times.reset();
  EXPECT_EQ(Judge().quiet, Quiet::kUnknown);
  EXPECT_THAT(Judge().reason, HasSubstr("does not tell"));
  EXPECT_EQ(JudgeQuiet(DeltaOf(Conditions(), Conditions()), absl::ZeroDuration()).quiet,
            Quiet::kUnknown);
}

TEST_F(QuietTest, TooShortIsUnknownUnlessDisturbed) {
  after_.uptime = *before_.uptime + absl::Milliseconds(390);
  after_.cpu_times = CpuTimes{.user = absl::Milliseconds(500)};
  EXPECT_EQ(Judge().quiet, Quiet::kUnknown);
  EXPECT_THAT(Judge().reason, HasSubstr("390 ms are too short"));
  after_.cpu_times->steal = absl::Milliseconds(100);
  ExpectNoisy("hypervisor");
  after_.uptime = before_.uptime;  // The same sample twice.
  after_.cpu_times = before_.cpu_times;
  EXPECT_EQ(Judge().quiet, Quiet::kUnknown);
}

TEST_F(QuietTest, CountersThatFallSayNothing) {
  before_.interrupts = 10;
  after_.interrupts = 5;
  before_.context_switches = 10;
  after_.context_switches = 15;
  before_.cpu_times->iowait = absl::Milliseconds(20);
  const ConditionsDelta delta = DeltaOf(before_, after_);
  EXPECT_EQ(delta.interrupts, std::nullopt);
  EXPECT_EQ(delta.context_switches, 5u);
  EXPECT_EQ(delta.cpu_times->iowait, absl::ZeroDuration());
  EXPECT_THAT(NumbersOf(delta), Not(Contains(Key("interrupts"))));
  EXPECT_THAT(NumbersOf(delta), Contains(Pair("elapsed_seconds", 10)));
}

TEST(LiveConditions, TellTimeAndLoad) {
  const ConditionsSampler sampler{HostFiles()};
  const Conditions before = sampler.Sample();
  const Conditions after = sampler.Sample();
  ASSERT_TRUE(before.uptime && after.uptime && before.cpu_times && after.cpu_times);
  EXPECT_GE(*after.uptime, *before.uptime);
  EXPECT_GE(after.cpus, 1);
  EXPECT_GT(after.cpu_times->Busy(), absl::ZeroDuration());
  EXPECT_GT(*after.memory_available_bytes, 0u);
  EXPECT_EQ(after.boot_id.size(), 36u);
  EXPECT_TRUE(DeltaOf(before, after).same_boot);
  EXPECT_GE(*DeltaOf(before, after).context_switches, 0u);
}

}  // namespace
}  // namespace benchfleet
