// What must be known of a job's runs besides their figures: which failed and why, on which hosts it
// was not quiet, which set-ups are insecure. The same for every kind of report. Pure functions.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "benchctl/table.h"
#include "proto/control.h"

namespace benchfleet {

struct FailedRun {
  std::string host;
  std::string workload;
  StringMap parameters;
  uint32_t repetition = 0;
  uint32_t attempt = 0;
  Outcome outcome = Outcome::kUnspecified;
  std::string message;
};

// A good run beside which something else happened: its samples count, and may be off.
struct DisturbedRun {
  std::string host;
  std::string workload;
  StringMap parameters;
  uint32_t repetition = 0;
  uint32_t attempt = 0;
  std::string reason;  // "other processes used 31% of the CPU time (limit 5%)"
};

struct RunRemarks {
  std::vector<FailedRun> failed;
  std::vector<DisturbedRun> disturbed;
  uint64_t conditions_unknown = 0;  // good runs of which nobody can say whether it was quiet
  uint64_t good = 0;
  std::set<std::string> warnings;  // what must be known of the figures: a test set-up is insecure
};

// What the agent judged over the whole of a run.
enum class Quiet { kYes, kNo, kUnknown };
Quiet QuietnessOf(const RunResult& run);

// Notes one run that has ended. True where its samples count.
bool NoteRun(const RunResult& run, RunRemarks* remarks);

// host, workload, parameters, run, outcome, reason; host, workload, parameters, run, reason.
Table FailureTable(const std::vector<FailedRun>& failed);
Table DisturbanceTable(const std::vector<DisturbedRun>& disturbed);

// "3 of 18 runs were not quiet (2 on local-1, 1 on vm-2): steal of 4% and more", "" where all were.
std::string DisturbanceNote(const RunRemarks& remarks);

}  // namespace benchfleet
