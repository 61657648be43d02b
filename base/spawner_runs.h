// Inside bench-spawner: the runs, and what becomes of their processes.
//
// A run is a leader, started by request, and all of its descendants:
//
//   running --leader died--> clearing --nobody left, or gave up--> reported (kExited, forgotten)
//
// No descendant outlives its run. Those in the leader's process group are killed when the leader
// dies. Those that left the group become children of this process (it is a subreaper) and are
// killed as soon as no run is running; until then nobody can tell whose they are.
//
// Why no pidfds: a child's pid stays taken until its parent reaps it, and we are the parent.
// SIGCHLD also announces adopted orphans, of whom no pidfd could be had without a race.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "base/spawner_child.h"
#include "base/spawner_protocol.h"

namespace benchfleet::spawner_protocol {

// Static storage, zero-initialised: pages that are never touched cost nothing. Single-threaded.
class RunTable {
 public:
  using ReportSink = void (*)(const Reply&);

  size_t size() const { return size_; }
  bool full() const { return size_ == kRunsMax; }

  // Enters a child that StartChild made; returns the kStarted reply. Not when full.
  const Reply& Add(uint64_t id, const StartResult& started);

  // Sends `signal` to the process group of the running run `id`; nothing where there is none.
  void Signal(uint64_t id, int signal);
  void SignalAll(int signal);

  // After a SIGCHLD, or when the last call asked for it: reaps who died, kills what they left
  // behind and gives `sink` the report of each run that is over. True when a later call is needed
  // although no SIGCHLD may come.
  bool CareForChildren(int64_t now_ns, ReportSink sink);

 private:
  struct Run {
    bool clearing;
    int64_t clear_deadline_ns;
    Reply report;  // id, pid and start from the beginning; the rest once the leader died
  };

  Run* FindLeader(pid_t pid);
  size_t RunningCount() const;
  void Reap(int64_t now_ns);
  void NoteKilled(pid_t group);

  Run runs_[kRunsMax];
  size_t size_;
};

// True while this process has children, dead or alive.
bool HaveChildren();

}  // namespace benchfleet::spawner_protocol
