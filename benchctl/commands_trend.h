// Options of the commands that look at history: trend, incidents, baseline, selftest. Included by
// benchctl/commands.h alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "benchctl/judge_flags.h"

namespace benchfleet {

// Which series, and which of their points.
struct SeriesOptions {
  std::vector<std::string> series;  // "s17"
  std::string workload;             // a name or a pattern
  std::string metric;
  std::vector<std::string> parameters;  // "NAME=VALUE"
  std::string host;
  std::string identity;
  std::string revision;
  std::string job_name;
  std::vector<std::string> labels;  // "NAME=VALUE"
  std::string since;                // "30d"
  uint32_t points = 1000;           // the newest runs of each series
};

struct TrendOptions {
  SeriesOptions series;
  bool all = false;
  uint32_t limit = 20;
  std::string output;
};

struct IncidentOptions {
  SeriesOptions series;
  std::string name;
  bool all = false;  // acknowledged ones too
  std::string reason;
  std::string author;
};

struct BaselineOptions {
  std::string name;
  std::string other;
  std::vector<std::string> jobs;
  std::vector<uint64_t> runs;
  std::string target;    // of bless: a job or a series
  std::string against;   // of bless: a baseline
  std::string revision;  // of bless: where the shift is
  std::string reason;
  std::string author;
  JudgeOptions judge;  // of diff
};

struct SelftestOptions {
  SeriesOptions series;
  uint64_t seed = 1;
  uint32_t trials = 100;  // of each effect
  bool publish = false;
};

}  // namespace benchfleet
