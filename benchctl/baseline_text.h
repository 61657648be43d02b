// Baselines and blessings as tables and documents. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "benchctl/table.h"
#include "proto/history.h"

namespace benchfleet {

// "job 12", "jobs 12, 13 and 14"
std::string JobsText(const std::vector<JobId>& jobs);

Table BaselineTable(const std::vector<Baseline>& baselines);
// The newest setting with its jobs, then the older ones.
std::string BaselineText(const std::vector<Baseline>& settings, const std::vector<JobStatus>& jobs);

Table BlessingTable(const std::vector<Blessing>& blessings);
std::string BlessingsJson(const std::vector<Blessing>& blessings);

// What a baseline's name stands for.
struct BaselineContents {
  Baseline setting;
  std::vector<JobStatus> jobs;
};
// Two lines: what each baseline is.
std::string BaselineHeads(const BaselineContents& one, const BaselineContents& other);
// Both, and what ComparisonJson says of them.
std::string BaselineDiffJson(const BaselineContents& one, const BaselineContents& other,
                             const std::string& comparison);

}  // namespace benchfleet
