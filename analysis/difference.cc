#include "analysis/difference.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_format.h"
#include "analysis/check.h"
#include "analysis/detectable.h"
#include "analysis/distribution.h"
#include "analysis/rank_tests.h"
#include "analysis/robust.h"
#include "analysis/settle.h"
#include "analysis/steady.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr double kSteadyDegreesMin = 4;  // As where ratios do not vary (verdict.cc).

struct MeansSide {
  std::vector<double> means;  // of runs
  size_t samples = 0;
  Moments moments;
};

absl::StatusOr<MeansSide> TakeMeansSide(std::span<const std::vector<double>> runs,
                                        const char* name) {
  if (runs.empty()) return absl::InvalidArgumentError(absl::StrFormat("%s: no runs", name));
  MeansSide side;
  for (size_t r = 0; r < runs.size(); ++r) {
    const absl::Status status = CheckSample(runs[r], 1, absl::StrFormat("%s, run %d", name, r + 1));
    BF_RETURN_IF_ERROR(status);
    side.means.push_back(MomentsOf(runs[r]).mean);
    side.samples += runs[r].size();
  }
  side.moments = MomentsOf(side.means);
  return side;
}

double RatioOfMeans(double before, double after) {
  if (before > 0 && after >= 0) return after / before;
  return before == after ? 1 : std::numeric_limits<double>::infinity();
}

// The score of ranks, and of both together where neither side's runs vary at all.
absl::StatusOr<MannWhitneyResult> Ranks(const MeansSide& baseline, const MeansSide& candidate,
                                        double moved) {
  std::vector<double> values = candidate.means;
  for (double& value : values) value -= moved;
  return MannWhitney(baseline.means, values, MannWhitneyMethod::kAuto);
}

// Runs that are all alike on both sides, as sizes and counts of a deterministic program are.
absl::StatusOr<Comparison> CompareSteady(const MeansSide& baseline, const MeansSide& candidate,
                                         const VerdictOptions& options, Comparison result) {
  const auto runs = static_cast<double>(baseline.means.size() + candidate.means.size());
  result.difference_interval = {.low = result.difference, .high = result.difference};
  if (result.difference == 0) {
    if (runs - 2 < kSteadyDegreesMin) {
      return NotJudgeable(std::move(result), "too few runs to tell that it never varies");
    }
    return result;
  }
  BF_ASSIGN_OR_RETURN(const MannWhitneyResult ranks, Ranks(baseline, candidate, 0));
  result.p = ranks.p;
  if (result.p > options.alpha) {
    return NotJudgeable(std::move(result),
                        absl::StrFormat("%s, and neither side varies: with so few runs even "
                                        "that may be chance (p %.2g)",
                                        DifferenceText(result.difference, options.unit), ranks.p));
  }
  return result;
}

}  // namespace

bool NeedsDifferences(const VerdictInput& input) {
  const auto not_positive = [](const std::vector<double>& run) {
    return std::ranges::any_of(run, [](double value) { return value <= 0; });
  };
  return std::ranges::any_of(input.baseline, not_positive) ||
         std::ranges::any_of(input.candidate, not_positive);
}

absl::StatusOr<Comparison> CompareDifferences(const VerdictInput& input,
                                              const VerdictOptions& options) {
  BF_RETURN_IF_ERROR(CheckFraction(options.alpha, "alpha"));
  BF_RETURN_IF_ERROR(CheckFraction(options.level, "confidence level"));
  BF_ASSIGN_OR_RETURN(const MeansSide baseline, TakeMeansSide(input.baseline, "baseline"));
  BF_ASSIGN_OR_RETURN(const MeansSide candidate, TakeMeansSide(input.candidate, "candidate"));
  Comparison result;
  result.on_differences = true;
  result.baseline_runs = baseline.means.size();
  result.candidate_runs = candidate.means.size();
  result.baseline_samples = baseline.samples;
  result.candidate_samples = candidate.samples;
  result.difference = candidate.moments.mean - baseline.moments.mean;
  result.ratio = RatioOfMeans(baseline.moments.mean, candidate.moments.mean);
  result.log_shift = std::log(result.ratio);
  const double scale = std::abs(baseline.moments.mean);
  result.difference_margin = options.equivalence * scale;
  if (options.exact && NeverVaries(input)) return JudgeSteady(options, std::move(result));
  if (std::min(result.baseline_runs, result.candidate_runs) < 2) {
    return NotJudgeable(std::move(result),
                        "values of 0 or below are compared by their means over runs, which takes "
                        "two runs a side; repeat the runs");
  }
  const double a = baseline.moments.variance / static_cast<double>(result.baseline_runs);
  const double b = candidate.moments.variance / static_cast<double>(result.candidate_runs);
  result.standard_error = std::sqrt(a + b);
  if (!(result.standard_error > 0)) {
    BF_ASSIGN_OR_RETURN(result, CompareSteady(baseline, candidate, options, std::move(result)));
    result.adjusted_p = result.p;
    SettleVerdict(options, &result);
    return result;
  }
  result.degrees_of_freedom =
      (a + b) * (a + b) /
      (a * a / std::max(1.0, static_cast<double>(result.baseline_runs - 1)) +
       b * b / std::max(1.0, static_cast<double>(result.candidate_runs - 1)));
  const double floor = options.floor * scale;
  const double direction = result.difference < 0 ? -1 : 1;
  const double beyond = std::max(0.0, std::abs(result.difference) - floor);
  const double tail = StudentTail(beyond / result.standard_error, result.degrees_of_freedom);
  double z = beyond <= 0 ? 0 : tail > 0 ? -NormalQuantile(tail) : beyond / result.standard_error;
  if (RanksHaveASay(result.baseline_runs, result.candidate_runs)) {
    BF_ASSIGN_OR_RETURN(const MannWhitneyResult ranks,
                        Ranks(baseline, candidate, direction * floor));
    z = std::max(0.0, (z + direction * ranks.z) / 2);
  }
  result.p = std::min(1.0, 2 * NormalTail(z));
  const double reach =
      StudentQuantile(0.5 + options.level / 2, result.degrees_of_freedom) * result.standard_error;
  result.difference_interval = {.low = result.difference - reach,
                                .high = result.difference + reach};
  const double lengths = 1 / static_cast<double>(result.baseline_runs) +
                         1 / static_cast<double>(result.candidate_runs);
  const auto detectable =
      MinimumDetectableShiftOfRuns({.standard_error = result.standard_error,
                                    .degrees_of_freedom = result.degrees_of_freedom,
                                    .run_sigma = result.standard_error / std::sqrt(lengths),
                                    .baseline_runs = result.baseline_runs,
                                    .candidate_runs = result.candidate_runs},
                                   options.alpha, options.power, floor);
  if (detectable.ok() && scale > 0) result.minimum_detectable_effect = *detectable / scale;
  result.adjusted_p = result.p;
  SettleVerdict(options, &result);
  return result;
}

}  // namespace benchfleet
