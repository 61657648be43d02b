// Local against remote, for each circuit, pair of hosts and network, of one prover or of two:
// private to the proving report. Pure functions.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "benchctl/proving_report.h"

namespace benchfleet {

// The samples of one run that count, by metric; those of one iteration have one index.
using ProvingRun = std::map<std::string, std::vector<double>>;
struct ProvingCell {
  std::map<std::string, Metric> metrics;
  std::vector<ProvingRun> runs;
  std::set<std::string> keys;  // what their proofs are verified with
};
using ProvingCells = std::map<std::pair<ProvingSubject, ProvingSetting>, ProvingCell>;

// `rows` in the order of the report, each with its cell.
absl::StatusOr<std::vector<ProvingComparison>> CompareProving(const std::vector<ProvingRow>& rows,
                                                              const ProvingCells& cells,
                                                              Estimator* estimator);
// The same of two provers, one on each side: where they have the same keys, or prove the same
// statement and the client's is never used remotely.
absl::StatusOr<std::vector<ProvingComparison>> CompareAcrossProvers(
    const std::vector<ProvingRow>& rows, const ProvingCells& cells, Estimator* estimator);

}  // namespace benchfleet
