// Results of jobs and files as a Side of a comparison (analysis/side.h). Pure functions.
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "analysis/side.h"
#include "benchctl/results.h"

namespace benchfleet {

// What of the results goes in. Patterns are those of a shell (`crypto.*`); "" is everything.
struct SideFilter {
  std::string workload;
  // Metrics computed from others say nothing new (throughput is latency upside down): they are
  // marked as derived, unless the pattern is their very name. So is error_rate.
  std::string metric;
  // Absent: every host.
  std::function<bool(const HostStatus&)> host;
};

// Adds every run that succeeded: its samples, or its aggregates where samples were not kept, and
// its memory (rss_peak, one value a run) where the workload did not measure that itself; and as
// error_rate, 1 for each run that failed, crashed, timed out or did not validate, else 0. What a
// host's state was at the time of a run comes from its fingerprint and the changes since; digests
// of the thing under test are the run's facts named *.sha256.
// Errors: damaged samples; one series in two units.
absl::Status AddResults(const JobResults& results, const SideFilter& filter, Side* side);

// What tells a series of one machine from those of others, as the store's SeriesKey::identity: the
// digest of its identity and, in a task on several hosts, the others' roles and digests.
std::string SeriesIdentity(const JobResults& results, const RunResult& run);

// Whether a shell pattern matches; "" matches everything.
bool FitsPattern(const std::string& pattern, const std::string& text);

}  // namespace benchfleet
