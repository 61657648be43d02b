// How far a sample is from having one hump.
// Sources: Hartigan and Hartigan, 1985, "The Dip Test of Unimodality"; Hartigan, 1985, "Algorithm
// AS 217: Computation of the Dip Statistic to Test for Unimodality".
#pragma once

#include <span>

namespace benchfleet {

// The least sup-distance between the empirical distribution of `sorted` values and any unimodal
// one. At least 1/(2n). Needs one finite value. O(n) but for a few passes.
double Dip(std::span<const double> sorted);

}  // namespace benchfleet
