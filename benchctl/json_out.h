// What benchctl prints under --format json: one document, ended by a newline. Field names are those
// of the protocol; durations and sizes carry their unit in the name; what is not known is null.
#pragma once

#include <string>
#include <vector>

#include "benchctl/client.h"
#include "benchctl/report.h"
#include "proto/control.h"

namespace benchfleet {

std::string JobsJson(const std::vector<JobStatus>& jobs);
// One line: `watch --format json` prints one for every change.
std::string JobJsonLine(const JobStatus& job);
std::string HostsJson(const std::vector<HostStatus>& hosts);
std::string HostJson(const HostStatus& host);
std::string PlanJson(const Plan& plan);
std::string ReportJson(const Report& report);
// Of runs whose chunks were not asked for.
std::string LogsJson(const std::vector<RunData>& runs);

// "2026-11-21T06:53:54Z", "" for InfinitePast.
std::string UtcText(absl::Time time);

}  // namespace benchfleet
