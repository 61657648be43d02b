// How often a history left its level for a moment: what single runs of a series do now and then is
// no change. Private to analysis/.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace benchfleet {

// The chance that one revision strays from its level by half of `log_shift`, and by more than the
// ordinary noise between neighbours (that is what the test itself allows for); 0 where none did.
// The level about a point is the median of the 11 points about it. Two to five points together at
// an end of the history are no strays but a level that came or went. Logarithms; O(n).
double ChanceOfExcursion(std::span<const std::vector<double>> log_history, double log_shift);

}  // namespace benchfleet
