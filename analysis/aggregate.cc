#include "analysis/aggregate.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "analysis/check.h"
#include "analysis/detectable.h"
#include "analysis/distribution.h"
#include "analysis/settle.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr uint64_t kIterationsMin = 4;  // As of samples of a single run (single_run.cc).

absl::StatusOr<std::vector<std::vector<double>>> MeansOf(std::span<const AggregateRun> runs,
                                                         const char* name) {
  if (runs.empty()) return absl::InvalidArgumentError(absl::StrFormat("%s: no runs", name));
  std::vector<std::vector<double>> means;
  for (const AggregateRun& run : runs) means.push_back({run.mean});
  for (size_t r = 0; r < means.size(); ++r) {
    BF_RETURN_IF_ERROR(
        CheckPositive(means[r], 1, absl::StrFormat("%s, mean of run %d", name, r + 1)));
  }
  return means;
}

bool HasSpread(const AggregateRun& run) {
  return run.n >= kIterationsMin && std::isfinite(run.stddev) && run.stddev > 0;
}

// Variance of the logarithm of the mean.
double ErrorSquare(const AggregateRun& run) {
  const double relative = run.stddev / run.mean;
  return relative * relative / static_cast<double>(run.n);
}

uint64_t Iterations(std::span<const AggregateRun> runs) {
  uint64_t all = 0;
  for (const AggregateRun& run : runs) all += run.n;
  return all;
}

absl::StatusOr<Comparison> CompareSingle(const AggregateRun& a, const AggregateRun& b,
                                         const VerdictOptions& options) {
  BF_RETURN_IF_ERROR(CheckFraction(options.alpha, "alpha"));
  BF_RETURN_IF_ERROR(CheckFraction(options.level, "confidence level"));
  Comparison result;
  result.log_shift = std::log(b.mean / a.mean);
  result.ratio = b.mean / a.mean;
  result.baseline_runs = result.candidate_runs = 1;
  if (!HasSpread(a) || !HasSpread(b)) {
    return NotJudgeable(std::move(result),
                        absl::StrFormat("only a mean is known of the %s, and a mean without its "
                                        "spread over at least %d iterations cannot be judged",
                                        HasSpread(a) ? "new side" : "baseline", kIterationsMin));
  }
  const double va = ErrorSquare(a);
  const double vb = ErrorSquare(b);
  const double unseen = 2 * options.assumed_run_sigma * options.assumed_run_sigma;
  result.standard_error = std::sqrt(va + vb + unseen);
  const double square = va + vb + unseen;
  result.degrees_of_freedom =
      square * square /
      (va * va / static_cast<double>(a.n - 1) + vb * vb / static_cast<double>(b.n - 1) +
       unseen * unseen / options.assumed_run_degrees);
  const double beyond = std::max(0.0, std::abs(result.log_shift) - options.floor);
  result.p =
      std::min(1.0, 2 * StudentTail(beyond / result.standard_error, result.degrees_of_freedom));
  const double reach =
      StudentQuantile(0.5 + options.level / 2, result.degrees_of_freedom) * result.standard_error;
  result.ratio_interval = {.low = std::exp(result.log_shift - reach),
                           .high = std::exp(result.log_shift + reach)};
  const auto detectable = MinimumDetectableShift(result.standard_error, result.degrees_of_freedom,
                                                 options.alpha, options.power, options.floor);
  if (detectable.ok()) result.minimum_detectable_effect = RatioOfShift(*detectable);
  result.adjusted_p = result.p;
  SettleVerdict(options, &result);
  return result;
}

}  // namespace

absl::StatusOr<Comparison> CompareAggregates(std::span<const AggregateRun> baseline,
                                             std::span<const AggregateRun> candidate,
                                             std::span<const std::vector<double>> history,
                                             const VerdictOptions& options) {
  BF_ASSIGN_OR_RETURN(const auto before, MeansOf(baseline, "baseline"));
  BF_ASSIGN_OR_RETURN(const auto after, MeansOf(candidate, "candidate"));
  absl::StatusOr<Comparison> result =
      before.size() + after.size() > 2 || history.size() > 1
          ? Compare({.baseline = before, .candidate = after, .history = history}, options)
          : CompareSingle(baseline[0], candidate[0], options);
  if (!result.ok()) return result;
  result->baseline_samples = Iterations(baseline);
  result->candidate_samples = Iterations(candidate);
  return result;
}

}  // namespace benchfleet
