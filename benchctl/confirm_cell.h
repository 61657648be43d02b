// What `check --confirm` has to run again: suspects become cells, and each cell a job that runs
// both sides of it on one host.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/comparison_report.h"
#include "benchctl/client.h"

namespace benchfleet {

struct ConfirmOptions {
  // What takes the place of the base's parameters: of the program in an `exec` command, and of
  // others by name.
  std::string base_program;
  StringMap base_parameters;
  uint32_t pairs_max = 20;
  double alpha = 0.01;  // of false confirmations
  // Whose specifications tell how the sides were run; none where they are files.
  std::set<JobId> candidate_jobs;
  std::set<JobId> base_jobs;
};

// Rows that fail and were measured by the same runs: one job runs them all again.
struct SuspectCell {
  std::string workload;
  StringMap base;       // parameters
  StringMap candidate;  // the same as `base` where the sides differ in nothing that can be named
  std::string place;    // as ComparisonRow::candidate.host
  std::vector<ComparisonRow*> rows;
};

// Points into `report`. In the report's order.
std::vector<SuspectCell> SuspectCells(ComparisonReport* report);

// How cells of the sides were run, and who is there to run them again.
class ConfirmPlanner {
 public:
  // Reads the specifications of the jobs, and the hosts.
  static absl::StatusOr<ConfirmPlanner> Create(Client& client, const ConfirmOptions& options);

  struct PairJob {
    JobSpec spec;       // workload 0 is the new cell, 1 the base
    std::string place;  // where the runs are whose figures count, as PlaceText has it
  };
  // As the candidate's job ran it, on the same host, `pairs_max` runs of each side in pairs of
  // random order. FailedPrecondition says why that cannot be, and what would help.
  absl::StatusOr<PairJob> JobFor(const SuspectCell& cell) const;

 private:
  explicit ConfirmPlanner(const ConfirmOptions& options) : options_(options) {}
  absl::StatusOr<PairJob> PlaceOf(const SuspectCell& cell) const;
  absl::StatusOr<StringMap> BaseOf(const SuspectCell& cell) const;
  std::string Away(const RunResult& run) const;

  ConfirmOptions options_;
  std::vector<JobResult> jobs_;  // the candidate's first, the newest first
  std::vector<std::vector<RunResult>> runs_;
  std::set<std::string> known_hosts_;
  std::set<std::string> connected_hosts_;
};

}  // namespace benchfleet
