// The history of series as `trend`, `incidents`, `baseline bless` and `selftest` see it: one value
// a revision, the levels between the changes, what may have caused each change, and the incidents
// that the changes of all series together are. Pure functions of what the coordinator told.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/history.h"
#include "analysis/incident.h"
#include "analysis/level_shift.h"
#include "proto/history.h"

namespace benchfleet {

// All runs of one revision, wherever in time they were measured; where a run names no revision, or
// the whole series but one, those of one job.
struct TrendPoint {
  std::string revision;                       // or "job 12"
  absl::Time at = absl::InfinitePast();       // of its first run
  absl::Time last = absl::InfinitePast();     // of its last
  double value = 0;                           // the median of its runs' medians
  std::vector<double> medians;                // of its runs
  std::vector<JobId> jobs;                    // ascending
  std::map<std::string, std::string> states;  // by host: the state digest of its last run there
};

// What changed on a host between the last run of the old level and the first of the new one.
struct ChangedHost {
  std::string host;
  std::vector<FieldChange> fields;  // empty: only that its state is another is known
};

struct TrendShift {
  size_t index = 0;  // the first point of the new level
  LevelShift level;  // medians of both levels, interval of the shift
  double z = 0;
  ShiftKind kind = ShiftKind::kNeutral;
  size_t reach = 0;  // points by which the position may be off
  std::vector<ChangedHost> suspects;
  std::string incident;  // its name; "" where the shift is blessed
  std::string blessing;  // the reason of the blessing that covers it, else ""

  // after / before - 1, or NaN where the levels are not both above 0.
  double relative() const;
  std::optional<Interval> relative_interval() const;
};

struct SeriesTrend {
  Series series;
  std::vector<std::string> hosts;  // by name
  std::vector<TrendPoint> points;  // by time
  std::vector<LevelSegment> levels;
  std::vector<TrendShift> shifts;
  bool logarithmic = true;
  double noise = 0;     // of one point: of logarithms, or in the unit
  bool by_job = false;  // all runs name one revision, so each job is a point of its own
};

struct TrendIncident {
  std::string name;
  std::string revision;
  std::string before;  // the last revision of the old level of its surest series
  absl::Time at = absl::InfinitePast();
  IncidentKind kind = IncidentKind::kChange;
  struct Part {
    size_t series = 0;  // indices into TrendReport::series and its shifts
    size_t shift = 0;
  };
  std::vector<Part> parts;  // the largest first
  std::vector<std::string> hosts;
  std::optional<Acknowledgement> acknowledged;  // absent where it was withdrawn
  std::vector<Acknowledgement> said;            // all of it, the oldest first
};

struct TrendReport {
  std::vector<SeriesTrend> series;       // as they came
  std::vector<TrendIncident> incidents;  // newest first; blessed shifts are in none
  size_t too_short = 0;                  // series with fewer points than a change can be seen in
};

// What is known besides the points.
struct TrendContext {
  std::vector<HostStatus> hosts;  // for their state changes
  std::vector<Blessing> blessings;
  std::vector<Acknowledgement> acknowledgements;
};

// The fewest points in which a change can be found: two levels.
inline constexpr size_t kTrendPointsMin = 6;

// One value a revision. The points of `history` come oldest first.
SeriesTrend MergeRevisions(const SeriesHistory& history);

// With levels and shifts; errors: options that make no sense.
absl::Status FindShifts(const ChangePointOptions& options, SeriesTrend* trend);

// Fills in suspects, blessings, incidents.
absl::StatusOr<TrendReport> BuildTrendReport(const std::vector<SeriesHistory>& histories,
                                             const TrendContext& context,
                                             const ChangePointOptions& options);

// A blessing's shift as analysis/level_shift.h takes it.
LevelShift ShiftOf(const Blessing& blessing);

}  // namespace benchfleet
