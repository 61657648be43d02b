#include "analysis/verdict.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "absl/strings/str_format.h"
#include "analysis/check.h"
#include "analysis/detectable.h"
#include "analysis/distribution.h"
#include "analysis/excursions.h"
#include "analysis/rank_tests.h"
#include "analysis/robust.h"
#include "analysis/run_error.h"
#include "analysis/run_variance.h"
#include "analysis/settle.h"
#include "analysis/shift.h"
#include "analysis/single_run.h"
#include "analysis/steady.h"
#include "base/status.h"

namespace benchfleet {
namespace {

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

// Ranks know of runs alone: builds widen the error by as much as they widen that of the shift.
double RankShare(const Comparison& result, const VerdictOptions& options) {
  const double square = result.standard_error * result.standard_error;
  if (!(square > 0)) return 1;
  const double run_share = 1 - 2 * options.kappa * result.build_variance / square;
  return std::sqrt(std::clamp(run_share, 0.0, 1.0));
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
}

// The t score of "the shift is within the floor".
double StudentScore(const Comparison& result, const VerdictOptions& options) {
  const double beyond = std::max(0.0, std::abs(result.log_shift) - options.floor);
  if (beyond <= 0) return 0;
  if (!(result.standard_error > 0)) return std::numeric_limits<double>::infinity();
  const double t = beyond / result.standard_error;
  const double tail = StudentTail(t, result.degrees_of_freedom);
  return tail > 0 ? -NormalQuantile(tail) : t;
}

std::string TooFewSamples(const Comparison& result) {
  const size_t fewest = std::min(result.baseline_samples, result.candidate_samples);
  if (fewest >= kSingleRunSamplesMin) {
    return "one run a side whose samples do not differ, so there is no noise to judge by; repeat "
           "the runs";
  }
  return absl::StrFormat(
      "%d sample%s of one run a side %s too few for any verdict (%d and more are judged); repeat "
      "the runs",
      fewest, fewest == 1 ? "" : "s", fewest == 1 ? "is" : "are", kSingleRunSamplesMin);
}

// Step 6's doubt: does the history leave its level this far, so often that all runs of a side may
// have?
bool MayBeExcursion(std::span<const std::vector<double>> log_history, const Comparison& result,
                    double alpha) {
  const double chance = ChanceOfExcursion(log_history, result.log_shift);
  const auto runs = static_cast<double>(std::min(result.baseline_runs, result.candidate_runs));
  return chance > 0 && 2 * std::pow(chance, runs) > alpha;
}

// Step 4: that score and, where ranks could be fairly sure, its mean with that of the ranks of run
// medians.
absl::StatusOr<double> ScoreOfRuns(const LogSide& baseline, const LogSide& candidate,
                                   const Comparison& result, const VerdictOptions& options) {
  const double z = StudentScore(result, options);
  if (!RanksHaveASay(baseline.medians.size(), candidate.medians.size())) return z;
  const double direction = result.log_shift < 0 ? -1 : 1;
  std::vector<double> moved = candidate.medians;
  for (double& value : moved) value -= direction * options.floor;
  BF_ASSIGN_OR_RETURN(const MannWhitneyResult ranks,
                      MannWhitney(baseline.medians, moved, MannWhitneyMethod::kAuto));
  return std::max(0.0, (z + direction * ranks.z * RankShare(result, options)) / 2);
}

// The smallest shift that would be called with the stated power; none where nothing is known of the
// noise.
std::optional<double> DetectableShift(const LogSide& baseline, const LogSide& candidate,
                                      std::span<const std::vector<double>> log_history,
                                      const Comparison& result, const VerdictOptions& options) {
  const auto shift = MinimumDetectableShiftOfRuns({.standard_error = result.standard_error,
                                                   .degrees_of_freedom = result.degrees_of_freedom,
                                                   .run_sigma = std::sqrt(result.run_variance),
                                                   .rank_share = RankShare(result, options),
                                                   .baseline_runs = baseline.medians.size(),
                                                   .candidate_runs = candidate.medians.size()},
                                                  options.alpha, options.power, options.floor);
  if (!shift.ok()) return std::nullopt;
  // A shift that might be an excursion is not called; those that are far beyond all of them are.
  constexpr int kStepsMax = 100;  // to 10,000 times that shift
  Comparison shifted = result;
  shifted.log_shift = *shift;
  for (int step = 0; step < kStepsMax; ++step, shifted.log_shift *= 1.1) {
    if (!MayBeExcursion(log_history, shifted, options.alpha)) return shifted.log_shift;
  }
  return std::nullopt;
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
  EstimateRunError(baseline.medians, candidate.medians, VarianceOfHistory(history), options,
                   &result);
  double z = 0;
  if (result.run_degrees < 1) {
    // Nothing repeats but the samples themselves.
    const SingleRunEvidence evidence =
        JudgeSingleRuns(baseline.runs[0], candidate.runs[0], baseline.pooled, candidate.pooled);
    if (!evidence.usable) return NotJudgeable(std::move(result), TooFewSamples(result));
    Widen(evidence, options, &result);
    z = StudentScore(result, options);
  } else if (!(result.run_variance + result.build_variance + result.tick_relative > 0)) {
    result.standard_error = 0;  // nothing but assumed
    if (result.log_shift != 0 || result.run_degrees < 4) {
      return NotJudgeable(std::move(result),
                          "the runs do not vary at all, so there is no noise to judge by");
    }
  } else {
    BF_ASSIGN_OR_RETURN(z, ScoreOfRuns(baseline, candidate, result, options));
  }
  result.p = std::min(1.0, 2 * NormalTail(z));
  const double reach =
      StudentQuantile(0.5 + options.level / 2, result.degrees_of_freedom) * result.standard_error;
  result.ratio_interval = {.low = std::exp(result.log_shift - reach),
                           .high = std::exp(result.log_shift + reach)};
  if (const auto shift = DetectableShift(baseline, candidate, history, result, options)) {
    result.minimum_detectable_effect = RatioOfShift(*shift);
  }
  result.maybe_excursion = MayBeExcursion(history, result, options.alpha);
  result.adjusted_p = result.p;
  SettleVerdict(options, &result);
  return result;
}

}  // namespace benchfleet
