// A series' move from one level to another, and whether it is one that somebody has blessed.
#pragma once

#include <span>

#include "analysis/quantile.h"

namespace benchfleet {

struct LevelShift {
  double before = 0;  // levels, in the unit of the series
  double after = 0;
  Interval shift{.low = 0, .high = 0};  // of log(after / before), or of after - before
  bool logarithmic = true;
};

// From what Compare (verdict.h) found: the median of one side, and the interval of the ratio of the
// other to it. All above 0.
LevelShift ShiftOfRatio(double before, double after, const Interval& ratio);

// True where `seen` is the very shift that was blessed, in the same series: it goes the same way,
// the intervals of the two overlap, and it ends at the level that was blessed, within the half
// widths of both intervals. Half a percent, the effect that never matters (VerdictOptions::floor),
// is granted on top. So another shift of the same size from there is not covered, nor the blessed
// one when it has grown since.
bool IsCovered(const LevelShift& seen, const LevelShift& blessed);
bool IsCoveredByAny(const LevelShift& seen, std::span<const LevelShift> blessed);

}  // namespace benchfleet
