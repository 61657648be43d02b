#include "coordinator/metrics.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/history.h"

namespace benchfleet {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(MetricsTest, EffectsThatTheNewestSelftestHasNotAreGone) {
  CoordinatorMetrics metrics;
  PublishedSelftest selftest;
  selftest.effects = {{0.02, 100, 40, 1, 3.0, 30}, {0.05, 100, 90, 1, 2.0, 80}};
  metrics.SetSelftest(selftest);
  EXPECT_THAT(metrics.Text(),
              HasSubstr("benchfleet_detection_recall{effect=\"0.02\",rule=\"trend\"} 0.4"));
  selftest.effects = {{0.05, 100, 95, 1, std::nullopt, 80}, {0.1, 100, 99, 1, 2.0, 99}};
  metrics.SetSelftest(selftest);
  metrics.SetSelftest(selftest);
  const std::string text = metrics.Text();
  EXPECT_THAT(text, Not(HasSubstr("effect=\"0.02\"")));
  EXPECT_THAT(text, HasSubstr("benchfleet_detection_recall{effect=\"0.05\",rule=\"trend\"} 0.95"));
  EXPECT_THAT(text, HasSubstr("benchfleet_detection_precision{effect=\"0.1\"}"));
  EXPECT_THAT(text, Not(HasSubstr("benchfleet_detection_delay_revisions{effect=\"0.05\"}")))
      << "nothing was found, so there is no delay";
}

}  // namespace
}  // namespace benchfleet
