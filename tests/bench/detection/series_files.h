// Reading the labelled histories and the same-build groups that lie beside the checkout.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace benchfleet::bench {

struct LabelledSeries {
  std::string set;  // folder
  std::string name;
  // One value a revision (rows of the same group are merged), and the row that each begins at.
  std::vector<double> values;
  std::vector<size_t> rows;
  // Rows. What one annotator, or the project itself, calls a change; and where a finding is neither
  // right nor wrong.
  std::vector<size_t> changes;
  std::vector<size_t> optional;
  // Where several people looked: what each of them marked. `changes` is empty then.
  std::vector<std::vector<size_t>> annotations;
};

// All series of <folder>/<set>/labels.json. NotFound names the missing file.
absl::StatusOr<std::vector<LabelledSeries>> ReadSeries(const std::string& folder,
                                                       const std::string& set);

// Measurements of one and the same build, and those of earlier builds, oldest first.
struct SameBuildGroup {
  std::vector<double> values;
  std::vector<std::vector<double>> history;
};
absl::StatusOr<std::vector<SameBuildGroup>> ReadSameBuildGroups(const std::string& folder);

}  // namespace benchfleet::bench
