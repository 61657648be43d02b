// Which shifts somebody means who blesses a job or a series. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "benchctl/trend.h"
#include "proto/history.h"

namespace benchfleet {

// A shift of a series as the blessing that would cover it.
Blessing BlessingOf(const SeriesTrend& trend, const TrendShift& shift);

// The newest shift of a series that nobody has blessed; with a revision the one at it (its
// beginning will do). NotFound tells which shifts there are.
absl::StatusOr<Blessing> NewestShift(const SeriesTrend& trend, const std::string& revision);

// By how much a job moved one series: the change point at its revision where the history shows
// one; else its runs against those before it on the same level (at most twenty revisions of them),
// as a verdict would have it. With a baseline: its runs against the baseline's. Absent where
// neither side has runs, or nothing moved that a verdict would call.
std::optional<Blessing> ShiftOfJob(const SeriesHistory& history, const SeriesTrend& trend,
                                   JobId job, const Baseline* baseline);

}  // namespace benchfleet
