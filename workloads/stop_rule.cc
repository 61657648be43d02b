#include "workloads/stop_rule.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/limits.h"
#include "base/status.h"

namespace benchfleet {
namespace {

// Room for the samples of sizing a batch (workloads/measure.h), which are kept as warm-up.
constexpr uint64_t kSizingSamplesMax = 100;

uint64_t CountedSamplesMax(const Measurement& measurement) {
  return limits::kMaxSamplesPerRun - kSizingSamplesMax -
         std::min<uint64_t>(measurement.warmup, limits::kMaxSamplesPerRun / 2);
}

}  // namespace

absl::Status StopRule::Check(const Measurement& measurement) {
  const uint64_t most = CountedSamplesMax(measurement);
  if (measurement.warmup > limits::kMaxSamplesPerRun / 2) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "warmup is %d; the bound is %d", measurement.warmup, limits::kMaxSamplesPerRun / 2));
  }
  if (measurement.min_samples > most) {
    return absl::InvalidArgumentError(
        absl::StrFormat("min_samples is %d; the bound is %d", measurement.min_samples, most));
  }
  if (measurement.max_samples != 0 && measurement.max_samples < measurement.min_samples) {
    return absl::InvalidArgumentError(absl::StrFormat("max_samples (%d) is below min_samples (%d)",
                                                      measurement.max_samples,
                                                      measurement.min_samples));
  }
  if (measurement.max_time < absl::ZeroDuration()) {
    return absl::InvalidArgumentError("max_time is negative");
  }
  if (!(measurement.until_relative_ci >= 0 && measurement.until_relative_ci < 1)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("until.relative_ci is %g; expected a share between 0 and 1, such as 0.02",
                        measurement.until_relative_ci));
  }
  return absl::OkStatus();
}

StopRule::StopRule(const Measurement& measurement)
    : min_samples_(std::max<uint64_t>(measurement.min_samples, 1)),
      max_samples_(CountedSamplesMax(measurement)),
      max_time_ns_(absl::ToInt64Nanoseconds(measurement.max_time)),
      relative_ci_(measurement.until_relative_ci),
      next_look_(min_samples_) {
  if (measurement.max_samples != 0) {
    max_samples_ = std::min<uint64_t>(max_samples_, measurement.max_samples);
  }
}

void StopRule::Add(double value) {
  if (relative_ci_ > 0 && kept_.size() < kKeptMax) kept_.push_back(value);
  ++count_;
}

bool StopRule::Done(int64_t elapsed_ns) {
  if (count_ >= max_samples_) return true;
  if (count_ < min_samples_) return false;
  if (elapsed_ns >= max_time_ns_) return true;
  if (relative_ci_ <= 0 || count_ < next_look_ || count_ > kKeptMax) return false;
  next_look_ = count_ + std::max<uint64_t>(1, count_ / 10);
  std::vector<double> values = kept_;
  return RelativeMedianInterval(values) <= relative_ci_;
}

double RelativeMedianInterval(std::span<double> values) {
  constexpr double kZ = 1.959963984540054;  // of the normal distribution, 97.5 %
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const size_t n = values.size();
  if (n < 6) return kInfinity;
  const double spread = kZ * std::sqrt(static_cast<double>(n)) / 2;
  const double middle = static_cast<double>(n) / 2;
  // Order statistics counted from 1.
  const auto lower = static_cast<size_t>(std::max(1.0, std::floor(middle - spread)));
  const auto upper =
      static_cast<size_t>(std::min(static_cast<double>(n), std::ceil(middle + 1 + spread)));
  const auto at = [&](size_t order) {
    const auto position = values.begin() + static_cast<std::ptrdiff_t>(order - 1);
    std::nth_element(values.begin(), position, values.end());
    return *position;
  };
  const double low = at(lower);
  const double high = at(upper);
  const double median = at((n + 1) / 2);
  if (median <= 0) return kInfinity;
  return (high - low) / 2 / median;
}

}  // namespace benchfleet
