// What the coordinator remembers over time, as plain values: series and their points, baselines,
// blessings, acknowledged incidents. Levels and shifts are in the unit of their series.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proto/control.h"

namespace benchfleet {

using SeriesId = Id<struct SeriesTag>;

// Which jobs; empty fields ask for nothing.
struct JobFilter {
  uint32_t limit = 50;  // the newest
  std::string name;
  std::string revision;
  StringMap labels;  // each with this value
};

// One workload, parameters, metric and machine identity, over revisions and time.
struct SeriesKey {
  std::string workload;
  StringMap parameters;
  std::string metric;
  std::string unit;
  // The identity digest, or "host:NAME" for a host without a fingerprint. Of a run in a task on
  // several hosts its role and the others' roles and identities follow ("D1:client,server=D2"):
  // another server's hardware is another series.
  std::string identity;
  bool operator==(const SeriesKey&) const = default;
};

struct Series {
  SeriesId id;  // given by the store when the first run comes; never used for another
  SeriesKey key;
  Direction direction = Direction::kUnspecified;
};

// One run in a series.
struct HistoryPoint {
  RunId run;
  JobId job;
  absl::Time at = absl::InfinitePast();  // when it finished
  std::string revision;
  std::string host;
  std::string state_digest;
  MetricSummary summary;
};

struct SeriesHistory {
  Series series;
  std::vector<HistoryPoint> points;  // as stated where it is given
};

// Which series, and which of their points. Empty fields ask for nothing; all that are set must
// hold. (Each has an initialiser so that a designated one need not name the rest.)
struct HistoryFilter {
  std::string workload = {};          // exactly, or a pattern with * and ?
  std::string metric = {};            // the same
  StringMap parameters = {};          // each with this value
  std::string identity = {};          // how it begins
  std::vector<SeriesId> series = {};  // these alone
  JobId in_job = {};                  // those in which this job has a run; their other points too

  // Of points. A series without any that fits is left out.
  std::string host = {};
  std::string revision = {};
  std::string job_name = {};
  StringMap labels = {};                   // of the job
  absl::Time from = absl::InfinitePast();  // at it or later
  absl::Time before = absl::InfiniteFuture();
};

struct HistoryQuery {
  HistoryFilter filter;
  uint32_t newest = 0;  // points of each series; 0: the series alone
};

// A named, blessed set of runs: who, when, why. Each setting of a name is kept; the newest is what
// the name stands for.
struct Baseline {
  std::string name;
  std::vector<JobId> jobs;  // ascending
  std::vector<RunId> runs;  // of these jobs, ascending; empty: all of their runs with outcome ok
  std::string author;       // in words, "" where none were given
  std::string set_by;       // the name in the certificate of who did it
  std::string reason;
  absl::Time set_at = absl::InfinitePast();
  bool removed = false;  // in the list of settings: here the name was taken away
  bool operator==(const Baseline&) const = default;
};

// One shift of one series that somebody meant to happen.
struct Blessing {
  uint64_t id = 0;
  Series series;  // when one is made only the id is needed
  double before = 0;
  double after = 0;
  // Interval of log(after / before), or of after - before where `logarithmic` is false.
  double shift_low = 0;
  double shift_high = 0;
  bool logarithmic = true;
  std::string from_revision;
  std::string to_revision;
  std::string baseline;  // against which it was seen; "": against the history
  std::string author;    // as in Baseline
  std::string blessed_by;
  std::string reason;
  absl::Time at = absl::InfinitePast();
};

// Somebody has seen this incident and need not be told again.
struct Acknowledgement {
  uint64_t id = 0;
  std::string incident;  // its name
  std::string author;    // as in Baseline
  std::string acknowledged_by;
  std::string reason;
  absl::Time at = absl::InfinitePast();
  bool withdrawn = false;  // it takes the one before back; all are kept, the newest holds
};

// How well changes are found in this store (analysis/detection_selftest.h), as counts.
struct SelftestEffect {
  double effect = 0;    // 0.05: by five percent
  uint64_t trials = 0;  // of each rule
  uint64_t trend_found = 0;
  uint64_t trend_false = 0;  // change points elsewhere
  std::optional<double> delay_revisions;
  uint64_t check_found = 0;
  bool operator==(const SelftestEffect&) const = default;
};
struct PublishedSelftest {
  uint64_t seed = 0;
  uint64_t series = 0;
  uint64_t revisions = 0;
  uint64_t quiet_points = 0;  // of histories without a step
  uint64_t trend_false = 0;   // change points in them
  uint64_t check_quiet = 0;   // comparisons without an effect
  uint64_t check_false = 0;   // of them called a change
  std::vector<SelftestEffect> effects;
  absl::Time at = absl::InfinitePast();
  std::string published_by;
  bool operator==(const PublishedSelftest&) const = default;
};

}  // namespace benchfleet
