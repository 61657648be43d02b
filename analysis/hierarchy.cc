#include "analysis/hierarchy.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "analysis/check.h"
#include "analysis/distribution.h"
#include "analysis/robust.h"
#include "base/status.h"

namespace benchfleet {

absl::StatusOr<TwoLevelVariance> AnalyzeRuns(const std::vector<std::vector<double>>& runs,
                                             double level) {
  BF_RETURN_IF_ERROR(CheckFraction(level, "confidence level"));
  if (runs.size() < 2) return absl::InvalidArgumentError("runs: at least 2 are needed");
  std::vector<double> means;
  TwoLevelVariance result;
  for (const auto& run : runs) {
    BF_RETURN_IF_ERROR(CheckSample(run, 1, "run"));
    if (run.size() != runs[0].size()) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "runs of %d and %d samples: one size is needed", runs[0].size(), run.size()));
    }
    const Moments moments = MomentsOf(run);
    means.push_back(moments.mean);
    result.within += moments.variance / static_cast<double>(runs.size());
  }
  const Moments over_runs = MomentsOf(means);
  const auto count = static_cast<double>(runs.size());
  result.mean = over_runs.mean;
  result.of_run_means = over_runs.variance;
  result.between = result.of_run_means - result.within / static_cast<double>(runs[0].size());
  result.half_width =
      StudentQuantile(0.5 + level / 2, count - 1) * std::sqrt(result.of_run_means / count);
  return result;
}

std::optional<double> BestSamplesPerRun(const TwoLevelVariance& variance, double cost_run,
                                        double cost_sample) {
  if (!(variance.between > 0) || !(cost_run > 0) || !(cost_sample > 0)) return std::nullopt;
  return std::sqrt(cost_run / cost_sample * variance.within / variance.between);
}

absl::StatusOr<MeanRatio> RatioOfMeans(const std::vector<std::vector<double>>& baseline,
                                       const std::vector<std::vector<double>>& candidate,
                                       double level) {
  BF_ASSIGN_OR_RETURN(const TwoLevelVariance base, AnalyzeRuns(baseline, level));
  BF_ASSIGN_OR_RETURN(const TwoLevelVariance cand, AnalyzeRuns(candidate, level));
  if (base.mean == 0) return absl::FailedPreconditionError("ratio: the baseline's mean is 0");
  MeanRatio result;
  result.ratio = cand.mean / base.mean;
  const double base_sure = base.mean * base.mean - base.half_width * base.half_width;
  const double candidate_sure = cand.mean * cand.mean - cand.half_width * cand.half_width;
  if (!(base_sure > 0)) return result;
  const double product = base.mean * cand.mean;
  const double root = std::sqrt(std::max(0.0, product * product - base_sure * candidate_sure));
  result.interval =
      Interval{.low = (product - root) / base_sure, .high = (product + root) / base_sure};
  return result;
}

}  // namespace benchfleet
