// process.startup: start a program and wait for its end. Measured by bench-spawner, a small static
// process, from just before vfork until the death is seen; so this runner's size does not matter.
#include <memory>
#include <string>

#include "base/spawner.h"
#include "base/status.h"
#include "workloads/builtins.h"

namespace benchfleet {
namespace {

class Startup final : public Workload {
 public:
  absl::Status Configure(const Parameters& parameters) override {
    const std::string& command = parameters.Text("command");
    if (!command.starts_with('[')) {
      request_.argv = {command};
    } else {
      BF_ASSIGN_OR_RETURN(request_.argv, parameters.TextList("command"));
    }
    if (request_.argv.empty() || request_.argv[0].empty()) {
      return absl::InvalidArgumentError("parameter 'command': no program is named");
    }
    return absl::OkStatus();
  }

  absl::Status SetUp(const RunContext& /*context*/) override {
    BF_ASSIGN_OR_RETURN(spawner_, Spawner::Start());
    return absl::OkStatus();
  }

  bool self_timed() const override { return true; }

  absl::Status RunOnce(Iteration& iteration) override {
    BF_ASSIGN_OR_RETURN(const uint64_t id, spawner_->Spawn(request_));
    BF_ASSIGN_OR_RETURN(const ExitReport report, spawner_->Wait(id));
    if (report.way == ExitReport::Way::kNotStarted) {
      return absl::NotFoundError(report.Describe());
    }
    if (!report.succeeded()) return absl::InternalError(report.Describe());
    iteration.Add(kLatency, static_cast<double>(absl::ToInt64Nanoseconds(report.wall)));
    return absl::OkStatus();
  }

 private:
  SpawnRequest request_;
  std::unique_ptr<Spawner> spawner_;
};

}  // namespace

std::vector<WorkloadEntry> ProcessWorkloads() {
  WorkloadDescription description{
      "process.startup",
      "start a program and wait for its end (vfork, execve, wait)",
      {OptionalParameter("command", "a program, or a JSON array of it and its arguments",
                         "/bin/true")},
      {LatencyMetric()},
      "",
      ""};
  return {{description, [] { return std::make_unique<Startup>(); }}};
}

}  // namespace benchfleet
