// The real RunLauncher: every run is a bench-runner process, started through bench-spawner, so that
// runs are cheap to start, show their own memory and not the agent's, and die with the agent.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/pipe_pump.h"
#include "agent/run_cgroup.h"
#include "agent/run_conditions.h"
#include "agent/runner.h"
#include "base/loop_scope.h"
#include "base/spawner_thread.h"

namespace benchfleet {

class RunProcess;

struct ProcessRunnerOptions {
  // The bench-runner program and its first arguments; "--fd 3" is added, and "--plugin FILE" for a
  // workload of a plug-in.
  std::vector<std::string> command;
  // Each run gets a folder of its own in it. Whatever is there at the start is removed.
  std::string scratch_dir;
  absl::Duration kill_grace = absl::Seconds(2);     // between TERM and KILL
  absl::Duration exit_grace = absl::Seconds(10);    // for a runner that has told its end to leave
  absl::Duration finish_grace = absl::Seconds(30);  // for a server whose clients are done
  // Under which address the peers of a server reach this host; "": the one that it has towards
  // `towards` (HOST:PORT, the coordinator), found for each run anew.
  std::string advertise;
  std::string towards;
  SpawnerOptions spawner;
};

class ProcessRunner : public RunLauncher {
 public:
  // Starts the helper process and two threads. `loop` outlives it. Errors: bench-spawner cannot be
  // started, the scratch directory cannot be made.
  static absl::StatusOr<std::unique_ptr<ProcessRunner>> Create(ProcessRunnerOptions options,
                                                               TaskLoop* loop);
  // Ends all runs (TERM, then KILL) and waits for them; tells nobody. On the loop, or when it
  // stopped.
  ~ProcessRunner() override;

  // Which plug-in has which workload, for the runs from here on. On the loop, or before it runs.
  void SetPlugins(StringMap plugins) { plugins_ = std::move(plugins); }

  void Start(RunId run, const RunSpec& spec, RunEvents* events) override;
  void Finish(RunId run) override;
  void Stop(RunId run, Outcome outcome, const std::string& reason) override;

 private:
  ProcessRunner(ProcessRunnerOptions options, TaskLoop* loop);

  const ProcessRunnerOptions options_;
  const CgroupHome cgroups_;
  const std::shared_ptr<const ConditionsSampler> conditions_;
  std::unique_ptr<SpawnerThread> spawner_;
  std::unique_ptr<PipePump> pump_;
  StringMap plugins_;
  std::map<RunId, std::unique_ptr<RunProcess>> runs_;
  LoopScope scope_;
};

}  // namespace benchfleet
