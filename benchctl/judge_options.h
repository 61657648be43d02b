// The flags of compare and check as the analysis takes them.
#pragma once

#include "absl/status/statusor.h"
#include "analysis/comparison_report.h"
#include "benchctl/commands.h"
#include "benchctl/side_of_results.h"
#include "benchctl/side_reference.h"

namespace benchfleet {

// "10%" or "0.1": 0.1. InvalidArgument names the flag.
absl::StatusOr<double> ParseShare(const std::string& text, const std::string& flag);

absl::StatusOr<ComparisonOptions> MakeComparisonOptions(const JudgeOptions& judge);
SideFilter MakeSideFilter(const JudgeOptions& judge);

// With what the coordinator that `loader` spoke to knows: the history of the series, and the shifts
// that somebody accepted. Files alone are compared without.
absl::StatusOr<ComparisonReport> CompareLoaded(SideLoader& loader, Side baseline,
                                               const Side& candidate, ComparisonOptions options);

std::string RenderComparison(const ComparisonReport& report, Format format, const Style& style);

}  // namespace benchfleet
