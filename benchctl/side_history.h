// What the store knows of the series that are compared: how earlier revisions varied, and which
// shifts somebody accepted.
#pragma once

#include <set>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "analysis/comparison_report.h"
#include "benchctl/client.h"

namespace benchfleet {

// Gives the baseline's series their history: the run medians of each earlier revision, the oldest
// first, without the runs of `compared` themselves. Reads at most kHistoryPoints newest points of
// each series in which one of `compared` has a run.
inline constexpr uint32_t kHistoryPoints = 120;
absl::Status AddHistory(Client& client, const std::set<JobId>& compared, Side* baseline);

absl::StatusOr<std::vector<BlessedShift>> ReadBlessedShifts(Client& client);

}  // namespace benchfleet
