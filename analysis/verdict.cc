#include "analysis/verdict.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "analysis/check.h"
#include "analysis/detectable.h"
#include "analysis/distribution.h"
#include "analysis/excursions.h"
#include "analysis/rank_tests.h"
#include "analysis/robust.h"
#include "analysis/run_variance.h"
#include "analysis/settle.h"
#include "analysis/shift.h"
#include "analysis/single_run.h"
#include "analysis/steady.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr double kShiftInflation = 1.05;  // 1/0.955: Hodges-Lehmann's efficiency for normal noise.
constexpr double kMedianOfRuns =
    1.8;  // Variance of a median of h runs: at most this over h of one run's.
constexpr double kLeastSquare = 1e-18;  // Keeps degrees of freedom defined where nothing varies.
constexpr size_t kRankRunsMin = 4;      // Runs a side from which Mann-Whitney has a say.

struct LogSide {
  std::vector<std::vector<double>> runs;  // logarithms
  std::vector<double> medians;            // of runs
  std::vector<double> pooled;             // sorted
};

absl::StatusOr<LogSide> TakeLogSide(std::span<const std::vector<double>> runs, const char* name) {
  if (runs.empty()) return absl::InvalidArgumentError(absl::StrFormat("%s: no runs", name));
  LogSide side;
  for (size_t r = 0; r < runs.size(); ++r) {
    const absl::Status status =
        CheckPositive(runs[r], 1, absl::StrFormat("%s, run %d", name, r + 1));
    BF_RETURN_IF_ERROR(status);
    std::vector<double> logs(runs[r].begin(), runs[r].end());
    for (double& value : logs) value = std::log(value);
    side.medians.push_back(MedianOf(logs));
    side.pooled.insert(side.pooled.end(), logs.begin(), logs.end());
    side.runs.push_back(std::move(logs));
  }
  std::sort(side.pooled.begin(), side.pooled.end());
  return side;
}

absl::StatusOr<std::vector<std::vector<double>>> LogHistory(
    std::span<const std::vector<double>> history) {
  std::vector<std::vector<double>> logs(history.begin(), history.end());
  for (size_t i = 0; i < logs.size(); ++i) {
    BF_RETURN_IF_ERROR(CheckPositive(logs[i], 1, absl::StrFormat("history, revision %d", i + 1)));
    for (double& value : logs[i]) value = std::log(value);
  }
  return logs;
}

absl::Status CheckOptions(const VerdictOptions& options) {
  BF_RETURN_IF_ERROR(CheckFraction(options.alpha, "alpha"));
  BF_RETURN_IF_ERROR(CheckFraction(options.level, "confidence level"));
  BF_RETURN_IF_ERROR(CheckFraction(options.power, "power"));
  if (options.floor >= 0 && options.equivalence > 0 && options.kappa >= 0 && options.tick >= 0 &&
      options.assumed_run_sigma >= 0 && options.assumed_run_degrees >= 1 &&
      std::isfinite(options.floor + options.equivalence + options.kappa + options.tick +
                    options.assumed_run_sigma)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrFormat(
      "comparison: floor %g, equivalence margin %g, kappa %g, tick %g and assumed run sigma %g, "
      "expected at least 0 and the margin above",
      options.floor, options.equivalence, options.kappa, options.tick, options.assumed_run_sigma));
}

double TickOf(const LogSide& baseline, const LogSide& candidate, double known_tick) {
  std::vector<double> all;
  std::ranges::merge(baseline.pooled, candidate.pooled, std::back_inserter(all));
  const double median = std::exp(SortedQuantile(all, 0.5));
  if (known_tick > 0) return known_tick / median;
  std::vector<double> before = baseline.pooled;
  std::vector<double> after = candidate.pooled;
  for (double& value : before) value = std::exp(value);
  for (double& value : after) value = std::exp(value);
  return RelativeTick(before, after, median);
}

// Steps 2 and 3: fills in variances, standard error and degrees of freedom.
void EstimateError(const LogSide& baseline, const LogSide& candidate,
                   const HistoryVariance& history, double kappa, Comparison* result) {
  const std::vector<std::span<const double>> sides = {baseline.medians, candidate.medians};
  const SumOfSquares own = WinsorisedSquares(sides);
  result->run_degrees = own.degrees_of_freedom + history.run_degrees;
  result->run_variance =
      result->run_degrees > 0 ? (own.sum + history.run_sum) / result->run_degrees : 0;
  if (history.median_variance > 0) {
    result->build_variance =
        std::max(0.0, history.median_variance -
                          kMedianOfRuns * history.mean_inverse_runs * result->run_variance);
  }
  result->build_degrees = history.build_degrees;
  const double tick_variance = result->tick_relative * result->tick_relative / 12;
  const double lengths = 1 / static_cast<double>(baseline.medians.size()) +
                         1 / static_cast<double>(candidate.medians.size());
  const double run_part = (result->run_variance + tick_variance) * lengths * kShiftInflation;
  const double build_part = 2 * kappa * result->build_variance;
  const double square = run_part + build_part;
  result->standard_error = std::sqrt(square);
  const double spread = run_part * run_part / std::max(1.0, result->run_degrees) +
                        build_part * build_part / result->build_degrees;
  const double whole = square + kLeastSquare;
  result->degrees_of_freedom =
      spread > 0 ? whole * whole / spread : std::max(1.0, result->run_degrees);
}

// Step 4: the t score and, where there are runs enough, its mean with that of the ranks of run
// medians.
absl::StatusOr<double> ScoreBeyondFloor(const LogSide& baseline, const LogSide& candidate,
                                        const Comparison& result, const VerdictOptions& options) {
  const double beyond = std::max(0.0, std::abs(result.log_shift) - options.floor);
  const double tail = StudentTail(beyond / result.standard_error, result.degrees_of_freedom);
  double z = beyond <= 0 ? 0 : tail > 0 ? -NormalQuantile(tail) : beyond / result.standard_error;
  if (std::min(baseline.medians.size(), candidate.medians.size()) < kRankRunsMin) return z;
  const double direction = result.log_shift < 0 ? -1 : 1;
  std::vector<double> moved = candidate.medians;
  for (double& value : moved) value -= direction * options.floor;
  BF_ASSIGN_OR_RETURN(const MannWhitneyResult ranks,
                      MannWhitney(baseline.medians, moved, MannWhitneyMethod::kAuto));
  // Ranks know of runs alone: builds widen the error by as much as they widen that of the shift.
  const double square = result.standard_error * result.standard_error;
  const double run_share = 1 - 2 * options.kappa * result.build_variance / square;
  const double rank_z = direction * ranks.z * std::sqrt(std::clamp(run_share, 0.0, 1.0));
  return std::max(0.0, (z + rank_z) / 2);
}

// Step 5: what the samples cannot know, how runs differ and what a coarse clock hides, is added to
// their error; since it is only assumed, with few degrees of freedom.
void Widen(const SingleRunEvidence& evidence, const VerdictOptions& options, Comparison* result) {
  const double sigma = options.assumed_run_sigma;
  const double samples = evidence.standard_error * evidence.standard_error;
  const double unseen = 2 * sigma * sigma + result->tick_relative * result->tick_relative / 12;
  const double square = samples + unseen;
  result->standard_error = std::sqrt(square);
  result->degrees_of_freedom =
      square > 0 ? square * square /
                       (samples * samples / std::max(1.0, evidence.degrees_of_freedom) +
                        unseen * unseen / options.assumed_run_degrees)
                 : 1;
  const double beyond = std::abs(result->log_shift) - options.floor;
  const double p =
      beyond > 0 && result->standard_error > 0
          ? 2 * StudentTail(beyond / result->standard_error, result->degrees_of_freedom)
          : 1;
  result->p = std::min(1.0, std::max(p, evidence.p));
  const double reach =
      StudentQuantile(0.5 + options.level / 2, result->degrees_of_freedom) * std::sqrt(unseen);
  const double below = std::hypot(result->log_shift - evidence.interval.low, reach);
  const double above = std::hypot(evidence.interval.high - result->log_shift, reach);
  result->ratio_interval = {.low = std::exp(result->log_shift - below),
                            .high = std::exp(result->log_shift + above)};
}

// Step 6's doubt: does the history leave its level this far, so often that all runs of a side may
// have?
bool MayBeExcursion(std::span<const std::vector<double>> log_history, const Comparison& result,
                    double alpha) {
  const double chance = ChanceOfExcursion(log_history, result.log_shift);
  const auto runs = static_cast<double>(std::min(result.baseline_runs, result.candidate_runs));
  return chance > 0 && 2 * std::pow(chance, runs) > alpha;
}

}  // namespace

absl::StatusOr<Comparison> Compare(const VerdictInput& input, const VerdictOptions& options) {
  BF_RETURN_IF_ERROR(CheckOptions(options));
  BF_ASSIGN_OR_RETURN(const LogSide baseline, TakeLogSide(input.baseline, "baseline"));
  BF_ASSIGN_OR_RETURN(const LogSide candidate, TakeLogSide(input.candidate, "candidate"));
  BF_ASSIGN_OR_RETURN(const auto history, LogHistory(input.history));
  Comparison result;
  result.baseline_runs = baseline.runs.size();
  result.candidate_runs = candidate.runs.size();
  result.baseline_samples = baseline.pooled.size();
  result.candidate_samples = candidate.pooled.size();
  result.log_shift = Differences(baseline.pooled, candidate.pooled).Median();
  result.ratio = std::exp(result.log_shift);
  if (options.exact && NeverVaries(input)) return JudgeSteady(options, std::move(result));
  result.tick_relative = TickOf(baseline, candidate, options.tick);
  EstimateError(baseline, candidate, VarianceOfHistory(history), options.kappa, &result);
  if (result.run_degrees < 1) {
    // Nothing repeats but the samples themselves.
    const SingleRunEvidence evidence =
        JudgeSingleRuns(baseline.runs[0], candidate.runs[0], baseline.pooled, candidate.pooled,
                        result.log_shift, options.floor, options.level);
    if (!evidence.usable) {
      return NotJudgeable(
          std::move(result),
          "too few differing samples of one run a side to judge by; repeat the runs");
    }
    Widen(evidence, options, &result);
  } else if (!(result.standard_error > 0)) {
    if (result.log_shift != 0 || result.run_degrees < 4) {
      return NotJudgeable(std::move(result),
                          "the runs do not vary at all, so there is no noise to judge by");
    }
    result.ratio_interval = {.low = 1, .high = 1};
  } else {
    BF_ASSIGN_OR_RETURN(const double z, ScoreBeyondFloor(baseline, candidate, result, options));
    result.p = std::min(1.0, 2 * NormalTail(z));
    const double reach =
        StudentQuantile(0.5 + options.level / 2, result.degrees_of_freedom) * result.standard_error;
    result.ratio_interval = {.low = std::exp(result.log_shift - reach),
                             .high = std::exp(result.log_shift + reach)};
  }
  const auto detectable = MinimumDetectableShift(result.standard_error, result.degrees_of_freedom,
                                                 options.alpha, options.power, options.floor);
  if (detectable.ok()) result.minimum_detectable_effect = RatioOfShift(*detectable);
  result.maybe_excursion = MayBeExcursion(history, result, options.alpha);
  result.adjusted_p = result.p;
  SettleVerdict(options, &result);
  return result;
}

}  // namespace benchfleet
