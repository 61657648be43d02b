#include "analysis/outliers.h"

#include <cmath>
#include <limits>

#include "analysis/check.h"
#include "analysis/robust.h"
#include "base/status.h"

namespace benchfleet {

absl::StatusOr<Interval> TukeyFences(std::span<const double> values, double reach) {
  const std::vector<double> quartiles = {0.25, 0.75};
  BF_ASSIGN_OR_RETURN(const std::vector<double> q, Quantiles(values, quartiles));
  const double range = q[1] - q[0];
  return Interval{.low = q[0] - reach * range, .high = q[1] + reach * range};
}

absl::StatusOr<OutlierReport> ClassifyOutliers(std::span<const double> values) {
  OutlierReport report;
  BF_ASSIGN_OR_RETURN(report.mild_fences, TukeyFences(values, 1.5));
  BF_ASSIGN_OR_RETURN(report.severe_fences, TukeyFences(values, 3));
  report.classes.reserve(values.size());
  for (const double value : values) {
    OutlierClass found = OutlierClass::kNormal;
    if (value < report.severe_fences.low) {
      found = OutlierClass::kLowSevere;
      ++report.low_severe;
    } else if (value < report.mild_fences.low) {
      found = OutlierClass::kLowMild;
      ++report.low_mild;
    } else if (value > report.severe_fences.high) {
      found = OutlierClass::kHighSevere;
      ++report.high_severe;
    } else if (value > report.mild_fences.high) {
      found = OutlierClass::kHighMild;
      ++report.high_mild;
    }
    report.classes.push_back(found);
  }
  return report;
}

absl::StatusOr<std::vector<double>> ModifiedZScores(std::span<const double> values) {
  BF_RETURN_IF_ERROR(CheckSample(values, 1, "modified z score"));
  const double median = MedianOf(values);
  const double scale = kMadToSigmaRounded * MadOf(values);
  std::vector<double> scores(values.begin(), values.end());
  for (double& score : scores) {
    const double distance = score - median;
    score = scale > 0       ? distance / scale
            : distance == 0 ? 0
                            : std::copysign(std::numeric_limits<double>::infinity(), distance);
  }
  return scores;
}

}  // namespace benchfleet
