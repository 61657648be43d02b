// Units as other tools write them, turned into ours. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "proto/model.h"

namespace benchfleet {

// value * factor is in `unit`.
struct Unit {
  std::string unit;  // "ns", "B", "B/s", "1/s", or as it came
  double factor = 1;
  Direction direction = Direction::kNeutral;  // of a quantity with this unit
};

// Times ("us", "µs", "sec", "ms/op"): ns, lower is better. Sizes ("B", "KiB", "MB", "B/op"): B,
// lower is better. Rates ("ops/ms", "1/s", "MB/s"): 1/s or B/s, higher is better; MB is 10^6.
// Others stay; "…/s" is higher, "…/op" lower, anything else neither.
Unit ReadUnit(std::string_view text);

// Nanoseconds in one of a unit of time; 0 where `text` is none.
double NanosecondsIn(std::string_view text);

}  // namespace benchfleet
