// What a report tells besides the job's own figures, read from the store: verdicts against what was
// measured before, and the history of the job's series.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "benchctl/report.h"
#include "benchctl/session.h"

namespace benchfleet {

struct ReportQuestion {
  std::string baseline;  // a name
  std::string against;   // a side; of the two at most one. None: the job of the same name before it
};

// Fills in `verdicts` and `trends` of the report of `results`. Errors: a baseline or side that was
// asked for and cannot be read or has no series in common; those of the client. Without one asked
// for, what stands in the way is said in the report instead.
absl::Status AddContext(const ReportQuestion& question, const JobResults& results, Client& client,
                        const Session& session, Report* report);

}  // namespace benchfleet
