// Rules that say whether a candidate changed, ours among them: as a score that grows with their
// certainty, and the score from which they call a change.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/bench/detection/cases.h"

namespace benchfleet::bench {

struct Rule {
  std::string name;
  std::function<double(const ComparisonCase&)> score;
  double calls_from = 0;
};

// Benchfleet as it is set by default, without its floor, Mann-Whitney on samples (as benchstat) and
// on run medians, Welch, z score, interquartile range, a fixed ratio.
std::vector<Rule> Rules();

}  // namespace benchfleet::bench
