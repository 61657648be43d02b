// The agent session's view of runs being executed on this host, and what they tell back. All calls,
// both ways, are made on the session's task loop.
//
//   Start() -> [OnRunStarted [OnRunReady]] -> OnRunChunk... -> OnRunFinished, exactly once for each
//   Start()
#pragma once

#include <string>

#include "proto/session.h"

namespace benchfleet {

// Implemented by AgentSession. Called from tasks of the loop, never from within a call to the
// launcher.
class RunEvents {
 public:
  virtual ~RunEvents() = default;
  // The workload is set up and measuring begins; at most once for a run.
  virtual void OnRunStarted(RunId run, RunStarted started) = 0;
  // A server can be reached by its peers; at most once for a run, after OnRunStarted.
  virtual void OnRunReady(RunId run, RunnerReady ready) = 0;
  // Checked: decodable, of a declared metric, continuing where the metric's last chunk ended.
  virtual void OnRunChunk(RunId run, SampleChunk chunk) = 0;
  // The run and all of its processes are gone. Digests and sample counts are the session's to fill
  // in.
  virtual void OnRunFinished(RunId run, RunFinished finished) = 0;
};

// Implemented by ProcessRunner (process_runner.h) and by fakes. Destroying it ends all runs,
// silently.
class RunLauncher {
 public:
  virtual ~RunLauncher() = default;
  // Begins a run; `events` outlives it. A run that cannot be started finishes as kNotStarted or
  // kFailed.
  virtual void Start(RunId run, const RunSpec& spec, RunEvents* events) = 0;
  // Tells a server that its clients are done: it ends by itself, and well; within a grace, or it is
  // stopped as timed out. Harmless for a run that is not there, and when repeated.
  virtual void Finish(RunId run) = 0;
  // Asks the run to end: TERM to its process group, KILL after a grace. It will finish with
  // `outcome` and `reason`, unless it had said its own end already. Harmless for a run that is not
  // there, and when repeated: the first reason stands.
  virtual void Stop(RunId run, Outcome outcome, const std::string& reason) = 0;
};

}  // namespace benchfleet
