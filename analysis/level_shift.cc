#include "analysis/level_shift.h"

#include <algorithm>
#include <cmath>

namespace benchfleet {
namespace {

constexpr double kGranted = 0.005;  // of logarithms, or of the blessed level

// The same shift as differences.
LevelShift Linear(const LevelShift& shift) {
  if (!shift.logarithmic) return shift;
  return {.before = shift.before,
          .after = shift.after,
          .shift = {.low = shift.before * std::expm1(shift.shift.low),
                    .high = shift.before * std::expm1(shift.shift.high)},
          .logarithmic = false};
}

}  // namespace

LevelShift ShiftOfRatio(double before, double after, const Interval& ratio) {
  return {.before = before,
          .after = after,
          .shift = {.low = std::log(ratio.low), .high = std::log(ratio.high)},
          .logarithmic = true};
}

bool IsCovered(const LevelShift& seen, const LevelShift& blessed) {
  if (seen.logarithmic != blessed.logarithmic) return IsCovered(Linear(seen), Linear(blessed));
  if ((seen.after > seen.before) != (blessed.after > blessed.before)) return false;
  const double granted =
      seen.logarithmic ? kGranted
                       : kGranted * std::max(std::abs(blessed.before), std::abs(blessed.after));
  if (seen.shift.low > blessed.shift.high + granted) return false;
  if (blessed.shift.low > seen.shift.high + granted) return false;
  const double apart = seen.logarithmic ? std::abs(std::log(seen.after / blessed.after))
                                        : std::abs(seen.after - blessed.after);
  const double reach =
      (seen.shift.high - seen.shift.low + blessed.shift.high - blessed.shift.low) / 2;
  return apart <= reach + granted;
}

bool IsCoveredByAny(const LevelShift& seen, std::span<const LevelShift> blessed) {
  return std::any_of(blessed.begin(), blessed.end(),
                     [&seen](const LevelShift& one) { return IsCovered(seen, one); });
}

}  // namespace benchfleet
