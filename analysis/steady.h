// Values that repeat themselves: counts and sizes that never vary, and times that a coarse clock
// rounds. Private to analysis/.
#pragma once

#include <span>
#include <vector>

#include "analysis/verdict.h"

namespace benchfleet {

// True where all values of each side are equal, three of them or more a side, and no revision of
// the history has runs that differ.
bool NeverVaries(const VerdictInput& input);

// Of values that never vary: equal or within the floor, they are unchanged, else changed by exactly
// what they differ, and p is 0 or 1. `result` holds shift, ratio and (on differences) the
// difference and its margin.
Comparison JudgeSteady(const VerdictOptions& options, Comparison result);

// The least step between values that were measured on one side, over `median`, where values repeat
// so often that the clock must be coarse; else 0. What lies between the sides says nothing of the
// clock, unless neither side varies. Both sides sorted.
double RelativeTick(std::span<const double> baseline, std::span<const double> candidate,
                    double median);

}  // namespace benchfleet
