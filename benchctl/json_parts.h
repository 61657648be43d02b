// What several of benchctl's JSON documents are made of. Private to the files that write them: the
// only header that knows the JSON library besides result_json.h.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "analysis/quantile.h"
#include "benchctl/run_remarks.h"
#include "proto/control.h"

namespace benchfleet {
struct ComparisonReport;
struct TrendReport;
}  // namespace benchfleet

namespace benchfleet::json {

using Json = nlohmann::ordered_json;

// Bytes that are not UTF-8 become U+FFFD: the document stays one that every reader takes.
std::string Dump(const Json& json, int indent = 2);
// null for what is not a finite number, not known, or InfinitePast.
Json Number(double value);
Json Number(const std::optional<double>& value);
Json When(absl::Time time);
// {"low", "high"}; an infinite end is null.
Json Range(const std::optional<Interval>& interval);

Json Job(const JobStatus& job);
// What the machines are on which a report's figures were measured.
Json Machines(const std::vector<HostStatus>& hosts);
Json FailedRuns(const std::vector<FailedRun>& failed);
// comparison_json.cc and trend_json.cc: the documents of compare and trend.
Json OfComparison(const ComparisonReport& report);
Json OfTrends(const TrendReport& report);
Json DisturbedRuns(const std::vector<DisturbedRun>& disturbed);

}  // namespace benchfleet::json
