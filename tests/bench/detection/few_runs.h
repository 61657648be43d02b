// How two sides of few runs are judged when nothing is known of their series, by how runs differ:
// alarms where nothing changed, how often the interval holds the truth, and what is found of a
// change that was said to be detectable.
#pragma once

#include <cstdint>

namespace benchfleet::bench {

void PrintFewRuns(uint64_t seed);

}  // namespace benchfleet::bench
