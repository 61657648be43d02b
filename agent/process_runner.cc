#include "agent/process_runner.h"

#include <filesystem>
#include <utility>

#include "agent/run_process.h"
#include "base/qdisc.h"
#include "base/status.h"

namespace benchfleet {

absl::StatusOr<std::unique_ptr<ProcessRunner>> ProcessRunner::Create(ProcessRunnerOptions options,
                                                                     TaskLoop* loop) {
  std::error_code error;
  // What an agent that died has left behind.
  for (const auto& run : std::filesystem::directory_iterator(options.scratch_dir, error)) {
    RemoveForgottenQdisc(run.path().string());
  }
  std::filesystem::remove_all(options.scratch_dir, error);
  std::filesystem::create_directories(options.scratch_dir, error);
  if (error) return ErrnoError(error.value(), "making " + options.scratch_dir);
  std::unique_ptr<ProcessRunner> runner(new ProcessRunner(std::move(options), loop));
  BF_ASSIGN_OR_RETURN(runner->spawner_, SpawnerThread::Start(runner->options_.spawner, loop));
  BF_ASSIGN_OR_RETURN(runner->pump_, PipePump::Start(loop));
  return runner;
}

ProcessRunner::ProcessRunner(ProcessRunnerOptions options, TaskLoop* loop)
    : options_(std::move(options)),
      cgroups_(CgroupHome::Prepare()),
      conditions_(MakeConditionsSampler()),
      scope_(loop) {}

ProcessRunner::~ProcessRunner() {
  if (spawner_ != nullptr) spawner_->Stop();
  runs_.clear();
}

void ProcessRunner::Start(RunId run, const RunSpec& spec, RunEvents* events) {
  RunProcessOptions options;
  options.argv = options_.command;
  if (const auto plugin = plugins_.find(spec.workload); plugin != plugins_.end()) {
    options.argv.insert(options.argv.end(), {"--plugin", plugin->second});
  }
  options.argv.insert(options.argv.end(), {"--fd", "3"});
  options.scratch_dir = absl::StrFormat("%s/run-%d", options_.scratch_dir, run.value);
  options.kill_grace = options_.kill_grace;
  options.exit_grace = options_.exit_grace;
  options.finish_grace = options_.finish_grace;
  options.advertise = options_.advertise;
  options.towards = options_.towards;
  RunProcessSurroundings surroundings;
  surroundings.loop = scope_.loop();
  surroundings.spawner = spawner_.get();
  surroundings.pump = pump_.get();
  surroundings.conditions = conditions_.get();
  surroundings.cgroups = &cgroups_;
  // It cannot be destroyed while it speaks.
  auto on_over = [this, run] { scope_.Post([this, run] { runs_.erase(run); }); };
  std::unique_ptr<RunProcess>& process = runs_[run];
  process = std::make_unique<RunProcess>(run, spec, std::move(options), surroundings, events,
                                         std::move(on_over));
  process->Begin();
}

void ProcessRunner::Finish(RunId run) {
  const auto found = runs_.find(run);
  if (found != runs_.end()) found->second->AskToFinish();
}

void ProcessRunner::Stop(RunId run, Outcome outcome, const std::string& reason) {
  const auto found = runs_.find(run);
  if (found != runs_.end()) found->second->Stop(outcome, reason);
}

}  // namespace benchfleet
