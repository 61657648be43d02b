// `check --confirm`: before anything is called a regression, base and new are run again, in pairs,
// one right after the other on the same host, until the pairs decide.
//
//  1. A suspect is a row that regressed so much that it fails. Suspects that the same runs measured
//     are one cell (confirm_cell.h).
//  2. One job a cell, on its host alone: the new side's cell and the base's, blocks of one run of
//     each in random order. Where the two are the same thing, the old side cannot be run again: the
//     rows stay as they are, and their reasons say what would help.
//  3. After each pair PairedDecider (analysis/sequential.h) looks at the differences of the
//     logarithms of run medians (of run means, where a metric may be 0); the job is cancelled as
//     soon as all rows of the cell are decided.
//  4. Changed in the same direction: confirmed; it fails only if the pairs show a loss that large.
//     Fewer pairs than a decision needs, since runs
//     failed: the row stays as it is. Else it becomes undecided, with what the pairs said.
#pragma once

#include "absl/status/status.h"
#include "analysis/comparison_report.h"
#include "benchctl/confirm_cell.h"
#include "benchctl/session.h"

namespace benchfleet {

// Errors are those of the connection; what cannot be run again is told in the rows and on stderr,
// as is progress.
absl::Status ConfirmSuspects(Client& client, const ConfirmOptions& options, const Session& session,
                             ComparisonReport* report);

}  // namespace benchfleet
