// One run in a process of its own: starts bench-runner, listens to it, ends it when asked or when
// it takes too long, and says how it ended.
//
//   Begin() -> running --exited, all pipes at their end--> over: OnRunFinished, then `on_over`
//                 |
//                 +--Stop, timeout, garbled, pipe closed early--> TERM, grace, KILL --exited--^
//
// A server runs until AskToFinish(). Its timeout holds until it is ready, and twice as long from
// then on, so that its clients' own timeouts come first.
//
// Everything on the loop. Owned by ProcessRunner, which outlives it; destroyed by `on_over`'s task,
// or earlier: then nothing more is said, and the process is the spawner's to end.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "agent/event_checker.h"
#include "agent/pipe_pump.h"
#include "agent/run_cgroup.h"
#include "agent/run_conditions.h"
#include "agent/runner.h"
#include "base/loop_scope.h"
#include "base/spawner_thread.h"
#include "base/subprocess_output.h"

namespace benchfleet {

struct RunProcessSurroundings {
  TaskLoop* loop = nullptr;
  SpawnerThread* spawner = nullptr;
  PipePump* pump = nullptr;
  const ConditionsSampler* conditions = nullptr;
  const CgroupHome* cgroups = nullptr;
};

struct RunProcessOptions {
  std::vector<std::string> argv;  // of bench-runner, which finds its socket as descriptor 3
  std::string scratch_dir;        // made for the run, and removed with all that is in it
  absl::Duration kill_grace;      // between TERM and KILL
  absl::Duration exit_grace;      // for a runner that has said all, or closed its pipe, to leave
  absl::Duration finish_grace;    // for a server that was asked to finish
  std::string advertise;          // see RunnerRequest
  std::string towards;
};

class RunProcess {
 public:
  RunProcess(RunId run, const RunSpec& spec, RunProcessOptions options,
             const RunProcessSurroundings& surroundings, RunEvents* events,
             std::function<void()> on_over);
  ~RunProcess();
  RunProcess(const RunProcess&) = delete;
  RunProcess& operator=(const RunProcess&) = delete;

  // Once. A failure is a finish, like any other.
  void Begin();
  // See RunLauncher::Finish.
  void AskToFinish();
  // See RunLauncher::Stop.
  void Stop(Outcome outcome, const std::string& reason);

 private:
  // Why we ended it, or could not start it.
  struct Verdict {
    Outcome outcome = Outcome::kUnspecified;
    std::string reason;
  };

  absl::Status Spawn();
  void OnEvents(std::string_view bytes);
  void Handle(RunnerEvent event);
  void StartTimeout(absl::Duration timeout, const std::string& message);
  void OnEventsEnd();
  void OnExit(const ExitReport& report);
  void Judge(Outcome outcome, const std::string& reason);
  void Terminate();
  void FinishIfOver();
  void Finish();
  Verdict Decide() const;
  Verdict DecideByExit() const;
  void RemoveScratch();

  const RunId run_;
  const RunSpec spec_;
  const RunProcessOptions options_;
  const RunProcessSurroundings in_;
  RunEvents* const events_;
  const std::function<void()> on_over_;

  EventChecker checker_;
  OutputTail output_;
  OutputTail errors_;
  PipeId event_pipe_ = 0;  // 0: at its end, or never there
  PipeId output_pipe_ = 0;
  PipeId error_pipe_ = 0;
  uint64_t child_ = 0;
  bool terminating_ = false;
  int socket_ = -1;  // of a server: our end once more, to close it halfway
  bool finishing_ = false;
  TimerId timeout_ = 0;

  std::optional<Verdict> verdict_;
  std::optional<RunnerFinished> told_;  // what the runner said of its end
  std::optional<ExitReport> exit_;
  StringMap facts_;
  absl::Time started_at_;
  std::shared_ptr<const Conditions> before_;
  std::shared_ptr<const Conditions> after_;  // once it has exited
  std::optional<RunCgroup> cgroup_;
  LoopScope scope_;
};

}  // namespace benchfleet
