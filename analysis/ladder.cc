#include "analysis/ladder.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "analysis/check.h"
#include "analysis/settle.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr size_t kPairsMin = 10;

std::vector<std::string> FactsThatDiffer(const SideFacts& baseline, const SideFacts& candidate) {
  std::vector<std::string> differing;
  for (const auto& [name, value] : baseline.conditions) {
    const auto other = candidate.conditions.find(name);
    if (value.empty() || other == candidate.conditions.end() || other->second.empty()) continue;
    if (value == other->second) continue;
    differing.push_back(absl::StrFormat("%s: %s -> %s", name, value, other->second));
  }
  return differing;
}

// How much is lost, as a share of the better side: 0.25 where a quarter more time, or a fifth less
// throughput.
double Loss(const Comparison& comparison, bool lower_is_better) {
  return std::expm1(lower_is_better ? comparison.log_shift : -comparison.log_shift);
}

std::string ShiftText(const Comparison& result, const std::string& unit) {
  return result.on_differences ? DifferenceText(result.difference, unit)
                               : absl::StrFormat("%+.2f %%", 100 * (result.ratio - 1));
}

bool Called(Verdict verdict) {
  return verdict == Verdict::kRegressed || verdict == Verdict::kImproved;
}

}  // namespace

Judgement Judge(const Comparison& comparison, const SideFacts& baseline, const SideFacts& candidate,
                const LadderOptions& options) {
  Judgement judgement;
  judgement.comparison = comparison;
  judgement.suspects = FactsThatDiffer(baseline, candidate);
  Comparison& result = judgement.comparison;
  judgement.gate_is_blind = !result.minimum_detectable_effect.has_value() ||
                            *result.minimum_detectable_effect > options.fail;
  if (Called(result.verdict) && !result.on_differences &&
      std::abs(result.log_shift) <= options.noise_floor) {
    result.verdict = Verdict::kUndecided;
    result.reason = absl::StrFormat(
        "%+.2f %% is within %.2g %%, by which equal builds of this series were seen to differ",
        100 * (result.ratio - 1), 100 * std::expm1(options.noise_floor));
    return judgement;
  }
  const bool same_binary =
      !baseline.artefact_hash.empty() && baseline.artefact_hash == candidate.artefact_hash;
  if (same_binary && Called(result.verdict)) {
    judgement.environment_fault = true;
    result.verdict = Verdict::kUndecided;
    result.reason = absl::StrFormat(
        "the same binary on both sides shifted by %s: the environment changed%s",
        ShiftText(result, options.verdict.unit),
        judgement.suspects.empty() ? "" : " (" + absl::StrJoin(judgement.suspects, "; ") + ")");
    return judgement;
  }
  if (Called(result.verdict) && !judgement.suspects.empty()) {
    result.reason +=
        absl::StrFormat("; first suspects: %s", absl::StrJoin(judgement.suspects, "; "));
  }
  if (result.verdict != Verdict::kRegressed) return judgement;
  const double loss = Loss(result, options.verdict.lower_is_better);
  if (loss >= options.fail) {
    judgement.severity = Severity::kFailure;
  } else if (loss >= options.warn) {
    judgement.severity = Severity::kWarning;
  }
  return judgement;
}

absl::StatusOr<double> NoiseFloor(std::span<const double> same_build_log_shifts, double least) {
  BF_RETURN_IF_ERROR(CheckFinite(same_build_log_shifts, "shifts of equal builds"));
  if (!(least >= 0)) return absl::InvalidArgumentError(absl::StrFormat("floor %g", least));
  if (same_build_log_shifts.size() < kPairsMin) return least;
  std::vector<double> sizes(same_build_log_shifts.begin(), same_build_log_shifts.end());
  for (double& size : sizes) size = std::abs(size);
  BF_ASSIGN_OR_RETURN(const double learnt, Quantile(sizes, 0.95));
  return std::max(least, learnt);
}

absl::StatusOr<double> FalseAlarmRate(std::span<const Comparison> same_build,
                                      const VerdictOptions& options) {
  BF_RETURN_IF_ERROR(CheckFraction(options.alpha, "alpha"));
  size_t judged = 0;
  size_t called = 0;
  for (const Comparison& comparison : same_build) {
    judged += comparison.judgeable;
    called += comparison.judgeable && !comparison.maybe_excursion &&
              comparison.adjusted_p <= options.alpha;
  }
  if (judged == 0)
    return absl::FailedPreconditionError("no comparison of equal builds to learn from");
  return static_cast<double>(called) / static_cast<double>(judged);
}

}  // namespace benchfleet
