#include "analysis/sketch.h"

#include <cmath>

#include "absl/strings/str_format.h"
#include "analysis/check.h"
#include "base/status.h"

namespace benchfleet {

SketchMapping::SketchMapping(double accuracy)
    : accuracy_(accuracy),
      gamma_((1 + accuracy) / (1 - accuracy)),
      log_gamma_(std::log1p(2 * accuracy / (1 - accuracy))) {}

absl::StatusOr<SketchMapping> SketchMapping::Create(double accuracy) {
  BF_RETURN_IF_ERROR(CheckFraction(accuracy, "sketch accuracy"));
  return SketchMapping(accuracy);
}

int64_t SketchMapping::KeyOf(double value) const {
  return static_cast<int64_t>(std::ceil(std::log(value) / log_gamma_));
}

double SketchMapping::ValueOf(int64_t key) const {
  return 2 * std::exp(static_cast<double>(key) * log_gamma_) / (gamma_ + 1);
}

absl::Status Sketch::Add(double value, uint64_t count) {
  if (!(std::isfinite(value) && value >= 0)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("sketch: %g is not a finite number of at least 0", value));
  }
  if (value == 0) {
    zeros_ += count;
  } else if (count > 0) {
    buckets_[mapping_.KeyOf(value)] += count;
  }
  count_ += count;
  return absl::OkStatus();
}

absl::Status Sketch::Merge(const Sketch& other) {
  if (other.mapping_.accuracy() != mapping_.accuracy()) {
    return absl::InvalidArgumentError(absl::StrFormat("sketches of accuracy %g and %g do not merge",
                                                      mapping_.accuracy(),
                                                      other.mapping_.accuracy()));
  }
  for (const auto& [key, count] : other.buckets_) buckets_[key] += count;
  zeros_ += other.zeros_;
  count_ += other.count_;
  return absl::OkStatus();
}

absl::StatusOr<double> Sketch::Quantile(double p) const {
  if (count_ == 0) return absl::InvalidArgumentError("sketch: no values");
  if (!(p >= 0 && p <= 1)) {
    return absl::InvalidArgumentError(absl::StrFormat("quantile %g is not between 0 and 1", p));
  }
  const auto rank = static_cast<uint64_t>(p * static_cast<double>(count_ - 1));
  uint64_t seen = zeros_;
  if (rank < seen) return 0.0;
  for (const auto& [key, count] : buckets_) {
    seen += count;
    if (rank < seen) return mapping_.ValueOf(key);
  }
  return mapping_.ValueOf(buckets_.rbegin()->first);
}

}  // namespace benchfleet
