// How long the analysis takes, and how it grows.
#pragma once

namespace benchfleet::bench {

// Prints processor time of change points over 10^3 .. 10^6 points of several shapes with the fitted
// exponent, of appended points with the worst of them, and of a comparison of 10^6 samples a side.
void PrintSpeed();

}  // namespace benchfleet::bench
