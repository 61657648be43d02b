// The list of runs that a spool keeps beside its records; shared by both spools. A value.
#pragma once

#include <map>
#include <vector>

#include "agent/spool.h"

namespace benchfleet {

class SpooledRuns {
 public:
  void Assign(RunId run) { runs_[run].run = run; }
  // Takes an Assign back.
  void Withdraw(RunId run) { runs_.erase(run); }
  // `record` was appended as `sequence`.
  void OnAppend(const Record& record, uint64_t sequence);
  // Records up to `through` are gone, and with them the runs whose end is among them.
  void OnTrim(uint64_t through);
  // Every sequence became smaller by `offset`.
  void Renumber(uint64_t offset);
  // From storage.
  void Restore(SpooledRun run) { runs_[run.run] = std::move(run); }

  std::vector<SpooledRun> List() const;

 private:
  std::map<RunId, SpooledRun> runs_;
};

}  // namespace benchfleet
