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
// first. What was measured after the baseline is left out, else a regression that stays would soon
// be what the history always showed; so are the runs of `compared` themselves and the candidate's
// own revision. Reads at most kHistoryPoints points, the newest before, of each series in which one
// of `compared` has a run.
inline constexpr uint32_t kHistoryPoints = 120;
absl::Status AddHistory(Client& client, const std::set<JobId>& compared, const Side& candidate,
                        Side* baseline);

absl::StatusOr<std::vector<BlessedShift>> ReadBlessedShifts(Client& client);

}  // namespace benchfleet
