#include "analysis/estimate.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "analysis/check.h"
#include "analysis/distribution.h"
#include "analysis/robust.h"
#include "base/status.h"

namespace benchfleet {

const std::vector<double>& Estimator::StudentDraws(double degrees_of_freedom) {
  std::vector<double>& draws = student_[degrees_of_freedom];
  if (draws.empty()) {
    const auto count = static_cast<double>(options_.draws);
    for (size_t i = 0; i < options_.draws; ++i) {
      draws.push_back(StudentQuantile((static_cast<double>(i) + 0.5) / count, degrees_of_freedom));
    }
  }
  return draws;
}

absl::StatusOr<Estimate> Estimator::Of(const RunSamples& runs, const SharedVariance& shared) {
  BF_RETURN_IF_ERROR(CheckFraction(options_.level, "confidence level"));
  if (options_.draws < 2) return absl::InvalidArgumentError("estimate: at least 2 draws");
  if (runs.empty()) return absl::InvalidArgumentError("estimate: no runs");
  Estimate estimate;
  estimate.runs = runs.size();
  estimate.single_run = runs.size() == 1;
  std::vector<double> logs;
  for (const std::vector<double>& run : runs) {
    BF_RETURN_IF_ERROR(CheckPositive(run, 1, "estimate"));
    estimate.samples += run.size();
    logs.push_back(std::log(MedianOf(run)));
  }
  double center = MomentsOf(logs).mean;
  double widening = 1;
  if (estimate.single_run) {
    center = logs[0];
    logs.clear();
    for (const double value : runs[0]) logs.push_back(std::log(value));
    widening = std::sqrt(std::numbers::pi / 2);
  }
  estimate.value = std::exp(center);
  if (logs.size() < 2) return estimate;
  const auto count = static_cast<double>(logs.size());
  double variance = MomentsOf(logs).variance;
  double degrees = count - 1;
  if (!estimate.single_run) {
    variance = (variance * degrees + shared.variance * shared.degrees_of_freedom) /
               (degrees + shared.degrees_of_freedom);
    degrees += shared.degrees_of_freedom;
  }
  const double error = widening * std::sqrt(variance / count);
  estimate.log_error = error;
  estimate.degrees_of_freedom = degrees;
  const double reach = error * StudentQuantile(0.5 + options_.level / 2, degrees);
  estimate.interval = Interval{.low = std::exp(center - reach), .high = std::exp(center + reach)};
  estimate.log_draws = StudentDraws(degrees);
  for (double& draw : estimate.log_draws) draw = center + error * draw;
  for (size_t i = estimate.log_draws.size(); i > 1; --i) {
    std::swap(estimate.log_draws[i - 1], estimate.log_draws[random_.Below(i)]);
  }
  return estimate;
}

Interval SpanOfDraws(std::vector<double> draws, double level) {
  std::sort(draws.begin(), draws.end());
  const auto last = static_cast<double>(draws.size() - 1);
  const double tail = (1 - level) / 2;
  // Between a number and infinity there is nothing to interpolate: the outer one counts.
  const auto low = static_cast<size_t>(std::floor(tail * last));
  return {.low = draws[low], .high = draws[draws.size() - 1 - low]};
}

RatioEstimate RatioOf(const Estimate& numerator, const Estimate& denominator, double level) {
  RatioEstimate ratio;
  ratio.value = numerator.value / denominator.value;
  if (numerator.degrees_of_freedom == 0 || denominator.degrees_of_freedom == 0) return ratio;
  const double a = numerator.log_error * numerator.log_error;
  const double b = denominator.log_error * denominator.log_error;
  double reach = 0;
  if (a + b > 0) {
    const double degrees =
        (a + b) * (a + b) /
        (a * a / numerator.degrees_of_freedom + b * b / denominator.degrees_of_freedom);
    reach = std::sqrt(a + b) * StudentQuantile(0.5 + level / 2, degrees);
  }
  ratio.interval =
      Interval{.low = ratio.value * std::exp(-reach), .high = ratio.value * std::exp(reach)};
  return ratio;
}

}  // namespace benchfleet
