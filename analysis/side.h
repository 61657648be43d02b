// One side of a comparison: the series that a job, a file, a revision or a baseline measured, with
// what is known of how they came about. Values, no I/O; whoever reads results fills them in.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "analysis/aggregate.h"

namespace benchfleet {

enum class Better { kNeither, kLower, kHigher };

struct SeriesName {
  std::string workload;
  std::map<std::string, std::string> parameters;
  std::string metric;
  auto operator<=>(const SeriesName&) const = default;
};

struct SideSeries {
  SeriesName name;
  std::string unit;
  Better better = Better::kLower;
  // Computed from what another series measured: budgets may ask for it, but to compare it as well
  // would tell one change twice.
  bool derived = false;
  // What the machine is, as a digest: series of different ones are never compared as if the
  // hardware were equal. "" is not known.
  std::string identity;
  std::string host;     // its name
  std::string machine;  // for people: "AMD EPYC 9354P, 32 cores"
  std::set<std::string> revisions;
  // Digests of the thing under test; empty where nobody took them.
  std::set<std::string> artefacts;
  // What may shift a series without the thing under test having changed, by name: kernel,
  // governor, agent, plug-in. More than one value where runs differ.
  std::map<std::string, std::set<std::string>> conditions;
  // Of the host's whole state; explains a shift where no single condition is known to differ.
  std::set<std::string> states;

  // When the newest of its runs ended; InfinitePast where that is not known.
  absl::Time measured_until = absl::InfinitePast();

  std::vector<std::vector<double>> runs;  // samples of each run, in `unit`
  std::vector<AggregateRun> aggregates;   // runs without samples
  // For each earlier revision of this series, oldest first, the medians of its runs. Nothing that
  // was measured after this side: what came later may be the very change that is looked for.
  std::vector<std::vector<double>> history;
};

class Side {
 public:
  explicit Side(std::string name) : name_(std::move(name)) {}

  // Adds runs to the series of the same name, identity and host, or a new one. InvalidArgument
  // where that has another unit or direction. O(log n).
  absl::Status Add(SideSeries series);

  // The fields of a machine's identity, for people.
  void Describe(const std::string& identity, std::map<std::string, std::string> fields) {
    hardware_.insert_or_assign(identity, std::move(fields));
  }
  // By identity.
  const std::map<std::string, std::map<std::string, std::string>>& hardware() const {
    return hardware_;
  }

  const std::string& name() const { return name_; }  // as the person named it
  const std::vector<SideSeries>& series() const { return series_; }
  std::vector<SideSeries>& series() { return series_; }
  // False where all that there is is derived.
  bool comparable() const;

 private:
  using Key = std::tuple<SeriesName, std::string, std::string>;
  std::string name_;
  std::vector<SideSeries> series_;
  std::map<Key, size_t> index_;
  std::map<std::string, std::map<std::string, std::string>> hardware_;
};

// "crypto.sha256 size=1KiB latency"
std::string SeriesText(const SeriesName& name);

// Two series that were compared, as one name: parameters that differ read "old -> new". The rest is
// the candidate's.
SeriesName NameOfBoth(const SeriesName& baseline, const SeriesName& candidate);

// The series of both sides in one, and its name says so.
absl::StatusOr<Side> Together(const Side& a, const Side& b);

// All that both know, in one: for hosts of one identity taken together. The unit is `a`'s.
SideSeries Joined(SideSeries a, SideSeries b);

}  // namespace benchfleet
