#include "analysis/single_run.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "analysis/autocorrelation.h"
#include "analysis/distribution.h"
#include "analysis/rank_tests.h"
#include "analysis/robust.h"
#include "analysis/shift.h"

namespace benchfleet {
namespace {

constexpr double kSampleIntervalLevel = 0.95;
constexpr size_t kRankedMax =
    1 << 16;                         // Consecutive samples that the autocorrelation is taken from.
constexpr size_t kBlockedMin = 160;  // Samples from which blocks are long enough to say something.
constexpr size_t kBlocks = 20;

// The variance of block medians over what it were for independent normal samples.
double BlockInflation(std::span<const double> run) {
  const size_t length = run.size() / kBlocks;
  std::vector<double> medians;
  for (size_t block = 0; block < kBlocks; ++block) {
    medians.push_back(MedianOf(run.subspan(block * length, length)));
  }
  const double scale = kMadToSigma * MadOf(run);
  if (!(scale > 0)) return 1;
  const double independent = std::numbers::pi / 2 * scale * scale / static_cast<double>(length);
  return MomentsOf(medians).variance / independent;
}

}  // namespace

double CorrelationInflation(std::span<const double> run) {
  if (run.size() < kSingleRunSamplesMin) return 1;
  double inflation = 1;
  const auto r = RankAutocorrelation(run.first(std::min(run.size(), kRankedMax)));
  if (r.ok() && *r > 0) inflation = (1 + std::min(*r, 0.99)) / (1 - std::min(*r, 0.99));
  if (run.size() >= kBlockedMin) inflation = std::max(inflation, BlockInflation(run));
  return std::min(inflation, static_cast<double>(run.size()));
}

SingleRunEvidence JudgeSingleRuns(std::span<const double> a, std::span<const double> b,
                                  std::span<const double> sorted_a,
                                  std::span<const double> sorted_b) {
  SingleRunEvidence evidence;
  if (std::min(a.size(), b.size()) < kSingleRunSamplesMin) return evidence;
  const double variance = MannWhitneyVariance(sorted_a, sorted_b);
  if (!(variance > 0)) return evidence;
  evidence.usable = true;
  const auto n = static_cast<double>(a.size());
  const auto m = static_cast<double>(b.size());
  // Each side's share of the variance of the shift goes with the other's size.
  const double inflation_a = CorrelationInflation(a);
  const double inflation_b = CorrelationInflation(b);
  const double inflation = (inflation_a * m + inflation_b * n) / (n + m);
  // The ranks of so few pairs end at the outermost ones, so they give the error of independent
  // samples, and what correlation adds is multiplied.
  const Differences differences(sorted_a, sorted_b);
  const double z = NormalQuantile(0.5 + kSampleIntervalLevel / 2);
  const auto pairs = static_cast<double>(differences.count());
  const auto k =
      std::max<int64_t>(1, static_cast<int64_t>(std::floor(pairs / 2 - z * std::sqrt(variance))));
  const double width = differences.Kth(differences.count() + 1 - k) - differences.Kth(k);
  evidence.standard_error = width / (2 * z) * std::sqrt(inflation);
  evidence.degrees_of_freedom = std::max(1.0, n / inflation_a + m / inflation_b - 2);
  return evidence;
}

}  // namespace benchfleet
