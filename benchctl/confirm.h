// `check --confirm`: before anything is called a regression, base and new are run again, in pairs,
// one right after the other on the same host, until the pairs decide.
//
//  1. A suspect is a row that regressed so much that it fails. It must be of `exec`: only there can
//     two builds stand side by side. The old one is named by --base-program, which takes the place
//     of the program in the suspect's command.
//  2. One job a suspect, on its host alone, both commands, blocks of one run of each in random
//     order.
//  3. After each pair PairedDecider (analysis/sequential.h) looks at the differences of the
//     logarithms of run medians; the job is cancelled as soon as it has decided.
//  4. Changed in the same direction: confirmed. Else the row becomes undecided, with what the pairs
//     said.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "analysis/comparison_report.h"
#include "benchctl/session.h"
#include "proto/model.h"

namespace benchfleet {

struct ConfirmOptions {
  std::string base_program;  // on the suspects' host
  uint32_t pairs_max = 20;
  Measurement measurement;  // of each run
  double alpha = 0.01;      // of false confirmations
};

// Errors: a suspect that cannot be run again, named with what would help; what the coordinator
// refuses. Progress goes to stderr.
absl::Status ConfirmSuspects(Client& client, const ConfirmOptions& options, const Session& session,
                             ComparisonReport* report);

// The job that runs one suspect again: workload 0 the new command, 1 the base.
absl::StatusOr<JobSpec> ConfirmJob(const ComparisonRow& row, const ConfirmOptions& options);

}  // namespace benchfleet
