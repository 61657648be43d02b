#include "analysis/verdict.h"

#include <cmath>
#include <limits>
#include <vector>

#include "analysis/run_variance.h"
#include "analysis/single_run.h"
#include "analysis/test_data.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using Runs = std::vector<std::vector<double>>;
using testing::HasSubstr;

// Runs that differ by `run_percent`, samples within them by one percent.
Runs MakeRuns(Random& random, size_t runs, size_t samples, double level, double run_percent) {
  Runs result;
  for (size_t r = 0; r < runs; ++r) {
    const double run_level = level * std::exp(run_percent / 100 * NormalValue(random));
    std::vector<double> run(samples);
    for (double& value : run) value = run_level * std::exp(0.01 * NormalValue(random));
    result.push_back(std::move(run));
  }
  return result;
}

Comparison MustCompare(const Runs& baseline, const Runs& candidate, const Runs& history = {},
                       const VerdictOptions& options = {}) {
  const auto result =
      Compare({.baseline = baseline, .candidate = candidate, .history = history}, options);
  EXPECT_TRUE(result.ok()) << Message(result.status());
  return *result;
}

TEST(VerdictTest, DirectionDecidesBetweenRegressedAndImproved) {
  Random random(80);
  const Runs slow = MakeRuns(random, 6, 10, 110, 0.5);
  const Runs fast = MakeRuns(random, 6, 10, 100, 0.5);
  EXPECT_EQ(MustCompare(fast, slow).verdict, Verdict::kRegressed);
  EXPECT_EQ(MustCompare(slow, fast).verdict, Verdict::kImproved);
  const VerdictOptions throughput{.lower_is_better = false};
  EXPECT_EQ(MustCompare(fast, slow, {}, throughput).verdict, Verdict::kImproved);
  const Comparison comparison = MustCompare(fast, slow);
  EXPECT_NEAR(comparison.ratio, 1.1, 0.02);
  EXPECT_LT(comparison.ratio_interval.low, 1.1);
  EXPECT_GT(comparison.ratio_interval.high, 1.1);
  EXPECT_EQ(comparison.candidate_runs, 6u);
  EXPECT_EQ(comparison.candidate_samples, 60u);
  EXPECT_THAT(comparison.reason, HasSubstr("beyond the floor"));
}

TEST(VerdictTest, CalmRunsOfOneLevelAreUnchangedAndNoisyOnesUndecided) {
  Random random(81);
  const Comparison calm =
      MustCompare(MakeRuns(random, 8, 20, 100, 0.2), MakeRuns(random, 8, 20, 100, 0.2));
  EXPECT_EQ(calm.verdict, Verdict::kUnchanged) << calm.reason;
  const Comparison noisy =
      MustCompare(MakeRuns(random, 3, 20, 100, 5), MakeRuns(random, 3, 20, 100, 5));
  EXPECT_EQ(noisy.verdict, Verdict::kUndecided);
  EXPECT_GT(*noisy.minimum_detectable_effect, 0.1);
  EXPECT_THAT(noisy.reason, HasSubstr("would be seen"));
}

// Many samples of few runs are no many runs.
TEST(VerdictTest, RunsAreClusters) {
  Random random(82);
  int alarms = 0;
  constexpr int kTrials = 300;
  for (int trial = 0; trial < kTrials; ++trial) {
    const Comparison comparison =
        MustCompare(MakeRuns(random, 5, 50, 100, 2), MakeRuns(random, 5, 50, 100, 2));
    alarms += comparison.verdict == Verdict::kRegressed || comparison.verdict == Verdict::kImproved;
  }
  EXPECT_LE(alarms, 8);  // 3 expected at alpha 0.01
}

TEST(VerdictTest, HistoryMakesTwoRunsEnough) {
  Random random(83);
  Runs history;
  for (int i = 0; i < 40; ++i) history.push_back({100 * std::exp(0.005 * NormalValue(random))});
  const Runs baseline = MakeRuns(random, 2, 5, 100, 0.5);
  const Runs candidate = MakeRuns(random, 2, 5, 106, 0.5);
  const Comparison without = MustCompare(baseline, candidate);
  const Comparison with = MustCompare(baseline, candidate, history);
  EXPECT_LT(with.p, without.p);
  EXPECT_EQ(with.verdict, Verdict::kRegressed) << with.reason;
  EXPECT_LT(*with.minimum_detectable_effect, *without.minimum_detectable_effect);
}

TEST(VerdictTest, AnExcursionSeenBeforeIsNotCalledARegression) {
  Random random(84);
  Runs history;
  for (int i = 0; i < 40; ++i) history.push_back({100 * std::exp(0.004 * NormalValue(random))});
  const Runs baseline = {{100, 100.1, 99.9, 100.2, 99.8}};
  const Runs candidate = {{108, 108.1, 107.9, 108.2, 107.8}};
  EXPECT_EQ(MustCompare(baseline, candidate, history).verdict, Verdict::kRegressed);
  history[17] = {110};
  history[29] = {109};
  const Comparison doubtful = MustCompare(baseline, candidate, history);
  EXPECT_EQ(doubtful.verdict, Verdict::kUndecided);
  EXPECT_TRUE(doubtful.maybe_excursion);
  EXPECT_THAT(doubtful.reason, HasSubstr("strayed"));
}

// A level that the history ends or begins with came and stayed: no excursion.
TEST(VerdictTest, ALevelAtAnEndOfTheHistoryIsNoExcursion) {
  Random random(91);
  const Runs baseline = {{100, 100.1, 99.9, 100.2, 99.8}};
  const Runs candidate = {{125, 125.1, 124.9, 125.2, 124.8}};
  for (const size_t length : {2u, 3u, 4u, 5u}) {
    Runs history;
    for (int i = 0; i < 12; ++i) history.push_back({100 * std::exp(0.004 * NormalValue(random))});
    Runs begun = history;
    for (size_t i = 0; i < length; ++i) {
      history.push_back({125 * std::exp(0.004 * NormalValue(random))});
      begun.insert(begun.begin(), history.back());
    }
    for (const Runs& one : {history, begun}) {
      const Comparison comparison = MustCompare(baseline, candidate, one);
      EXPECT_EQ(comparison.verdict, Verdict::kRegressed) << length << comparison.reason;
    }
    history[5] = {126};  // but what came and went is
    EXPECT_TRUE(MustCompare(baseline, candidate, history).maybe_excursion);
  }
}

TEST(VerdictTest, OneRunASideWithoutHistoryIsJudgedBySamplesAndWhatRunsMayDiffer) {
  Random random(85);
  const Runs baseline = MakeRuns(random, 1, 40, 100, 0);
  const Comparison far = MustCompare(baseline, MakeRuns(random, 1, 40, 120, 0));
  EXPECT_EQ(far.verdict, Verdict::kRegressed) << far.reason;
  EXPECT_NEAR(far.ratio, 1.2, 0.01);
  // Samples alone would call two percent; runs may differ by as much.
  const Runs near = MakeRuns(random, 1, 40, 102, 0);
  EXPECT_EQ(MustCompare(baseline, near).verdict, Verdict::kUndecided);
  const VerdictOptions trusting{.assumed_run_sigma = 0};
  EXPECT_EQ(MustCompare(baseline, near, {}, trusting).verdict, Verdict::kRegressed);
  const Comparison same =
      MustCompare(MakeRuns(random, 1, 400, 100, 0), MakeRuns(random, 1, 400, 100, 0), {}, trusting);
  EXPECT_EQ(same.verdict, Verdict::kUnchanged) << same.reason;
}

// Runs that differ by up to two percent, as machines do, and sometimes by much more.
TEST(VerdictTest, OneRunASideKeepsTheStatedRate) {
  Random random(89);
  int alarms = 0;
  for (int trial = 0; trial < 2000; ++trial) {
    const double run_percent = (0.2 + 1.8 * random.Uniform()) * (random.Uniform() < 0.05 ? 3 : 1);
    const Comparison comparison = MustCompare(MakeRuns(random, 1, 10, 100, run_percent),
                                              MakeRuns(random, 1, 10, 100, run_percent));
    alarms += comparison.verdict == Verdict::kRegressed || comparison.verdict == Verdict::kImproved;
  }
  EXPECT_LE(alarms, 20);  // 1 %
}

// Far apart is far apart, however few the samples and however they drift.
TEST(VerdictTest, TenTimesSlowerIsCalledFromFourSamplesOfARunOn) {
  Random random(92);
  const auto run = [&](size_t samples, double level, double drift) {
    Runs runs(1);
    for (size_t i = 0; i < samples; ++i) {
      const double at = drift * static_cast<double>(i) + 0.002 * NormalValue(random);
      runs[0].push_back(level * std::exp(at));
    }
    return runs;
  };
  for (const size_t samples : {4u, 5u, 6u, 7u, 8u, 20u}) {
    for (const double drift : {0.0, 0.002}) {
      const Comparison comparison =
          MustCompare(run(samples, 100, drift), run(samples, 1000, drift));
      EXPECT_EQ(comparison.verdict, Verdict::kRegressed)
          << samples << " samples, drift " << drift << ": " << comparison.reason;
      EXPECT_LT(*comparison.minimum_detectable_effect, 9);
    }
  }
  const Comparison few = MustCompare(run(3, 100, 0), run(3, 1000, 0));
  EXPECT_FALSE(few.judgeable);
  EXPECT_THAT(few.reason, HasSubstr("3 samples of one run a side are too few for any verdict"));
  EXPECT_FALSE(few.minimum_detectable_effect.has_value());
}

// Whole runs: normal or with heavy tails, and some of them slower.
struct RunKind {
  double sigma;
  bool heavy;
  double slow_share;
};

Runs MakeKind(Random& random, const RunKind& kind, size_t runs, size_t samples) {
  Runs result;
  for (size_t r = 0; r < runs; ++r) {
    double level = kind.sigma * NormalValue(random);
    if (kind.heavy) {
      double squares = 0;
      for (int i = 0; i < 3; ++i) squares += std::pow(NormalValue(random), 2);
      level /= std::sqrt(squares / 3);
    }
    if (random.Uniform() < kind.slow_share) level += 0.03;
    std::vector<double>& run = result.emplace_back();
    for (size_t i = 0; i < samples; ++i) {
      run.push_back(100 * std::exp(level + 0.005 * NormalValue(random)));
    }
  }
  return result;
}

TEST(VerdictTest, FewRunsKeepTheStatedRateHoweverRunsDiffer) {
  constexpr int kTrials = 1500;
  Random random(93);
  for (const RunKind& kind : {RunKind{0.01, false, 0}, {0.01, true, 0}, {0.004, false, 0.3}}) {
    for (const auto& [r, q] :
         {std::pair<size_t, size_t>(1, 5), {1, 20}, {2, 2}, {2, 20}, {3, 3}, {3, 5}}) {
      int alarms = 0;
      int held = 0;
      for (int trial = 0; trial < kTrials; ++trial) {
        const Comparison comparison =
            MustCompare(MakeKind(random, kind, r, 10), MakeKind(random, kind, q, 10));
        alarms += comparison.p <= 0.01;
        held += comparison.ratio_interval.low <= 1 && comparison.ratio_interval.high >= 1;
      }
      const auto what = ::testing::Message() << r << " x " << q << " runs, sigma " << kind.sigma
                                             << (kind.heavy ? ", heavy tails" : "");
      EXPECT_LE(alarms, 25) << what;  // 15 expected at 1 %
      EXPECT_GE(held, (kind.slow_share == 0 ? 0.94 : 0.9) * kTrials) << what;
    }
  }
}

// What is said to be detectable is detected, with about the power stated (0.8).
TEST(VerdictTest, ADetectableEffectIsDetected) {
  constexpr int kTrials = 400;
  Random random(94);
  for (const auto& [runs, revisions] :
       {std::pair<size_t, size_t>(4, 0), {5, 0}, {10, 0}, {2, 30}, {4, 30}, {5, 30}}) {
    int found = 0;
    for (int trial = 0; trial < kTrials; ++trial) {
      const RunKind kind{0.01, false, 0};
      const Runs history = MakeKind(random, kind, revisions, 1);
      const Runs baseline = MakeKind(random, kind, runs, 10);
      Runs candidate = MakeKind(random, kind, runs, 10);
      const double effect = *MustCompare(baseline, candidate, history).minimum_detectable_effect;
      for (auto& run : candidate) {
        for (double& value : run) value *= 1 + effect;
      }
      found += MustCompare(baseline, candidate, history).verdict == Verdict::kRegressed;
    }
    EXPECT_GE(found, 0.7 * kTrials) << runs << " runs, " << revisions << " revisions";
    EXPECT_LE(found, 0.95 * kTrials) << runs << " runs, " << revisions << " revisions";
  }
}

TEST(VerdictTest, CorrelatedSamplesCountForLess) {
  Random random(86);
  std::vector<double> slow(500);
  double state = 0;
  for (double& value : slow) value = state = 0.95 * state + NormalValue(random);
  EXPECT_GT(CorrelationInflation(slow), 10);
  EXPECT_LT(CorrelationInflation(NormalValues(random, 500, 0, 1)), 2.5);
  EXPECT_EQ(CorrelationInflation(std::vector<double>{1, 2}), 1);
}

TEST(VerdictTest, NoVerdictFromNothing) {
  const Comparison single = MustCompare({{100}}, {{200}});
  EXPECT_EQ(single.verdict, Verdict::kUndecided);
  EXPECT_FALSE(single.judgeable);
  EXPECT_THAT(single.reason, HasSubstr("repeat"));
  EXPECT_EQ(MustCompare({{5, 5, 5, 5, 5, 5}}, {{5, 5, 5, 5, 5, 5}}).verdict, Verdict::kUndecided);
  EXPECT_EQ(MustCompare({{5}, {5}}, {{6}, {6}}).verdict, Verdict::kUndecided);
  // A count that never varies: enough runs show that it stayed, or that it went up by one.
  const Runs same(5, {1000, 1000});
  const Runs more(5, {1030, 1030});
  EXPECT_EQ(MustCompare(same, same).verdict, Verdict::kUnchanged);
  EXPECT_EQ(MustCompare(same, more).verdict, Verdict::kRegressed);
}

TEST(VerdictTest, ExactValuesThatNeverVaryAreTakenAtTheirWord) {
  const VerdictOptions exact{.exact = true};
  const Runs seven(1, std::vector<double>(10, 7));
  const Runs nine(1, std::vector<double>(10, 9));
  const Comparison changed = MustCompare(seven, nine, {}, exact);
  EXPECT_EQ(changed.verdict, Verdict::kRegressed) << changed.reason;
  EXPECT_EQ(changed.ratio_interval.low, changed.ratio);
  EXPECT_EQ(changed.ratio_interval.high, changed.ratio);
  EXPECT_EQ(changed.p, 0);
  EXPECT_THAT(changed.reason, HasSubstr("+28.57 %: neither side ever varies"));
  EXPECT_EQ(MustCompare(nine, seven, {}, exact).verdict, Verdict::kImproved);
  EXPECT_EQ(MustCompare(seven, seven, {}, exact).verdict, Verdict::kUnchanged);
  EXPECT_EQ(MustCompare({{100000, 100000, 100000}}, {{100001, 100001, 100001}}, {}, exact).verdict,
            Verdict::kUnchanged);
  // Two values may be alike by chance; a time may be alike since its clock is coarse; and a
  // history in which runs of one revision differ says that it does vary.
  EXPECT_FALSE(MustCompare({{7, 7}}, {{9, 9}}, {}, exact).judgeable);
  EXPECT_EQ(MustCompare(seven, nine).verdict, Verdict::kUndecided);
  EXPECT_FALSE(MustCompare(seven, nine, {{7, 9}, {8, 7}}, exact).never_varies);
}

// The step between the sides is the change, not the clock.
TEST(VerdictTest, TheClockIsKnownByWhatVariesWithinASide) {
  const Runs before(4, {24, 24, 24, 24, 24});
  Runs after(4, {48, 48, 48, 48, 48});
  after[3][4] = 49;
  const Comparison comparison = MustCompare(before, after, {}, {.exact = true});
  EXPECT_LT(comparison.tick_relative, 0.05);
  EXPECT_GT(comparison.ratio_interval.low, 1.9);
  EXPECT_LT(comparison.ratio_interval.high, 2.1);
}

TEST(VerdictTest, CoarseClockWidensTheInterval) {
  Runs baseline(1);
  Runs candidate(1);
  for (int i = 0; i < 40; ++i) {
    baseline[0].push_back(i % 4 == 0 ? 11 : 10);
    candidate[0].push_back(i % 3 == 0 ? 11 : 10);
  }
  const Comparison comparison = MustCompare(baseline, candidate);
  EXPECT_NEAR(comparison.tick_relative, 0.1, 1e-9);
  EXPECT_EQ(comparison.verdict, Verdict::kUndecided) << comparison.reason;
}

TEST(VerdictTest, BadInputNamesItsPlace) {
  const Runs good = {{1, 2}, {1, 2}};
  const auto refusal = [&](const Runs& baseline, const Runs& candidate, const Runs& history) {
    return Message(
        Compare({.baseline = baseline, .candidate = candidate, .history = history}, {}).status());
  };
  EXPECT_THAT(refusal({}, good, {}), HasSubstr("baseline: no runs"));
  EXPECT_THAT(refusal(good, {{1}, {}}, {}), HasSubstr("candidate, run 2: 0 values"));
  EXPECT_THAT(refusal(good, {{1, NAN}}, {}), HasSubstr("candidate, run 1: value 2 of 2 is NaN"));
  EXPECT_THAT(refusal({{1, -2}}, good, {}), HasSubstr("-2"));
  EXPECT_THAT(refusal(good, good, {{0}}), HasSubstr("history, revision 1"));
  EXPECT_FALSE(Compare({.baseline = good, .candidate = good, .history = {}}, {.alpha = 0}).ok());
  EXPECT_FALSE(Compare({.baseline = good, .candidate = good, .history = {}}, {.floor = NAN}).ok());
}

TEST(VerdictTest, AdjustmentOverAReportTakesVerdictsBack) {
  Random random(87);
  std::vector<Comparison> report;
  Comparison marginal =
      MustCompare(MakeRuns(random, 6, 5, 100, 0.3), MakeRuns(random, 6, 5, 110, 0.3));
  ASSERT_EQ(marginal.verdict, Verdict::kRegressed);
  marginal.p = 0.008;
  report.push_back(marginal);
  for (int i = 0; i < 20; ++i) {
    report.push_back(
        MustCompare(MakeRuns(random, 6, 5, 100, 0.3), MakeRuns(random, 6, 5, 100, 0.3)));
  }
  report.push_back(MustCompare({{100}}, {{200}}));
  AdjustVerdicts(report, {});
  EXPECT_NE(report[0].verdict, Verdict::kRegressed);
  EXPECT_GT(report[0].adjusted_p, 0.1);
  EXPECT_EQ(report.back().verdict, Verdict::kUndecided);
  EXPECT_STREQ(VerdictName(report.back().verdict), "undecided");
}

TEST(VerdictTest, NothingChangesWithTheUnit) {
  Random random(88);
  const Runs baseline = MakeRuns(random, 5, 7, 100, 1);
  const Runs candidate = MakeRuns(random, 4, 7, 104, 1);
  const auto scaled = [](Runs runs) {
    for (auto& run : runs) {
      for (double& value : run) value *= 1e6;
    }
    return runs;
  };
  const Comparison one = MustCompare(baseline, candidate);
  const Comparison other = MustCompare(scaled(baseline), scaled(candidate));
  EXPECT_EQ(one.verdict, other.verdict);
  EXPECT_NEAR(one.p, other.p, 1e-9);
  EXPECT_NEAR(one.ratio, other.ratio, 1e-9);
}

TEST(RunVarianceTest, GroupsOfDifferentLevel) {
  const std::vector<double> low = {1, 2, 3};
  const std::vector<double> high = {101, 102, 103};
  const std::vector<std::span<const double>> groups = {low, high, {}};
  const SumOfSquares squares = WinsorisedSquares(groups);
  EXPECT_EQ(squares.degrees_of_freedom, 4);
  EXPECT_NEAR(squares.variance(), 1 / 0.9775599834528069, 1e-12);
  EXPECT_EQ(WinsorisedSquares({}).variance(), 0);
}

TEST(RunVarianceTest, HistoryWithSeveralRunsSeparatesBuilds) {
  Random random(89);
  Runs history;
  for (int i = 0; i < 200; ++i) {
    history.push_back(NormalValues(random, 4, 0.03 * NormalValue(random), 0.01));
  }
  const HistoryVariance variance = VarianceOfHistory(history);
  EXPECT_EQ(variance.run_degrees, 60);
  EXPECT_NEAR(variance.run_sum / variance.run_degrees, 1e-4, 1e-5);
  EXPECT_NEAR(variance.median_variance, 9e-4, 2.5e-4);
  EXPECT_EQ(variance.mean_inverse_runs, 0.25);
  EXPECT_EQ(VarianceOfHistory({}).run_degrees, 0);
}

}  // namespace
}  // namespace benchfleet
