// Which series of two sides belong together. Private to comparison_report.cc.
//
//  1. The same workload, parameters and metric, on the same machine (comparison_report.h).
//  2. Of what one side alone has: the same but for the parameters in `vary`, the directory of the
//     program that `exec` measures, and the revision's own name within a value
//     ("/srv/builds/a1b2c3d/prove"); where on each side exactly one series is so called.
#pragma once

#include <set>
#include <string>
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

Matches MatchSides(const Side& baseline, const Side& candidate, const std::set<std::string>& vary);

}  // namespace benchfleet
