// What a median and its interval do not show of samples: several humps, runs that never settle, and
// samples far above or below the rest.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/modality.h"
#include "analysis/steady_state.h"

namespace benchfleet {

struct SampleShapeOptions {
  ModalityOptions modality;
  // Levels that lie closer are one: what a neighbour's load does for a second is no warm-up.
  SteadyOptions steady = {.tolerance = 0.02};
  // A hump is told from its neighbour where it holds this share of the samples, ...
  double hump_share = 0.05;
  // ... and its centre is farther from the neighbour's than this share of it.
  double hump_distance = 0.02;
};

struct SampleShape {
  size_t n = 0;
  // Where the samples of single runs have several humps: ascending, two or more. Else empty. Each
  // sample is taken relative to its run's median, so that runs at different levels are no humps
  // (that is what intervals over runs are for), and told at the level of all samples' median.
  std::vector<Mode> humps;
  // Runs of 30 samples or more, of which the following can be told, and how many samples they have.
  size_t runs_told = 0;
  size_t samples_told = 0;
  // Outside the quartiles of their run by more than three interquartile ranges.
  size_t far_below = 0;
  size_t far_above = 0;
  // How the runs settle.
  size_t warm_up = 0;
  size_t slowdown = 0;
  size_t unsettled = 0;     // no steady state
  size_t settled_from = 0;  // of the runs that warm up: the median first steady sample
};

// `runs`: the samples of each run in the order measured, finite, without warm-up; empty runs do not
// count. Relative figures need medians above zero: where one is not, there are no humps. Reentrant.
// Cost: at most 2,000 values' dip test, else O(n log n).
absl::StatusOr<SampleShape> ShapeOfSamples(std::span<const std::span<const double>> runs,
                                           const SampleShapeOptions& options);

}  // namespace benchfleet
