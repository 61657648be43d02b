// Which series of two sides belong together. Private to comparison_report.cc.
#pragma once

#include <vector>

#include "analysis/comparison_report.h"

namespace benchfleet {

struct MatchedPair {
  SideSeries baseline;
  SideSeries candidate;
};

struct Matches {
  std::vector<MatchedPair> pairs;  // by metric, workload, parameters, host
  std::vector<UnmatchedSeries> one_sided;
  std::vector<UnmatchedSeries> cross_machine;
};

Matches MatchSides(const Side& baseline, const Side& candidate);

}  // namespace benchfleet
