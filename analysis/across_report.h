// The machines of one side held against each other: what `benchctl compare JOB --across hosts`
// shows. Different hardware is never one series and never gets a verdict; there are ratios of cost
// with intervals, a ranking with ties, the fields in which the machines differ, and, among hosts of
// one identity, those that are off (across_hosts.h). Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/across_hosts.h"
#include "analysis/side.h"

namespace benchfleet {

struct AcrossRequest {
  std::string base;                               // a host's name; "": the first by name
  std::function<bool(const SeriesName&)> canary;  // absent: no normalisation
  AcrossOptions options;
};

struct AcrossHost {
  std::string name;
  std::string identity;
  std::string machine;
};

// A field of the hosts' identities that is not the same on all of them; values in the order of the
// hosts, "" where it is not known.
struct DifferingField {
  std::string name;
  std::vector<std::string> values;
};

// One workload, in the order of the hosts; absent where a host lacks it.
struct AcrossRow {
  SeriesName series;
  std::vector<std::optional<double>> levels;  // of the metric, in its unit
  std::vector<size_t> runs;
  std::vector<std::optional<CostRatio>> against_base;  // 1 for the base itself
};

struct AcrossGroup {
  std::string metric;
  std::string unit;
  Better better = Better::kLower;
  std::vector<AcrossRow> rows;
  // Per host against the base, over the rows that both have.
  std::vector<std::optional<CostRatio>> geometric_means;
  std::vector<size_t> compared;
  std::optional<Ranking> ranking;
  std::string ranking_reason;  // why there is none
  std::string normalised;      // "divided by 3 canary workloads", or why not; "" when not asked for
};

// Hosts of one identity.
struct SameIdentity {
  std::string identity;
  std::vector<size_t> hosts;
  struct Finding {
    size_t host = 0;
    SeriesName series;
    double ratio = 1;  // cost against the others
    double adjusted_p = 1;
  };
  std::vector<Finding> off;  // most significant first
  std::string reason;        // why nothing could be tested
};

struct AcrossReport {
  std::string side;
  std::vector<AcrossHost> hosts;  // by name
  size_t base = 0;
  std::vector<DifferingField> differing;    // by name
  std::vector<AcrossGroup> groups;          // by metric
  std::vector<SameIdentity> same_identity;  // of two hosts or more
  std::vector<std::string> left_out;        // what has no cost, a line each metric and reason
  AcrossOptions options;
};

// InvalidArgument: fewer than two hosts, or a base that is none of them (with the nearest name).
absl::StatusOr<AcrossReport> CompareAcrossHosts(const Side& side, const AcrossRequest& request);

}  // namespace benchfleet
