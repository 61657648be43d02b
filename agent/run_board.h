// Which runs this agent knows, and in which phase each is. Bookkeeping only: the session acts.
//
//   desired --Start--> starting --Measuring--> measuring --Finished--> finished --Settle--> settled
//                                                                                              |
//                                        forgotten <--Apply of a Desired that does not name it-+
//
// A settled run (its end is acked) is kept until a newer Desired no longer names it: a Desired that
// was on its way while the end was acked must not start it again.
//
// A run of a coordinator that we left is an orphan: it counts as active until it has ended, and is
// never spoken of. Single-threaded, like its owner.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "agent/spool.h"
#include "proto/session.h"

namespace benchfleet {

class RunBoard {
 public:
  // Takes the newest Desired. Returns the active runs that it does not name, to be stopped.
  std::vector<RunId> Apply(Desired desired);
  // A new session: what was desired in the former one is no longer, until the coordinator says so
  // again.
  void ForgetDesired() { desired_.clear(); }

  // The first desired run that may start now, in the order of the Desired; null when there is none.
  // An exclusive run has the host to itself; others wait behind it, so that it gets its turn.
  const RunAssignment* NextToStart() const;

  void Start(const RunAssignment& run);
  void Measuring(RunId run);
  // A server that measures can be reached.
  void Ready(RunId run, RunnerReady ready);
  // Active servers that the newest Desired wants to finish; each once.
  std::vector<RunId> TakeToFinish();
  void AddSamples(RunId run, uint64_t samples);
  // Its end stands in the spool. Also for runs that a former agent left there.
  void Finished(RunId run, uint64_t sequence);
  // Ends an orphan.
  void Forget(RunId run) { entries_.erase(run); }
  // Everything up to `acked_sequence` is acked. True when a run became settled.
  bool Settle(uint64_t acked_sequence);
  // The spool's sequences were given anew.
  void Renumber(const std::vector<SpooledRun>& spooled);
  // Active runs become orphans; all others are forgotten.
  void OrphanAll();

  bool IsActive(RunId run) const;  // starting or measuring, orphans included
  bool IsOrphan(RunId run) const;
  // From now on the run's records are not kept, for this reason. The first reason stands.
  void Mute(RunId run, const std::string& why);
  std::string MutedBecause(RunId run) const;  // "" when it is not
  std::vector<RunId> Active() const;
  size_t active_count() const;
  // True while an exclusive run measures: the agent should keep still.
  bool MeasuringAlone() const;

  // Active, finished and, if `with_waiting`, desired runs (as starting); at most what a state may
  // list.
  std::vector<RunStatus> Statuses(bool with_waiting) const;

 private:
  enum class Phase { kStarting, kMeasuring, kFinished, kSettled };
  struct Entry {
    Phase phase = Phase::kStarting;
    bool exclusive = true;
    bool orphan = false;
    bool finish_asked = false;
    RunnerReady ready;
    std::string muted_because;
    uint64_t samples = 0;
    uint64_t finished_sequence = 0;
    bool active() const { return phase <= Phase::kMeasuring; }
  };

  bool Names(RunId run) const;
  size_t CountFinished() const;

  std::vector<RunAssignment> desired_;
  std::map<RunId, Entry> entries_;
};

}  // namespace benchfleet
