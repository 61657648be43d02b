// From what a person asks for to a query of the history, and everything that a TrendReport of it
// takes from the coordinator.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "benchctl/client.h"
#include "benchctl/commands_trend.h"
#include "benchctl/trend.h"

namespace benchfleet {

// InvalidArgument names the flag that cannot be read.
absl::StatusOr<HistoryQuery> MakeHistoryQuery(const SeriesOptions& options, absl::Time now);

// "s17".
absl::StatusOr<SeriesId> ParseSeriesNumber(const std::string& text);
bool LooksLikeSeriesNumber(const std::string& text);

absl::StatusOr<std::vector<SeriesHistory>> ReadAllHistory(Client& client,
                                                          const HistoryQuery& query);
absl::StatusOr<TrendContext> ReadTrendContext(Client& client);

}  // namespace benchfleet
