#include "analysis/ladder.h"

#include <cmath>
#include <vector>

#include "analysis/test_data.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Comparison Shifted(double percent, Verdict verdict) {
  Comparison comparison;
  comparison.ratio = 1 + percent / 100;
  comparison.log_shift = std::log(comparison.ratio);
  comparison.verdict = verdict;
  comparison.reason = "as measured";
  comparison.minimum_detectable_effect = 0.03;
  return comparison;
}

TEST(LadderTest, ThresholdsOnTopOfSignificance) {
  const LadderOptions options;
  EXPECT_EQ(Judge(Shifted(5, Verdict::kRegressed), {}, {}, options).severity, Severity::kNone);
  EXPECT_EQ(Judge(Shifted(12, Verdict::kRegressed), {}, {}, options).severity, Severity::kWarning);
  EXPECT_EQ(Judge(Shifted(25, Verdict::kRegressed), {}, {}, options).severity, Severity::kFailure);
  EXPECT_EQ(Judge(Shifted(25, Verdict::kUndecided), {}, {}, options).severity, Severity::kNone);
  EXPECT_EQ(Judge(Shifted(-25, Verdict::kImproved), {}, {}, options).severity, Severity::kNone);
}

TEST(LadderTest, ThroughputIsLostDownwards) {
  LadderOptions options;
  options.verdict.lower_is_better = false;
  EXPECT_EQ(Judge(Shifted(-20, Verdict::kRegressed), {}, {}, options).severity, Severity::kFailure);
  EXPECT_EQ(Judge(Shifted(-10, Verdict::kRegressed), {}, {}, options).severity, Severity::kWarning);
}

TEST(LadderTest, TheSameBinaryNeverRegresses) {
  const SideFacts before{.artefact_hash = "abc", .conditions = {{"kernel", "6.1"}, {"agent", "1"}}};
  const SideFacts after{.artefact_hash = "abc", .conditions = {{"kernel", "6.5"}, {"agent", "1"}}};
  const Judgement judgement = Judge(Shifted(30, Verdict::kRegressed), before, after, {});
  EXPECT_TRUE(judgement.environment_fault);
  EXPECT_EQ(judgement.comparison.verdict, Verdict::kUndecided);
  EXPECT_EQ(judgement.severity, Severity::kNone);
  EXPECT_THAT(judgement.suspects, ElementsAre("kernel: 6.1 -> 6.5"));
  EXPECT_THAT(judgement.comparison.reason, HasSubstr("kernel: 6.1 -> 6.5"));
  EXPECT_FALSE(Judge(Shifted(0, Verdict::kUnchanged), before, after, {}).environment_fault);
}

TEST(LadderTest, UnknownHashesAndConditionsAccuseNobody) {
  const SideFacts before{.artefact_hash = "", .conditions = {{"governor", ""}, {"kernel", "6.1"}}};
  const SideFacts after{.artefact_hash = "", .conditions = {{"governor", "performance"}}};
  const Judgement judgement = Judge(Shifted(30, Verdict::kRegressed), before, after, {});
  EXPECT_FALSE(judgement.environment_fault);
  EXPECT_TRUE(judgement.suspects.empty());
  EXPECT_EQ(judgement.comparison.reason, "as measured");
}

TEST(LadderTest, AGateThatCannotSeeSaysSo) {
  Comparison comparison = Shifted(1, Verdict::kUndecided);
  EXPECT_FALSE(Judge(comparison, {}, {}, {}).gate_is_blind);
  comparison.minimum_detectable_effect = 0.5;
  EXPECT_TRUE(Judge(comparison, {}, {}, {}).gate_is_blind);
  comparison.minimum_detectable_effect.reset();
  EXPECT_TRUE(Judge(comparison, {}, {}, {}).gate_is_blind);
}

TEST(NoiseFloorTest, EqualBuildsTeachTheFloor) {
  Random random(120);
  const auto shifts = NormalValues(random, 400, 0, 0.01);
  EXPECT_NEAR(*NoiseFloor(shifts, 0.001), 0.0196, 0.003);
  EXPECT_EQ(*NoiseFloor(shifts, 0.05), 0.05);
  EXPECT_EQ(*NoiseFloor(std::vector<double>{1, 1}, 0.005), 0.005);
  EXPECT_FALSE(NoiseFloor(std::vector<double>{NAN}, 0.005).ok());
  EXPECT_FALSE(NoiseFloor(shifts, -1).ok());
}

TEST(NoiseFloorTest, FalseAlarmsAreCountedAmongWhatCouldBeJudged) {
  std::vector<Comparison> report(10, Shifted(0, Verdict::kUnchanged));
  report[3].adjusted_p = 0.001;
  report[4].adjusted_p = 0.001;
  report[4].maybe_excursion = true;
  report[5].judgeable = false;
  EXPECT_NEAR(*FalseAlarmRate(report, {}), 1.0 / 9, 1e-12);
  EXPECT_FALSE(FalseAlarmRate({}, {}).ok());
}

}  // namespace
}  // namespace benchfleet
