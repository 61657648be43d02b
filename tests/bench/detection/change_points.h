// How well changes in histories are found: in labelled and generated ones, beside what other rules
// are published to reach there, and after transformations that should not matter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/bench/detection/scoring.h"
#include "tests/bench/detection/series_files.h"

namespace benchfleet::bench {

inline constexpr const char* kLabelledSets[] = {"mongodb",     "sap_visual", "talos",
                                                "tigerbeetle", "tcpd",       "sap_small"};
inline constexpr uint64_t kHistoriesEach = 50;  // generated, of each kind of noise

// Indices of the changes; none where the values cannot be read.
std::vector<size_t> FoundChanges(const std::vector<double>& values);

// F1 of a set of labelled series; `verbose` prints what is wrong in which.
double ScoreSet(const std::vector<LabelledSeries>& set, bool verbose);

// Prints the table with the published rules.
absl::Status PrintChangePoints(const std::string& folder, uint64_t seed, bool verbose);

}  // namespace benchfleet::bench
