#include "agent/agent.h"

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "agent/coordinator_client.h"
#include "agent/live_host_view.h"
#include "agent/metrics.h"
#include "agent/process_runner.h"
#include "agent/session.h"
#include "agent/startup_memory.h"
#include "agent/workload_watch.h"
#include "base/certificate.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/status.h"
#include "base/version.h"

namespace benchfleet {
namespace {

// Below this not even one run's end could be kept.
constexpr uint64_t kSpoolLimitMin = 4u << 20;
// By then it has greeted the coordinator, or knows that it is not there.
constexpr absl::Duration kStartupTime = absl::Seconds(5);

absl::Status CheckOptions(const Agent::Options& options) {
  if (options.spool_limit_bytes < kSpoolLimitMin) {
    return absl::InvalidArgumentError("--spool-limit: at least 4MiB");
  }
  if (options.labels.size() > limits::kMaxLabelsPerHost) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "--label: %d labels; the bound is %d", options.labels.size(), limits::kMaxLabelsPerHost));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ChooseName(const Agent::Options& options) {
  if (options.tls.insecure_plaintext) {
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    const std::string name = options.name.empty() ? host : options.name;
    BF_RETURN_IF_ERROR(Annotate(CheckIdentity({"agent", name}), "--name"));
    return name;
  }
  std::ifstream file(options.tls.certificate, std::ios::binary);
  const std::string pem((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  auto identity = IdentityOfCertificate(pem);
  if (!identity.ok()) {
    return Annotate(identity.status(), absl::StrFormat("--cert %s", options.tls.certificate));
  }
  if (identity->role != "agent") {
    return absl::InvalidArgumentError(
        absl::StrFormat("--cert %s is for the role '%s', and an agent's is needed (benchctl ca "
                        "issue --role agent)",
                        options.tls.certificate, identity->role));
  }
  if (!options.name.empty() && options.name != identity->name) {
    return absl::InvalidArgumentError(
        absl::StrFormat("--name is '%s' and the certificate %s is for '%s'; leave --name out",
                        options.name, options.tls.certificate, identity->name));
  }
  return identity->name;
}

// Runs have folders of their own to be in, so a path must hold from anywhere; and a person who
// reads it in a log should find it.
std::string Absolute(const std::string& path) {
  std::error_code error;
  return std::filesystem::absolute(path, error).lexically_normal().string();
}

std::string RunnerPath(const Agent::Options& options) {
  if (!options.runner.empty()) return Absolute(options.runner);
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return (self.parent_path() / "bench-runner").string();
}

std::vector<std::string> ListCommand(const Agent::Options& options) {
  std::vector<std::string> command = {RunnerPath(options)};
  if (!options.plugins_dir.empty()) {
    command.insert(command.end(), {"--plugins", Absolute(options.plugins_dir)});
  }
  return command;
}

}  // namespace

class Agent::Impl {
 public:
  Impl(const Options& options, StopSignal* stop) : options_(options), stop_(stop) {}
  ~Impl();

  absl::Status Open();
  absl::Status Run();

 private:
  absl::Status OpenState();
  void OnEnd(absl::Status status);
  void ReleaseMemoryOnceIdle();

  const Options options_;
  StopSignal* const stop_;
  std::unique_ptr<Spool> spool_;
  ThreadLoop loop_{"bf-loop"};
  std::unique_ptr<ProcessRunner> runner_;
  std::unique_ptr<LiveHostView> host_;
  std::unique_ptr<CoordinatorClient> client_;
  std::unique_ptr<AgentSession> session_;
  std::unique_ptr<WorkloadWatch> watch_;
  std::unique_ptr<MetricsServer> metrics_;
  absl::Status end_;  // loop; the main thread once ended_
  std::atomic<bool> ended_ = false;
};

absl::Status Agent::Impl::OpenState() {
  std::error_code error;
  std::filesystem::create_directories(options_.state_dir, error);
  if (error) {
    return Annotate(ErrnoError(error.value(), options_.state_dir), "--state-dir");
  }
  BF_ASSIGN_OR_RETURN(SpoolOpening opening, OpenSqliteSpool(options_.state_dir));
  spool_ = std::move(opening.spool);
  return absl::OkStatus();
}

absl::Status Agent::Impl::Open() {
  BF_RETURN_IF_ERROR(CheckOptions(options_));
  AgentSessionOptions session;
  BF_ASSIGN_OR_RETURN(client_,
                      CoordinatorClient::Create(options_.coordinator, options_.tls, &loop_));
  BF_ASSIGN_OR_RETURN(session.host, ChooseName(options_));
  BF_RETURN_IF_ERROR(OpenState());
  ProcessRunnerOptions runner;
  runner.command = {RunnerPath(options_)};
  runner.scratch_dir = options_.state_dir + "/scratch";
  runner.advertise = options_.advertise;
  runner.towards = options_.coordinator;
  BF_ASSIGN_OR_RETURN(WorkloadList workloads, ListWorkloads(ListCommand(options_)));
  session.workloads = workloads.workloads;
  BF_ASSIGN_OR_RETURN(runner_, ProcessRunner::Create(std::move(runner), &loop_));
  runner_->SetPlugins(workloads.plugins);
  watch_ = std::make_unique<WorkloadWatch>(
      &loop_, ListCommand(options_), std::move(workloads),
      [this] { return session_->statistics().runs_active == 0; },
      [this](const WorkloadList& list) {
        runner_->SetPlugins(list.plugins);
        session_->SetWorkloads(list.workloads);
      });
  host_ = std::make_unique<LiveHostView>(&loop_, options_.container_image);
  session.labels = options_.labels;
  session.agent_version = kVersion;
  session.spool_limit_bytes = options_.spool_limit_bytes;
  session.drain_timeout = options_.drain_timeout;
  session.seed = RandomSeed();
  const AgentSurroundings surroundings{&loop_, spool_.get(), runner_.get(), client_.get(),
                                       host_.get()};
  session_ = std::make_unique<AgentSession>(
      std::move(session), surroundings, [this](absl::Status status) { OnEnd(std::move(status)); });
  if (options_.metrics_address.empty()) return absl::OkStatus();
  BF_ASSIGN_OR_RETURN(metrics_,
                      MetricsServer::Start(options_.metrics_address, &loop_, session_.get()));
  return absl::OkStatus();
}

void Agent::Impl::OnEnd(absl::Status status) {
  end_ = std::move(status);
  ended_ = true;
  stop_->Trigger();
}

absl::Status Agent::Impl::Run() {
  loop_.Start();
  loop_.Post([this] {
    session_->Start();
    watch_->Start();
  });
  NotifyServiceManager("READY=1");
  ReleaseMemoryOnceIdle();
  stop_->Wait([this] {
    LogInfo("SIGHUP: asking again what this host can run");
    loop_.Post([this] { watch_->LookAgain(); });
  });
  if (!ended_) {
    NotifyServiceManager("STOPPING=1");
    loop_.Post([this] { session_->Drain(); });
    stop_->Wait();
  }
  return ended_ ? end_ : absl::CancelledError("stopped by a second signal; a run may be lost");
}

// After the first greeting, and not while something is measured.
void Agent::Impl::ReleaseMemoryOnceIdle() {
  loop_.PostAfter(kStartupTime, [this] {
    if (session_ == nullptr) return;
    if (session_->statistics().runs_active > 0) return ReleaseMemoryOnceIdle();
    ReleaseStartupMemory();
  });
}

// Whatever speaks on the loop is taken down there.
Agent::Impl::~Impl() {
  metrics_ = nullptr;
  loop_.Post([this] {
    watch_ = nullptr;
    session_ = nullptr;
    client_ = nullptr;
    host_ = nullptr;
    runner_ = nullptr;
  });
  loop_.Stop();
}

Agent::Agent(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Agent::~Agent() = default;

absl::StatusOr<std::unique_ptr<Agent>> Agent::Start(const Options& options, StopSignal* stop) {
  Options absolute = options;
  absolute.state_dir = Absolute(options.state_dir);
  auto impl = std::make_unique<Impl>(absolute, stop);
  BF_RETURN_IF_ERROR(impl->Open());
  return std::unique_ptr<Agent>(new Agent(std::move(impl)));
}

absl::Status Agent::Run() { return impl_->Run(); }

}  // namespace benchfleet
