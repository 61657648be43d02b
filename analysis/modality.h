// Does a sample have one hump or several? Where it has several, one median tells little.
// By Hartigan's dip (dip.h); p by simulation of the uniform distribution, its least favourable
// case.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"

namespace benchfleet {

struct ModalityOptions {
  double alpha = 0.01;     // below this p a sample is split into two
  size_t resamples = 500;  // of the uniform distribution; at least 1/alpha of them
  uint64_t seed = 1;
};

struct Mode {
  double centre = 0;  // median of the values that belong to it
  double low = 0;
  double high = 0;
  double share = 0;  // of the sample
};

struct Modality {
  double dip = 0;
  double p = 1;             // of "one hump"
  std::vector<Mode> modes;  // ascending, at least one, at most eight
};

// A sample that is surely not unimodal is cut in two where the squares about both means are least,
// and each part is asked again. Ties are spread over the gap to the next value, so that a coarse
// clock does not pass for many modes. Of more than 2,000 values, as many evenly spaced order
// statistics stand for them. Needs one value; with fewer than ten there is one mode.
absl::StatusOr<Modality> FindModes(std::span<const double> values, const ModalityOptions& options);

}  // namespace benchfleet
