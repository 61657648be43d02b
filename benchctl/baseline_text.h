// Baselines and blessings as tables and documents, and what two baselines differ in. Pure
// functions.
#pragma once

#include <map>
#include <optional>
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

struct SeriesNameOnHost {
  std::string workload;
  StringMap parameters;
  std::string metric;
  std::string host;
  auto operator<=>(const SeriesNameOnHost&) const = default;
};

// A baseline with what its runs measured.
struct BaselineContents {
  Baseline setting;
  std::vector<JobStatus> jobs;
  struct Measured {
    std::string unit;
    std::vector<double> medians;  // of each run
  };
  std::map<SeriesNameOnHost, Measured> measured;
};
// Counts a run that ended ok and that the setting does not leave out.
void AddRun(const RunResult& run, BaselineContents* contents);

struct BaselineDifference {
  SeriesNameOnHost name;
  std::string unit;
  std::optional<double> one;  // the median of its runs' medians; absent where it has none
  std::optional<double> other;
};
// Every series of either, those that both have first, by how far they are apart.
std::vector<BaselineDifference> DiffBaselines(const BaselineContents& one,
                                              const BaselineContents& other);
// Two lines: what each baseline is.
std::string BaselineHeads(const BaselineContents& one, const BaselineContents& other);
Table DifferenceTable(const std::vector<BaselineDifference>& differences, const std::string& one,
                      const std::string& other);
std::string DifferencesJson(const BaselineContents& one, const BaselineContents& other,
                            const std::vector<BaselineDifference>& differences);

}  // namespace benchfleet
