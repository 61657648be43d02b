// One change, told once: shifts of many series, hosts and metrics that happened at the same
// revision are one incident with one name. Pure functions.
//
// Revisions stand in one order, by their first measurement; a position is an index into it. A shift
// found in a noisy series may have happened some revisions earlier or later, and one found in a
// series that skipped revisions anywhere in between. So each shift has a range of positions, and
// those with the narrowest range say where an incident is; the others join the nearest incident
// within their own.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/history.h"

namespace benchfleet {

enum class ShiftKind { kWorse, kBetter, kNeutral };

struct FoundShift {
  size_t series = 0;    // the caller's number
  size_t line = 0;      // LinesOf: shifts of different lines never meet
  size_t at = 0;        // position of the first revision of the new level
  size_t earliest = 0;  // it may be anywhere from here
  size_t latest = 0;    // to here, both included
  ShiftKind kind = ShiftKind::kNeutral;
  double size = 0;  // |log(after / before)|, to sort by
  double z = 0;     // how sure (ChangePoint::z)
};

enum class IncidentKind { kRegression, kImprovement, kMixed, kChange };
// "regression", "improvement", "mixed", "change" (of metrics of which neither way is better).
const char* IncidentKindName(IncidentKind kind);

struct Incident {
  size_t at = 0;  // position of its revision
  IncidentKind kind = IncidentKind::kChange;
  std::vector<size_t> shifts;  // indices into what was given, the largest first
};

// Newest first. A series is in an incident at most once. O(n log n + n i) for n shifts and i
// incidents.
std::vector<Incident> GroupShifts(std::span<const FoundShift> shifts);

// "hidden-badger-a1b2c3d4": two words drawn from the whole revision and its first eight characters.
// The same for the same revision on every machine and whatever else is found later.
std::string IncidentName(std::string_view revision);

// Series that share a revision, directly or by way of others, are of one line: the same number. The
// rest measure different things, whose revisions only happen to lie between each other's.
// `positions`: of each series the positions of its revisions.
std::vector<size_t> LinesOf(std::span<const std::vector<size_t>> positions);

// By how many points the position of a change may be off, at 95 %: 11 L s^2 / shift^2, at most 10.
// Source: Bai, 1997, "Estimation of a Change Point in Multiple Regression Models". `noise` and
// `long_run` are those of its history.
size_t PositionReach(const ChangePoint& change, double noise, double long_run);

}  // namespace benchfleet
