// When a run has measured enough.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "proto/model.h"

namespace benchfleet {

// At least min_samples; then as soon as max_time has passed since the first counted sample began,
// or max_samples are there, or the median is known well enough (until_relative_ci). Warm-up samples
// do not count. One thread; no clock of its own.
class StopRule {
 public:
  // Errors, InvalidArgument: bounds that contradict each other or limits::kMaxSamplesPerRun.
  static absl::Status Check(const Measurement& measurement);

  explicit StopRule(const Measurement& measurement);

  // Of one operation; any unit.
  void Add(double value);
  // `elapsed_ns`: since measuring began. Cheap, except that the interval is looked at again each
  // time the sample has grown by a tenth.
  bool Done(int64_t elapsed_ns);

  uint64_t count() const { return count_; }
  uint64_t max_samples() const { return max_samples_; }

 private:
  // Values looked at for the interval (8 MiB). An interval that is still too wide over so many is
  // about 0.1 % of the spread of the values; such a run goes on until max_time.
  static constexpr size_t kKeptMax = size_t{1} << 20;

  uint64_t min_samples_;
  uint64_t max_samples_;
  int64_t max_time_ns_;
  double relative_ci_;
  uint64_t count_ = 0;
  std::vector<double> kept_;
  uint64_t next_look_ = 0;  // at this count
};

// Half the width of the interval for the median at 95 %, divided by the median; infinite where
// there are too few values (fewer than six) or the median is 0. Between order statistics, by the
// normal approximation to the binomial rounded outwards, so never narrower than the exact one.
// Source: Conover, 1999, "Practical Nonparametric Statistics", section 3.2. Reorders `values`.
double RelativeMedianInterval(std::span<double> values);

}  // namespace benchfleet
