// The clock of the measuring loop: monotonic nanoseconds, and what reading it costs.
#pragma once

#include <cstdint>

namespace benchfleet {

// Implemented by SystemStopwatch() and by the tests' clock.
class Stopwatch {
 public:
  virtual ~Stopwatch() = default;
  virtual int64_t NowNs() = 0;
};

// CLOCK_MONOTONIC; lives for ever.
Stopwatch& SystemStopwatch();

struct ClockCost {
  double pair_ns = 0;  // time that passes for one pair of readings
  double recorded_ns =
      0;  // what a sample of nothing records: the part of a pair between its readings
};

// Measures both as medians of many short rounds (about 2 ms in all), so that a preempted round does
// not count. Samples are never corrected by it; it is reported beside them.
ClockCost CalibrateClock(Stopwatch& stopwatch);

}  // namespace benchfleet
