// Jobs, plans, hosts and logs as tables and text for people. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "benchctl/console.h"
#include "benchctl/results.h"
#include "benchctl/table.h"
#include "proto/control.h"

namespace benchfleet {

// Failed runs on all hosts.
uint64_t FailedRuns(const JobStatus& job);

Table JobTable(const std::vector<JobStatus>& jobs, absl::Time now);

Table PlanTable(const Plan& plan);
// "60 runs of 12 tasks, about 3m20s, seed 7"
std::string PlanSummary(const Plan& plan);

// The outcome and the ends of what a run wrote, indented below a headline.
std::string LogText(const RunResult& run, const Style& style);
// The same of many runs, a row each.
Table LogTable(const std::vector<RunData>& runs);

Table HostTable(const std::vector<HostStatus>& hosts, absl::Time now);
// Everything about one host: its fingerprint by part, what changed when, what it can run.
std::string HostText(const HostStatus& host, const Style& style, absl::Time now);

// "4s", "12m", "3h", "5d" since `then`; "-" for never.
std::string Age(absl::Time then, absl::Time now);
// "45s", "3m20s", "2h05m".
std::string RoughDuration(double seconds);

}  // namespace benchfleet
