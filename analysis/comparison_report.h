// Two sides, matched series by series and judged: what `benchctl compare` shows and `check` decides
// by. Pure.
//
//  1. Matching. Workload, parameters and metric name a series, host identity tells machines apart.
//     What one side alone has is matched without the parameters in `vary`, the directory of the
//     program that `exec` measures, and the revision's own name where a parameter says it.
//     Series of one host first; then what is left of one identity, hosts taken together, and the
//     host is a suspect; a machine of which nothing is known goes with the only one there is. What
//     would have to be compared between different identities is listed, never compared.
//  2. Each row: Compare on raw samples, CompareDifferences where a value is 0 or below,
//     CompareAggregates where samples were not kept. Not comparable (units, NaN, negative times):
//     undecided with the reason.
//  3. Benjamini-Hochberg over all rows, Judge on each with the floor that its own history teaches,
//     and what somebody blessed is no failure.
//  4. Per metric, the geometric mean of the ratios.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/ladder.h"
#include "analysis/side.h"

namespace benchfleet {

// A change that somebody accepted: silences a regression of exactly this series whose ratio lies
// within the interval (both ends on one side of 1).
struct BlessedShift {
  SeriesName series;
  std::string identity;  // "": any
  Interval ratio;
  std::string note;  // "alice, 2026-11-20: bigger circuit"
};

struct ComparisonOptions {
  LadderOptions ladder;
  std::vector<BlessedShift> blessed;
  std::set<std::string> vary;  // parameters in which series that belong together may differ
};

// What a row shows of one side.
struct SideFigure {
  size_t runs = 0;
  size_t samples = 0;
  double center = 0;             // the median; of aggregates and of differences, the mean
  std::optional<double> spread;  // half of the center's 95 % interval
  bool aggregate_only = false;
  std::string host;
  std::string revision;  // several joined by ", "
};

struct ComparisonRow {
  SeriesName series;       // the candidate's
  SeriesName base_series;  // the same, but for parameters in which the sides may differ
  std::string unit;
  Better better = Better::kLower;
  std::string identity;
  std::string machine;
  std::string host;  // "local-1", "local-1 -> local-2"
  SideFigure baseline;
  SideFigure candidate;
  Judgement judgement;     // verdict, reason, severity
  double noise_floor = 0;  // learnt from equal builds; 0: nothing learnt
  std::string blessing;    // the note of what silenced it
};

// A series that cannot be matched, and why.
struct UnmatchedSeries {
  SeriesName series;
  std::string baseline;  // machines or hosts; "" where it is not on this side
  std::string candidate;
  std::vector<std::string> differing;  // fields of the hardware: "cpu.threads: 8 -> 16"
};

struct GeometricMean {
  std::string metric;
  std::string unit;
  size_t rows = 0;  // that went in; those on differences cannot
  double ratio = 1;
  // 95 %, from the rows' standard errors; as wide as if all rows erred together, as those that one
  // process measured may.
  std::optional<Interval> interval;
};

struct Suspect {
  std::string what;  // "kernel.release: 6.1 -> 6.5"
  size_t rows = 0;   // in which it differs
};

struct ComparisonReport {
  std::string baseline;
  std::string candidate;
  std::vector<ComparisonRow> rows;  // by metric, then workload, parameters, host
  std::vector<GeometricMean> means;
  std::vector<Suspect> suspects;  // most rows first
  std::vector<UnmatchedSeries> one_sided;
  std::vector<UnmatchedSeries> cross_machine;
  ComparisonOptions options;

  size_t Count(Verdict verdict) const;
  // Rows whose loss is beyond the failing threshold and not blessed.
  size_t failures() const;
};

// InvalidArgument for an empty side or an option out of range.
absl::StatusOr<ComparisonReport> CompareSides(const Side& baseline, const Side& candidate,
                                              const ComparisonOptions& options);

}  // namespace benchfleet
