// Every worked example, read in place and met to the stated digits.
#include "analysis/worked_examples.h"

#include <cstdlib>
#include <string>
#include <vector>

#include "analysis/autocorrelation.h"
#include "analysis/bootstrap.h"
#include "analysis/energy.h"
#include "analysis/equivalence.h"
#include "analysis/hierarchy.h"
#include "analysis/history.h"
#include "analysis/ks.h"
#include "analysis/multiple.h"
#include "analysis/outliers.h"
#include "analysis/partition.h"
#include "analysis/quantile.h"
#include "analysis/rank_tests.h"
#include "analysis/robust.h"
#include "analysis/sequential.h"
#include "analysis/shift.h"
#include "analysis/sketch.h"
#include "analysis/slope.h"
#include "analysis/summary.h"
#include "analysis/t_tests.h"
#include "analysis/verdict.h"
#include "gtest/gtest.h"

namespace benchfleet {
namespace {

using Values = std::vector<double>;
constexpr double kDigits = 1e-9;

TEST(WorkedExamples, QuantileType7) {
  BF_READ_EXAMPLES(examples, "statistics/quantile_type7.json");
  for (const auto& one : examples["cases"]) {
    const double actual = *Quantile(one["x"].get<Values>(), one["q"].get<double>());
    EXPECT_TRUE(CloseTo(actual, one["expected"], kDigits)) << one << " gave " << actual;
  }
}

TEST(WorkedExamples, Quantiles) {
  BF_READ_EXAMPLES(examples, "statistics/extended/quantiles.json");
  for (const auto& one : examples["cases"]) {
    const auto actual = Quantiles(one["x"].get<Values>(), one["probabilities"].get<Values>());
    ASSERT_TRUE(actual.ok());
    const auto expected = one["expected"].get<Values>();
    ASSERT_EQ(actual->size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_TRUE(CloseTo((*actual)[i], expected[i], kDigits)) << one << " gave " << (*actual)[i];
    }
  }
}

TEST(WorkedExamples, QuantileInterval) {
  BF_READ_EXAMPLES(examples, "statistics/extended/quantile_ci.json");
  for (const auto& one : examples["cases"]) {
    const auto actual = QuantileOrders(one["n"], one["quantile"], one["level"]);
    ASSERT_TRUE(actual.ok());
    EXPECT_EQ(actual->lower, one["lower_order"].get<int64_t>()) << one;
    EXPECT_EQ(actual->upper, one["upper_order"].get<int64_t>()) << one;
    EXPECT_TRUE(CloseTo(actual->coverage, one["coverage"], kDigits)) << one;
  }
}

TEST(WorkedExamples, Mad) {
  BF_READ_EXAMPLES(examples, "statistics/mad.json");
  for (const auto& one : examples["cases"]) {
    const auto x = one["x"].get<Values>();
    EXPECT_TRUE(CloseTo(*Mad(x), one["expected"], kDigits)) << one;
    EXPECT_TRUE(CloseTo(*ScaledMad(x), one["scaled"], kDigits)) << one;
  }
}

TEST(WorkedExamples, LocationAndScale) {
  BF_READ_EXAMPLES(examples, "statistics/extended/location_scale.json");
  for (const auto& one : examples["cases"]) {
    const auto x = one["x"].get<Values>();
    const auto& e = one["expected"];
    const auto close = [&](double actual, const char* key) {
      if (!e.contains(key)) return;
      EXPECT_TRUE(CloseTo(actual, e[key], kDigits)) << one["name"] << " " << key << " " << actual;
    };
    const Summary summary = Summarize(x);
    close(summary.mean, "mean");
    close(summary.median, "median");
    close(summary.stddev, "sd");
    close(summary.min, "min");
    close(summary.max, "max");
    close(*Quantile(x, 0.75) - *Quantile(x, 0.25), "iqr_type7");
    close(*Mad(x), "mad_raw");
    close(*ScaledMad(x), "mad_normal_consistent");
    close(kMadToSigmaRounded * *Mad(x), "mad_times_1_4826");
    close(*TrimmedMean(x, 0.1), "trimmed_mean_10pct");
    const auto outliers = ClassifyOutliers(x);
    ASSERT_TRUE(outliers.ok());
    if (e.contains("tukey_fences_1.5")) {
      EXPECT_TRUE(CloseTo(outliers->mild_fences.low, e["tukey_fences_1.5"][0], kDigits));
      EXPECT_TRUE(CloseTo(outliers->mild_fences.high, e["tukey_fences_1.5"][1], kDigits));
      EXPECT_TRUE(CloseTo(outliers->severe_fences.low, e["tukey_fences_3"][0], kDigits));
      EXPECT_TRUE(CloseTo(outliers->severe_fences.high, e["tukey_fences_3"][1], kDigits));
    }
    if (e.contains("outside_1.5")) {
      EXPECT_EQ(outliers->count(), e["outside_1.5"].get<size_t>());
    }
    if (!e.contains("modified_z") || e["modified_z"].is_null()) continue;
    const auto z = ModifiedZScores(x);
    ASSERT_EQ(z->size(), e["modified_z"].size());
    for (size_t i = 0; i < z->size(); ++i) {
      EXPECT_TRUE(CloseTo((*z)[i], e["modified_z"][i], kDigits)) << one["name"] << " " << i;
    }
  }
}

TEST(WorkedExamples, NoiseScale) {
  BF_READ_EXAMPLES(examples, "statistics/extended/noise_scale.json");
  for (const auto& one : examples["cases"]) {
    const double clip = one["winsor_clip"];
    const auto noise = NoiseFromDifferences(one["x"].get<Values>(), clip);
    ASSERT_TRUE(noise.ok());
    EXPECT_TRUE(CloseTo(noise->mad_sigma, one["sigma_mad_of_differences"], 1e-8)) << one["name"];
    EXPECT_TRUE(CloseTo(noise->winsorised_sigma, one["sd_winsorised_differences"], 1e-8));
    EXPECT_TRUE(CloseTo(ClippedNormalVariance(clip), one["consistency_factor"], 1e-8));
    EXPECT_TRUE(CloseTo(*LongRunRatio(one["x"].get<Values>()), one["long_run_ratio"], 1e-8))
        << one["name"] << " " << *LongRunRatio(one["x"].get<Values>());
  }
}

TEST(WorkedExamples, HodgesLehmann) {
  BF_READ_EXAMPLES(examples, "statistics/hodges_lehmann.json");
  for (const auto& one : examples["cases"]) {
    const auto actual =
        HodgesLehmann(one["x"].get<Values>(), one["y"].get<Values>(), 0.95, ShiftMethod::kNormal);
    ASSERT_TRUE(actual.ok());
    EXPECT_TRUE(CloseTo(actual->shift, one["shift"], kDigits)) << one;
    EXPECT_EQ(actual->k, one["k"].get<int64_t>());
    EXPECT_TRUE(CloseTo(actual->interval->low, one["ci95"][0], kDigits)) << one;
    EXPECT_TRUE(CloseTo(actual->interval->high, one["ci95"][1], kDigits)) << one;
  }
}

TEST(WorkedExamples, HodgesLehmannExtended) {
  BF_READ_EXAMPLES(examples, "statistics/extended/hodges_lehmann.json");
  for (const auto& one : examples["cases"]) {
    const auto a = one["a"].get<Values>();
    const auto b = one["b"].get<Values>();
    for (const auto& [level, k_key, ci_key, exact_k, exact_ci] :
         {std::tuple(0.95, "normal_k95", "normal_ci95", "k95", "ci95_exact"),
          std::tuple(0.99, "normal_k99", "normal_ci99", "k99", "ci99_exact")}) {
      const auto normal = HodgesLehmann(a, b, level, ShiftMethod::kNormal);
      ASSERT_TRUE(normal.ok());
      EXPECT_TRUE(CloseTo(normal->shift, one["shift"], kDigits)) << one;
      EXPECT_EQ(normal->k, one[k_key].get<int64_t>()) << one;
      EXPECT_TRUE(CloseTo(normal->interval->low, one[ci_key][0], kDigits, 1e-6)) << one;
      EXPECT_TRUE(CloseTo(normal->interval->high, one[ci_key][1], kDigits, 1e-6)) << one;
      if (!one.contains(exact_k)) continue;
      const auto exact = HodgesLehmann(a, b, level, ShiftMethod::kExact);
      ASSERT_TRUE(exact.ok());
      EXPECT_EQ(exact->k, one[exact_k].get<int64_t>()) << one;
      if (exact->k == 0)
        continue;  // The example falls back to the extremes, which is no such interval.
      EXPECT_TRUE(CloseTo(exact->interval->low, one[exact_ci][0], kDigits)) << one;
      EXPECT_TRUE(CloseTo(exact->interval->high, one[exact_ci][1], kDigits)) << one;
    }
    EXPECT_TRUE(CloseTo(*HodgesLehmannRatio(a, b), one["ratio"], kDigits)) << one;
  }
}

TEST(WorkedExamples, MannWhitney) {
  BF_READ_EXAMPLES(examples, "statistics/mann_whitney_u.json");
  for (const auto& one : examples["cases"]) {
    const auto method =
        one["method"] == "exact" ? MannWhitneyMethod::kExact : MannWhitneyMethod::kNormalContinuity;
    const auto actual = MannWhitney(one["x"].get<Values>(), one["y"].get<Values>(), method);
    ASSERT_TRUE(actual.ok());
    EXPECT_TRUE(CloseTo(actual->u_a, one["u"], kDigits)) << one;
    EXPECT_TRUE(CloseTo(actual->p, one["p"], kDigits)) << one << " gave " << actual->p;
  }
}

TEST(WorkedExamples, MannWhitneyExtended) {
  BF_READ_EXAMPLES(examples, "statistics/extended/mann_whitney.json");
  for (const auto& one : examples["cases"]) {
    for (const auto& [key, method] :
         {std::pair("exact", MannWhitneyMethod::kExact),
          std::pair("exact_permutation", MannWhitneyMethod::kExact),
          std::pair("normal_continuity", MannWhitneyMethod::kNormalContinuity),
          std::pair("normal_no_continuity", MannWhitneyMethod::kNormal)}) {
      if (!one.contains(key)) continue;
      const auto actual = MannWhitney(one["a"].get<Values>(), one["b"].get<Values>(), method);
      ASSERT_TRUE(actual.ok());
      EXPECT_TRUE(CloseTo(actual->u_b, one[key]["U_b"], 1e-8)) << one["name"] << key;
      EXPECT_TRUE(CloseTo(actual->p, one[key]["p"], 1e-8))
          << one["name"] << key << " gave " << actual->p;
    }
  }
}

TEST(WorkedExamples, EffectSizes) {
  BF_READ_EXAMPLES(examples, "statistics/extended/effect_sizes.json");
  for (const auto& one : examples["cases"]) {
    const auto a = one["a"].get<Values>();
    const auto b = one["b"].get<Values>();
    EXPECT_TRUE(CloseTo(*CliffsDelta(a, b), one["cliffs_delta"], kDigits)) << one;
    EXPECT_TRUE(CloseTo(*VarghaDelaneyA12(a, b), one["a12"], kDigits)) << one;
    // Equal means leave rounding noise alone in the expected d, so near zero the digits are
    // absolute.
    const auto effect = StandardizedMeanDifference(a, b);
    EXPECT_TRUE(CloseTo(effect->cohens_d, one["cohens_d"], kDigits, 1e-4)) << one;
    EXPECT_TRUE(CloseTo(effect->hedges_g, one["hedges_g"], kDigits, 1e-4)) << one;
  }
  BF_READ_EXAMPLES(plain, "statistics/cliffs_delta.json");
  for (const auto& one : plain["cases"]) {
    EXPECT_TRUE(CloseTo(*CliffsDelta(one["x"].get<Values>(), one["y"].get<Values>()),
                        one["expected"], kDigits))
        << one;
  }
}

TEST(WorkedExamples, KolmogorovSmirnov) {
  BF_READ_EXAMPLES(examples, "statistics/kolmogorov_smirnov.json");
  for (const auto& one : examples["cases"]) {
    const auto actual = KolmogorovSmirnov(one["x"].get<Values>(), one["y"].get<Values>());
    ASSERT_TRUE(actual.ok());
    EXPECT_TRUE(CloseTo(actual->d, one["d"], kDigits)) << one;
    EXPECT_TRUE(CloseTo(*actual->p_exact, one["p_exact"], kDigits)) << *actual->p_exact;
    EXPECT_TRUE(CloseTo(actual->p_effective, one["p_asymptotic"], kDigits)) << actual->p_effective;
  }
  BF_READ_EXAMPLES(extended, "statistics/extended/kolmogorov_smirnov.json");
  for (const auto& one : extended["cases"]) {
    const auto actual = KolmogorovSmirnov(one["a"].get<Values>(), one["b"].get<Values>());
    ASSERT_TRUE(actual.ok());
    EXPECT_TRUE(CloseTo(actual->d, one["D"], 1e-8)) << one;
    EXPECT_TRUE(CloseTo(actual->p_limit, one["p_limit_kolmogorov"], 1e-8))
        << one["name"] << " gave " << actual->p_limit;
    if (one["p_exact_no_ties"].is_null()) continue;
    EXPECT_TRUE(CloseTo(*actual->p_exact, one["p_exact_no_ties"], 1e-8)) << one;
  }
}

TEST(WorkedExamples, EnergyOfSplits) {
  BF_READ_EXAMPLES(examples, "statistics/extended/energy_statistic.json");
  for (const auto& one : examples["cases"]) {
    for (const auto& [key, best, within] :
         {std::tuple("V_statistic", "V_argmax", WithinMeans::kAllPairs),
          std::tuple("U_statistic", "U_argmax", WithinMeans::kDistinctPairs)}) {
      const auto actual = EnergyOfSplits(one["x"].get<Values>(), within);
      ASSERT_TRUE(actual.ok());
      const auto expected = one[key].get<Values>();
      ASSERT_EQ(actual->statistic.size(), expected.size());
      for (size_t i = 0; i < expected.size(); ++i) {
        EXPECT_TRUE(CloseTo(actual->statistic[i], expected[i], kDigits, 1e-3)) << one["name"] << i;
      }
      EXPECT_EQ(actual->best, one[best].get<size_t>()) << one["name"];
    }
  }
}

void CheckTest(const TTestResult& actual, const nlohmann::json& expected) {
  EXPECT_TRUE(CloseTo(actual.t, expected["t"], kDigits, 1e-4)) << expected << " " << actual.t;
  EXPECT_TRUE(CloseTo(actual.degrees_of_freedom, expected["df"], kDigits)) << expected;
  EXPECT_TRUE(CloseTo(actual.p, expected["p"], kDigits)) << expected << " " << actual.p;
  if (!expected.contains("ci95")) return;
  EXPECT_TRUE(CloseTo(actual.interval.low, expected["ci95"][0], kDigits)) << expected;
  EXPECT_TRUE(CloseTo(actual.interval.high, expected["ci95"][1], kDigits)) << expected;
}

TEST(WorkedExamples, TTests) {
  BF_READ_EXAMPLES(plain, "statistics/welch_t.json");
  for (const auto& one : plain["cases"]) {
    const auto x = one["x"].get<Values>();
    CheckTest(*WelchTest(one["y"].get<Values>(), x, 0.95), one);  // t there is x minus y
  }
  BF_READ_EXAMPLES(examples, "statistics/extended/t_tests.json");
  for (const auto& one : examples["cases"]) {
    const auto a = one["a"].get<Values>();
    const auto b = one["b"].get<Values>();
    if (one.contains("student")) CheckTest(*StudentTest(a, b, 0.95), one["student"]);
    if (!one.contains("welch")) continue;
    const auto& welch = one["welch"];
    CheckTest(*WelchTest(a, b, 0.95), welch);
    EXPECT_TRUE(CloseTo(WelchTest(a, b, 0.95)->difference, welch["diff"], kDigits, 1e-4)) << one;
    const auto wide = WelchTest(a, b, 0.99);
    EXPECT_TRUE(CloseTo(wide->interval.low, welch["ci99"][0], kDigits)) << one;
    EXPECT_TRUE(CloseTo(wide->interval.high, welch["ci99"][1], kDigits)) << one;
  }
}

TEST(WorkedExamples, BcaOfTheMedian) {
  BF_READ_EXAMPLES(examples, "statistics/bca_bootstrap_median.json");
  for (const auto& one : examples["cases"]) {
    const auto actual = Bootstrap(one["x"].get<Values>(), one["indices"].get<ResampleIndices>(),
                                  MedianStatistic, 0.95, TiesWithEstimate::kNone);
    ASSERT_TRUE(actual.ok());
    EXPECT_TRUE(CloseTo(actual->estimate, one["theta"], kDigits));
    EXPECT_TRUE(CloseTo(actual->bias_correction, one["z0"], kDigits)) << actual->bias_correction;
    EXPECT_TRUE(CloseTo(actual->acceleration, one["acceleration"], kDigits, 1e-3));
    EXPECT_TRUE(CloseTo(actual->alpha_low, one["alpha"][0], kDigits));
    EXPECT_TRUE(CloseTo(actual->alpha_high, one["alpha"][1], kDigits));
    EXPECT_TRUE(CloseTo(actual->bca.low, one["ci95"][0], kDigits));
    EXPECT_TRUE(CloseTo(actual->bca.high, one["ci95"][1], kDigits));
  }
}

TEST(WorkedExamples, BootstrapWithGivenIndices) {
  BF_READ_EXAMPLES(examples, "statistics/extended/bootstrap.json");
  for (const auto& one : examples["cases"]) {
    const auto x = one["x"].get<Values>();
    const auto indices = one["indices"].get<ResampleIndices>();
    EXPECT_EQ(DrawIndices(one["lcg_seed"], one["resamples"], x.size()), indices) << one["name"];
    const Statistic statistic = one["statistic"] == "mean" ? MeanStatistic : MedianStatistic;
    const auto actual = Bootstrap(x, indices, statistic, one["level"]);
    ASSERT_TRUE(actual.ok());
    const auto close = [&](double value, const nlohmann::json& expected, double scale = 1e-12) {
      EXPECT_TRUE(CloseTo(value, expected, kDigits, scale)) << one["name"] << " gave " << value;
    };
    close(actual->estimate, one["theta_hat"]);
    close(actual->bootstrap_mean, one["bootstrap_mean"]);
    close(actual->standard_error, one["bootstrap_sd"]);
    close(actual->percentile.low, one["percentile"][0]);
    close(actual->percentile.high, one["percentile"][1]);
    close(actual->basic.low, one["basic"][0]);
    close(actual->basic.high, one["basic"][1]);
    close(actual->bias_correction, one["bca"]["z0"]);
    close(actual->acceleration, one["bca"]["acceleration"], 1e-3);
    close(actual->alpha_low, one["bca"]["alpha_low"]);
    close(actual->alpha_high, one["bca"]["alpha_high"]);
    close(actual->bca.low, one["bca"]["ci"][0]);
    close(actual->bca.high, one["bca"]["ci"][1]);
  }
}

void CheckRuns(const TwoLevelVariance& actual, const nlohmann::json& expected) {
  EXPECT_TRUE(CloseTo(actual.mean, expected["mean"], kDigits)) << expected;
  EXPECT_TRUE(CloseTo(actual.within, expected["S1"], kDigits)) << expected;
  EXPECT_TRUE(CloseTo(actual.of_run_means, expected["S2"], kDigits, 1e-6)) << expected;
  EXPECT_TRUE(CloseTo(actual.between, expected["T2"], kDigits)) << expected;
}

TEST(WorkedExamples, TwoLevels) {
  BF_READ_EXAMPLES(examples, "statistics/extended/kalibera_jones.json");
  for (const auto& one : examples["cases"]) {
    const auto baseline = one["baseline"].get<std::vector<Values>>();
    const auto candidate = one["candidate"].get<std::vector<Values>>();
    const auto& e = one["expected"];
    const auto base = AnalyzeRuns(baseline, 0.95);
    const auto cand = AnalyzeRuns(candidate, 0.95);
    ASSERT_TRUE(base.ok() && cand.ok());
    CheckRuns(*base, e["baseline"]);
    CheckRuns(*cand, e["candidate"]);
    EXPECT_TRUE(CloseTo(base->half_width, e["half_width_baseline"], kDigits)) << one;
    EXPECT_TRUE(CloseTo(cand->half_width, e["half_width_candidate"], kDigits, 1e-3)) << one;
    const auto best = BestSamplesPerRun(*base, 1, 1);
    ASSERT_EQ(best.has_value(), !e["optimal_inner_repeats_equal_cost"].is_null());
    if (best) {
      EXPECT_TRUE(CloseTo(*best, e["optimal_inner_repeats_equal_cost"], kDigits));
    }
    const auto ratio = RatioOfMeans(baseline, candidate, 0.95);
    ASSERT_TRUE(ratio.ok());
    EXPECT_TRUE(CloseTo(ratio->ratio, e["ratio"], kDigits));
    EXPECT_TRUE(CloseTo(ratio->interval->low, e["fieller_ci95"][0], kDigits));
    EXPECT_TRUE(CloseTo(ratio->interval->high, e["fieller_ci95"][1], kDigits));
  }
}

TEST(WorkedExamples, MultipleTesting) {
  BF_READ_EXAMPLES(plain, "statistics/benjamini_hochberg.json");
  for (const auto& one : plain["cases"]) {
    const auto actual = AdjustPValues(one["p"].get<Values>(), Adjustment::kBenjaminiHochberg);
    const auto expected = one["adjusted"].get<Values>();
    ASSERT_EQ(actual->size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_TRUE(CloseTo((*actual)[i], expected[i], kDigits)) << i;
    }
  }
  BF_READ_EXAMPLES(examples, "statistics/extended/multiple_testing.json");
  for (const auto& one : examples["cases"]) {
    for (const auto& [key, kind] :
         {std::pair("BH", Adjustment::kBenjaminiHochberg),
          std::pair("BY", Adjustment::kBenjaminiYekutieli), std::pair("holm", Adjustment::kHolm),
          std::pair("bonferroni", Adjustment::kBonferroni)}) {
      const auto actual = AdjustPValues(one["p"].get<Values>(), kind);
      const auto expected = one["adjusted"][key].get<Values>();
      ASSERT_EQ(actual->size(), expected.size());
      for (size_t i = 0; i < expected.size(); ++i) {
        EXPECT_TRUE(CloseTo((*actual)[i], expected[i], kDigits)) << one << key << i;
        if (kind != Adjustment::kBenjaminiHochberg) continue;
        EXPECT_EQ((*actual)[i] <= 0.05 + 1e-12, one["rejected_BH_q05"][i].get<bool>()) << one;
      }
    }
  }
}

TEST(WorkedExamples, Equivalence) {
  BF_READ_EXAMPLES(examples, "statistics/extended/equivalence.json");
  for (const auto& one : examples["cases"]) {
    const EstimatedShift estimate = {
        .shift = one["log_shift"], .standard_error = one["se"], .degrees_of_freedom = one["df"]};
    const auto actual = TestEquivalence(estimate, one["margin"], one["delta0"]);
    ASSERT_TRUE(actual.ok());
    EXPECT_TRUE(CloseTo(actual->difference_p, one["difference_p"], kDigits)) << one;
    EXPECT_TRUE(CloseTo(actual->relevance_p, one["relevance_p"], kDigits)) << one;
    EXPECT_TRUE(CloseTo(actual->equivalence_p, one["tost_p"], kDigits)) << one;
  }
}

TEST(WorkedExamples, Sequential) {
  BF_READ_EXAMPLES(examples, "statistics/extended/sequential.json");
  for (const auto& one : examples["cases"]) {
    const double alpha = one["alpha"];
    if (one["kind"] == "alpha_spending") {
      const double t = one["information"];
      EXPECT_TRUE(CloseTo(*AlphaSpent(Spending::kObrienFleming, alpha, t),
                          one["obrien_fleming_type"], kDigits))
          << one;
      EXPECT_TRUE(CloseTo(*AlphaSpent(Spending::kPocock, alpha, t), one["pocock_type"], kDigits))
          << one;
    } else {
      ASSERT_EQ(one["kind"], "normal_mixture_confidence_sequence");
      EXPECT_TRUE(CloseTo(*ConfidenceSequenceHalfWidth(one["n"], alpha, one["rho2"]),
                          one["half_width_in_sigma"], kDigits))
          << one;
    }
  }
}

TEST(WorkedExamples, Autocorrelation) {
  BF_READ_EXAMPLES(examples, "statistics/extended/autocorrelation.json");
  for (const auto& one : examples["cases"]) {
    const auto x = one["x"].get<Values>();
    const auto r = Autocorrelation(x, 3);
    ASSERT_TRUE(r.ok());
    for (size_t i = 0; i < 3; ++i) EXPECT_TRUE(CloseTo((*r)[i], one["r"][i], kDigits)) << one;
    EXPECT_TRUE(CloseTo(*EffectiveSize(x), one["ess_lag1"], kDigits)) << one;
  }
}

TEST(WorkedExamples, SlopeThroughOrigin) {
  BF_READ_EXAMPLES(examples, "statistics/extended/slope_through_origin.json");
  for (const auto& one : examples["cases"]) {
    const auto fit = FitThroughOrigin(one["iterations"].get<Values>(), one["times"].get<Values>());
    ASSERT_TRUE(fit.ok());
    EXPECT_TRUE(CloseTo(fit->slope, one["slope"], kDigits)) << one;
    EXPECT_TRUE(CloseTo(fit->r_squared_uncentred, one["r2_uncentred"], kDigits)) << one;
  }
}

TEST(WorkedExamples, OptimalPartition) {
  BF_READ_EXAMPLES(plain, "statistics/optimal_partition_l2.json");
  for (const auto& one : plain["cases"]) {
    const auto partition = OptimalPartition(one["y"].get<Values>(), SegmentCost::kMean, one["beta"],
                                            one["min_segment"]);
    ASSERT_TRUE(partition.ok());
    EXPECT_EQ(partition->change_points, one["change_points"].get<std::vector<size_t>>()) << one;
    EXPECT_TRUE(CloseTo(partition->objective, one["cost"], kDigits)) << one;
  }
  BF_READ_EXAMPLES(examples, "statistics/extended/pelt.json");
  for (const auto& one : examples["cases"]) {
    const auto kind = one["cost"] == "mean" ? SegmentCost::kMean : SegmentCost::kMeanVariance;
    const auto partition =
        OptimalPartition(one["y"].get<Values>(), kind, one["penalty"], one["min_segment"]);
    ASSERT_TRUE(partition.ok());
    EXPECT_EQ(partition->change_points, one["change_points"].get<std::vector<size_t>>()) << one;
    EXPECT_TRUE(CloseTo(partition->objective, one["objective"], kDigits))
        << one << partition->objective;
  }
}

TEST(WorkedExamples, ChangePointProcedure) {
  BF_READ_EXAMPLES(examples, "statistics/extended/change_point_procedure.json");
  for (const auto& one : examples["cases"]) {
    const auto points = MedianPerRevision(one["points"].get<std::vector<Values>>());
    const auto history = FindChangePoints(*points);
    ASSERT_TRUE(history.ok());
    std::vector<size_t> changes;
    for (const ChangePoint& change : history->change_points()) changes.push_back(change.index);
    const auto& e = one["expected"];
    EXPECT_EQ(changes, e["change_points"].get<std::vector<size_t>>()) << one["name"];
    EXPECT_TRUE(CloseTo(history->noise(), e["noise_sigma_log"], 1e-8, 0))
        << one["name"] << " gave " << history->noise();
  }
}

TEST(WorkedExamples, TwoSampleVerdict) {
  BF_READ_EXAMPLES(examples, "statistics/extended/two_sample_verdict.json");
  for (const auto& one : examples["cases"]) {
    const auto baseline = one["baseline"].get<std::vector<Values>>();
    const auto candidate = one["candidate"].get<std::vector<Values>>();
    const auto history = one["history"].get<std::vector<Values>>();
    const VerdictOptions options{.alpha = one["alpha"],
                                 .floor = one["delta0"],
                                 .equivalence = one["equivalence"],
                                 .kappa = one["kappa"]};
    const auto actual =
        Compare({.baseline = baseline, .candidate = candidate, .history = history}, options);
    ASSERT_TRUE(actual.ok());
    const auto& e = one["expected"];
    const auto close = [&](double value, const char* key, double scale = 1e-12) {
      EXPECT_TRUE(CloseTo(value, e[key], 1e-8, scale))
          << one["name"] << " " << key << " " << value << " for " << e[key];
    };
    EXPECT_EQ(VerdictName(actual->verdict), e["verdict"].get<std::string>())
        << one["name"] << ": " << actual->reason;
    close(actual->log_shift, "log_shift");
    close(actual->ratio, "ratio");
    close(actual->standard_error, "se");
    close(actual->degrees_of_freedom, "nu");
    close(actual->run_variance, "var_run");
    close(actual->run_degrees, "df_run");
    close(actual->build_variance, "var_build");
    close(actual->build_degrees, "df_build");
    close(actual->tick_relative, "tick_relative");
    close(actual->p, "p");
    EXPECT_TRUE(CloseTo(actual->ratio_interval.low, e["ratio_ci95"][0], 1e-8)) << one["name"];
    EXPECT_TRUE(CloseTo(actual->ratio_interval.high, e["ratio_ci95"][1], 1e-8)) << one["name"];
  }
}

TEST(WorkedExamples, SketchKeys) {
  BF_READ_EXAMPLES(examples, "statistics/extended/ddsketch_keys.json");
  for (const auto& one : examples["cases"]) {
    const auto mapping = SketchMapping::Create(one["alpha"]);
    ASSERT_TRUE(mapping.ok());
    EXPECT_TRUE(CloseTo(mapping->gamma(), one["gamma"], kDigits));
    const auto key = one["key"].get<int64_t>();
    const double value = one["value"];
    // Within 1e-12 of a boundary either neighbour is right.
    EXPECT_TRUE(mapping->KeyOf(value) == key || mapping->KeyOf(value * (1 - 1e-12)) == key ||
                mapping->KeyOf(value * (1 + 1e-12)) == key)
        << one;
    EXPECT_TRUE(CloseTo(mapping->ValueOf(key), one["representative"], kDigits, 0)) << one;
  }
}

}  // namespace
}  // namespace benchfleet
