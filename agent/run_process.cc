#include "agent/run_process.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <utility>

#include "base/frame.h"
#include "base/limits.h"
#include "base/qdisc.h"
#include "base/status.h"
#include "proto/convert.h"

namespace benchfleet {
namespace {

// What all facts of a run may take together. With the tails and the message this keeps a
// RunFinished within what the session keeps free for it.
constexpr size_t kFactsBytesMax = 64u << 10;
// A request must fit the socket's buffer, since nobody reads yet.
constexpr int kRequestBufferBytes = 1 << 20;
// After the exit, for pipes that somebody beyond our reach still holds.
constexpr absl::Duration kDrainTime = absl::Seconds(2);

std::string Bounded(const std::string& text, size_t bytes_max) {
  return text.size() <= bytes_max ? text : ToUtf8(text.substr(text.size() - bytes_max));
}

std::string BoundedMessage(const std::string& text) {
  return ToUtf8(text.substr(0, limits::kMaxFactBytes));
}

StringMap BoundedFacts(const StringMap& facts) {
  StringMap kept;
  size_t bytes = 0;
  for (const auto& [name, value] : facts) {
    const std::string cut = ToUtf8(value.substr(0, limits::kMaxFactBytes));
    bytes += name.size() + cut.size();
    if (bytes > kFactsBytesMax) break;
    kept[name] = cut;
  }
  if (kept.size() < facts.size()) {
    kept["facts_left_out"] = std::to_string(facts.size() - kept.size());
  }
  return kept;
}

// Both ends of a pipe or a socket pair; what is still here at the end is closed.
struct Ends {
  int ours = -1;
  int theirs = -1;
  ~Ends() {
    if (ours >= 0) close(ours);
    if (theirs >= 0) close(theirs);
  }
};

absl::Status MakePipe(Ends* ends) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) return ErrnoError(errno, "making a pipe");
  ends->ours = fds[0];
  ends->theirs = fds[1];
  return absl::OkStatus();
}

// With the request already in it.
absl::Status MakeSocket(const RunnerRequest& request, Ends* ends) {
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
    return ErrnoError(errno, "making a socket pair");
  }
  ends->ours = fds[0];
  ends->theirs = fds[1];
  setsockopt(ends->ours, SOL_SOCKET, SO_SNDBUF, &kRequestBufferBytes, sizeof kRequestBufferBytes);
  const std::string message = Serialize(request);
  std::string frame;
  if (AppendFrame(message, &frame).ok() &&
      send(ends->ours, frame.data(), frame.size(), MSG_DONTWAIT | MSG_NOSIGNAL) ==
          static_cast<ssize_t>(frame.size())) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrFormat(
      "the run's parameters take %d bytes, more than a runner can be sent", message.size()));
}

ResourceUsage ToUsage(const ExitReport& report) {
  ResourceUsage usage;
  usage.wall_ns = absl::ToInt64Nanoseconds(report.wall);
  usage.user_ns = absl::ToInt64Nanoseconds(report.user);
  usage.system_ns = absl::ToInt64Nanoseconds(report.system);
  usage.max_rss_bytes = report.max_rss_bytes;
  usage.minor_faults = report.minor_faults;
  usage.major_faults = report.major_faults;
  usage.voluntary_switches = report.voluntary_switches;
  usage.involuntary_switches = report.involuntary_switches;
  return usage;
}

// The last line that says something, to go behind a reason.
std::string LastLine(const std::string& text) {
  const size_t end = text.find_last_not_of(" \t\r\n");
  if (end == std::string::npos) return "";
  const size_t begin = text.find_last_of('\n', end);
  return ": " + text.substr(begin == std::string::npos ? 0 : begin + 1, end - begin).substr(0, 300);
}

}  // namespace

RunProcess::RunProcess(RunId run, const RunSpec& spec, RunProcessOptions options,
                       const RunProcessSurroundings& surroundings, RunEvents* events,
                       std::function<void()> on_over)
    : run_(run),
      spec_(spec),
      options_(std::move(options)),
      in_(surroundings),
      events_(events),
      on_over_(std::move(on_over)),
      output_(limits::kMaxOutputTailBytes),
      errors_(limits::kMaxOutputTailBytes),
      scope_(surroundings.loop) {}

RunProcess::~RunProcess() {
  for (const PipeId pipe : {event_pipe_, output_pipe_, error_pipe_}) in_.pump->Remove(pipe);
  if (socket_ >= 0) close(socket_);
}

void RunProcess::Begin() {
  started_at_ = scope_.Now();
  before_ = SampleConditions(*in_.conditions);
  if (const absl::Status spawned = Spawn(); !spawned.ok()) {
    Judge(Outcome::kNotStarted, "this host could not start the run: " + Message(spawned));
    scope_.Post([this] { Finish(); });
    return;
  }
  if (spec_.timeout <= absl::ZeroDuration()) return;
  StartTimeout(spec_.timeout, absl::StrFormat("it took longer than its timeout of %s%s",
                                              absl::FormatDuration(spec_.timeout),
                                              spec_.role == kServerRole ? " to be ready" : ""));
}

void RunProcess::StartTimeout(absl::Duration timeout, const std::string& message) {
  if (timeout_ != 0) scope_.Cancel(timeout_);
  timeout_ = scope_.PostAfter(timeout, [this, message] { Stop(Outcome::kTimedOut, message); });
}

absl::Status RunProcess::Spawn() {
  std::error_code error;
  std::filesystem::create_directories(options_.scratch_dir, error);
  if (error) return ErrnoError(error.value(), "making " + options_.scratch_dir);
  Ends socket, output, errors;
  BF_RETURN_IF_ERROR(MakeSocket(
      RunnerRequest{spec_, options_.scratch_dir, options_.advertise, options_.towards}, &socket));
  BF_RETURN_IF_ERROR(MakePipe(&output));
  BF_RETURN_IF_ERROR(MakePipe(&errors));
  cgroup_.emplace(*in_.cgroups, run_);

  SpawnRequest request;
  request.argv = options_.argv;
  request.directory = options_.scratch_dir;
  request.stdout_fd = output.theirs;
  request.stderr_fd = errors.theirs;
  request.data_fd = socket.theirs;
  request.data_fd_number = 3;
  request.cgroup_procs_files = cgroup_->procs_files();
  // A crash shall not fill the disk. The agent's own raised limit of open files is not for others:
  // programs that use select() fail beyond 1,024.
  request.limits = {{RLIMIT_CORE, 0, 0}};
  rlimit files = {};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    request.limits.push_back(
        {RLIMIT_NOFILE, std::min<uint64_t>(1024, files.rlim_max), files.rlim_max});
  }
  BF_ASSIGN_OR_RETURN(
      child_, in_.spawner->Spawn(
                  request, scope_.Guard([this](const ExitReport& report) { OnExit(report); })));
  if (spec_.role == kServerRole) socket_ = fcntl(socket.ours, F_DUPFD_CLOEXEC, 0);
  event_pipe_ = in_.pump->Add(std::exchange(socket.ours, -1), [this](std::string_view bytes) {
    bytes.empty() ? OnEventsEnd() : OnEvents(bytes);
  });
  output_pipe_ = in_.pump->Add(std::exchange(output.ours, -1), [this](std::string_view bytes) {
    output_.Append(bytes);
    if (!bytes.empty()) return;
    output_pipe_ = 0;
    FinishIfOver();
  });
  error_pipe_ = in_.pump->Add(std::exchange(errors.ours, -1), [this](std::string_view bytes) {
    errors_.Append(bytes);
    if (!bytes.empty()) return;
    error_pipe_ = 0;
    FinishIfOver();
  });
  return absl::OkStatus();
}

void RunProcess::OnEvents(std::string_view bytes) {
  if (verdict_ && verdict_->outcome == Outcome::kGarbled) return;  // read on, only to let it end
  checker_.Append(bytes);
  for (;;) {
    absl::StatusOr<std::optional<RunnerEvent>> event = checker_.Next();
    if (!event.ok()) {
      // Also when it had told its end: then it is the end that cannot be believed.
      told_.reset();
      // Its exit may be known before its last messages are read; they count all the same.
      Judge(Outcome::kGarbled,
            "bench-runner's messages cannot be trusted: " + Message(event.status()));
      return Terminate();
    }
    if (!event->has_value()) return;
    Handle(**std::move(event));
  }
}

void RunProcess::Handle(RunnerEvent event) {
  if (auto* started = std::get_if<RunStarted>(&event)) {
    facts_ = started->facts = BoundedFacts(started->facts);
    events_->OnRunStarted(run_, std::move(*started));
  } else if (auto* chunk = std::get_if<SampleChunk>(&event)) {
    events_->OnRunChunk(run_, std::move(*chunk));
  } else if (auto* ready = std::get_if<RunnerReady>(&event)) {
    if (timeout_ != 0) {
      StartTimeout(2 * spec_.timeout, absl::StrFormat("it served for %s, twice its timeout",
                                                      absl::FormatDuration(2 * spec_.timeout)));
    }
    events_->OnRunReady(run_, std::move(*ready));
  } else {
    told_ = std::get<RunnerFinished>(std::move(event));
    scope_.PostAfter(options_.exit_grace, [this] { Terminate(); });
  }
}

void RunProcess::OnEventsEnd() {
  event_pipe_ = 0;
  if (!checker_.AtBoundary()) {
    Judge(Outcome::kGarbled, "bench-runner's last message was cut short");
  }
  if (!exit_ && !told_) {
    // Most likely it is just dying; then how it died says more.
    scope_.PostAfter(options_.exit_grace, [this] {
      if (!exit_) Stop(Outcome::kGarbled, "bench-runner closed its pipe and went on running");
    });
  }
  FinishIfOver();
}

void RunProcess::AskToFinish() {
  if (exit_ || std::exchange(finishing_, true)) return;
  shutdown(socket_, SHUT_WR);
  scope_.PostAfter(options_.finish_grace, [this] {
    Stop(Outcome::kTimedOut,
         absl::StrFormat("it went on serving for %s after its clients were done",
                         absl::FormatDuration(options_.finish_grace)));
  });
}

void RunProcess::Stop(Outcome outcome, const std::string& reason) {
  if (exit_) return;
  Judge(outcome, reason);
  Terminate();
}

// The first verdict stands, and what the runner said of its end stands before all.
void RunProcess::Judge(Outcome outcome, const std::string& reason) {
  if (!verdict_ && !told_) verdict_ = Verdict{outcome, reason};
}

void RunProcess::Terminate() {
  if (exit_ || terminating_ || child_ == 0) return;
  terminating_ = true;
  // Errors mean that it is gone already: its report is on the way.
  static_cast<void>(in_.spawner->Signal(child_, SIGTERM));
  static_cast<void>(in_.spawner->Signal(child_, SIGCONT));  // a stopped one would not hear it
  scope_.PostAfter(options_.kill_grace, [this] {
    if (!exit_) static_cast<void>(in_.spawner->Signal(child_, SIGKILL));
  });
}

void RunProcess::OnExit(const ExitReport& report) {
  after_ = SampleConditions(*in_.conditions);
  exit_ = report;
  scope_.PostAfter(kDrainTime, [this] {
    for (PipeId* pipe : {&event_pipe_, &output_pipe_, &error_pipe_}) {
      in_.pump->Remove(std::exchange(*pipe, 0));
    }
    FinishIfOver();
  });
  FinishIfOver();
}

void RunProcess::FinishIfOver() {
  if (exit_ && event_pipe_ == 0 && output_pipe_ == 0 && error_pipe_ == 0) Finish();
}

void RunProcess::Finish() {
  Verdict verdict = Decide();
  RunFinished finished;
  finished.outcome = verdict.outcome;
  finished.message = BoundedMessage(verdict.reason);
  finished.started_at = started_at_;
  finished.finished_at = scope_.Now();
  finished.before = ToValues(*before_);
  if (exit_) {
    finished.usage = ToUsage(*exit_);
    finished.after = ToValues(*before_, *after_, exit_->user + exit_->system);
  }
  if (cgroup_) finished.usage.cgroup = cgroup_->Figures();
  finished.facts = BoundedFacts(told_ ? told_->facts : facts_);
  finished.stdout_tail = Bounded(output_.Text(), limits::kMaxOutputTailBytes);
  finished.stderr_tail = Bounded(errors_.Text(), limits::kMaxOutputTailBytes);
  cgroup_.reset();
  RemoveScratch();
  events_->OnRunFinished(run_, std::move(finished));
  on_over_();
}

RunProcess::Verdict RunProcess::Decide() const {
  if (!told_) return verdict_ ? *verdict_ : DecideByExit();
  // A server ends in good order when it is terminated, too.
  if (verdict_ && spec_.role == kServerRole) return *verdict_;
  if (!terminating_ && exit_ && !exit_->succeeded() && told_->outcome == Outcome::kOk) {
    return {Outcome::kCrashed, exit_->Describe() + " after it had finished"};
  }
  return {told_->outcome, told_->message};
}

RunProcess::Verdict RunProcess::DecideByExit() const {
  const std::string described = exit_->Describe();
  const std::string last_line = LastLine(errors_.Text());
  switch (exit_->way) {
    case ExitReport::Way::kExited:
      return {Outcome::kCrashed, described + " and left without a word" + last_line};
    case ExitReport::Way::kSignalled:
      return {Outcome::kCrashed, described + last_line};
    case ExitReport::Way::kNotStarted:
      return {Outcome::kNotStarted, described};
    case ExitReport::Way::kSpawnerLost:
      break;
  }
  return {Outcome::kLost, "bench-spawner died, and the run with it"};
}

void RunProcess::RemoveScratch() {
  RemoveForgottenQdisc(options_.scratch_dir);
  std::error_code error;
  std::filesystem::remove_all(options_.scratch_dir, error);
}

}  // namespace benchfleet
