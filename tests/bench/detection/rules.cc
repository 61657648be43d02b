#include "tests/bench/detection/rules.h"

#include <algorithm>
#include <cmath>

#include "analysis/quantile.h"
#include "analysis/rank_tests.h"
#include "analysis/robust.h"
#include "analysis/t_tests.h"
#include "analysis/verdict.h"

namespace benchfleet::bench {
namespace {

using Runs = std::vector<std::vector<double>>;

double FromP(double p) { return -std::log10(std::max(p, 1e-300)); }

std::vector<double> Medians(const Runs& runs) {
  std::vector<double> medians;
  for (const auto& run : runs) medians.push_back(MedianOf(run));
  return medians;
}

std::vector<double> Pooled(const Runs& runs) {
  std::vector<double> pooled;
  for (const auto& run : runs) pooled.insert(pooled.end(), run.begin(), run.end());
  return pooled;
}

double Ours(const ComparisonCase& one, const VerdictOptions& options) {
  const auto result = Compare(
      {.baseline = one.baseline, .candidate = one.candidate, .history = one.history}, options);
  if (!result.ok() || !result->judgeable || result->maybe_excursion) return 0;
  return FromP(result->p);
}

double RankScore(const std::vector<double>& a, const std::vector<double>& b) {
  const auto result = MannWhitney(a, b, MannWhitneyMethod::kAuto);
  return result.ok() ? FromP(result->p) : 0;
}

double WelchScore(const ComparisonCase& one) {
  const auto result = WelchTest(Medians(one.baseline), Medians(one.candidate), 0.95);
  return result.ok() ? FromP(result->p) : 0;
}

double Over(double distance, double scale) {
  if (scale > 0) return distance / scale;
  return distance > 0 ? 1e9 : 0;
}

double ZScore(const ComparisonCase& one) {
  const Moments before = MomentsOf(Pooled(one.baseline));
  const Moments after = MomentsOf(Pooled(one.candidate));
  return Over(std::abs(after.mean - before.mean), std::sqrt(before.variance));
}

double RangeScore(const ComparisonCase& one) {
  const auto before = Pooled(one.baseline);
  const double range = *Quantile(before, 0.75) - *Quantile(before, 0.25);
  return Over(std::abs(MedianOf(Pooled(one.candidate)) - MedianOf(before)), range);
}

double RatioScore(const ComparisonCase& one) {
  return std::abs(std::log(MedianOf(Pooled(one.candidate)) / MedianOf(Pooled(one.baseline))));
}

}  // namespace

std::vector<Rule> Rules() {
  const VerdictOptions standard;
  const double at_alpha = FromP(standard.alpha);
  return {
      {"Benchfleet", [](const ComparisonCase& one) { return Ours(one, {}); }, at_alpha},
      {"Benchfleet, no floor", [](const ComparisonCase& one) { return Ours(one, {.floor = 0}); },
       at_alpha},
      {"Mann-Whitney, samples",
       [](const ComparisonCase& one) {
         return RankScore(Pooled(one.baseline), Pooled(one.candidate));
       },
       2},
      {"Mann-Whitney, runs",
       [](const ComparisonCase& one) {
         return RankScore(Medians(one.baseline), Medians(one.candidate));
       },
       2},
      {"Welch, runs", WelchScore, 2},
      {"z score 98 %", ZScore, 2.054},
      {"IQR 3", RangeScore, 3},
      {"ratio 10 %", RatioScore, std::log(1.1)},
  };
}

}  // namespace benchfleet::bench
