// From which sample on does a run measure its steady state, and is there one?
// Source: Barrett, Bolz-Tereick, Killick, Mount and Tratt, 2017, "Virtual Machine Warmup Blows Hot
// and Cold": change points in mean and variance, and what lies equal to the last segment.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "absl/status/statusor.h"

namespace benchfleet {

enum class SteadyKind {
  kFlat,           // one level from the first sample on
  kWarmUp,         // settles at its best level
  kSlowdown,       // settles at a level worse than an earlier one
  kNoSteadyState,  // still changing near the end
  kTooShort,       // too few samples to tell
};
// "flat", "warm-up", "slowdown", "no steady state", "too short".
const char* SteadyKindName(SteadyKind kind);

struct SteadyOptions {
  // Segments whose means differ by less than this share of the last one's, or by less than the last
  // one's standard deviation, are one level. Barrett et al. use the deviation and 1 ms.
  double tolerance = 0.005;
  // The last level must cover this share of the run.
  double last_share = 0.25;
  // Times ln n, for each change. 15 finds what the eye finds; less splits more.
  double penalty = 15;
  bool lower_is_better = true;
};

struct SteadySegment {
  size_t start = 0;
  size_t end = 0;   // past the last
  double mean = 0;  // of the values with wild ones drawn in
  double stddev = 0;
};

struct SteadyState {
  SteadyKind kind = SteadyKind::kTooShort;
  // The first sample of the steady state; 0 where flat, the number of samples where there is none.
  size_t steady_start = 0;
  std::vector<SteadySegment> segments;
};

// Samples in the order measured, finite. Below 30 it is too short. Beyond 1,000 samples, medians of
// as many equal blocks are segmented, so positions are then good to a block. O(n).
absl::StatusOr<SteadyState> FindSteadyState(std::span<const double> samples,
                                            const SteadyOptions& options);

}  // namespace benchfleet
