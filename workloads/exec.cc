// exec: any command is a workload. One iteration is one run of the command, measured by
// bench-spawner as in process.startup.
//
// Where its output goes: with adapter "none" straight to the runner's own stdout and stderr, of
// which the agent keeps the end; with another one stdout, or a file that the command writes, is
// read for metrics (printed_metrics.h, foreign_output.h) and the end of stderr is passed on after
// each iteration.
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "adapters/adapter.h"
#include "base/limits.h"
#include "base/spawner.h"
#include "base/status.h"
#include "base/subprocess.h"
#include "workloads/builtins.h"
#include "workloads/exec_artefact.h"
#include "workloads/foreign_output.h"
#include "workloads/printed_metrics.h"

namespace benchfleet {
namespace {

// What a command may print where it is read for metrics: its own, and another tool's.
constexpr size_t kPrintedBytesMax = size_t{1} << 20;
constexpr size_t kForeignBytesMax = size_t{16} << 20;

const std::vector<Metric>& OwnMetrics() {
  static const std::vector<Metric> metrics = {
      LatencyMetric(),
      {"user_time", "ns", Direction::kLowerIsBetter, "", 0},
      {"system_time", "ns", Direction::kLowerIsBetter, "", 0},
      {"rss_peak", "B", Direction::kLowerIsBetter, "", 0},
  };
  return metrics;
}

class Exec final : public Workload {
 public:
  ~Exec() override {
    if (stdin_fd_ >= 0) close(stdin_fd_);
  }

  absl::Status Configure(const Parameters& parameters) override;
  absl::Status SetUp(const RunContext& context) override;
  std::vector<Metric> Metrics() const override { return metrics_; }
  bool self_timed() const override { return true; }
  bool metrics_grow() const override { return reads_metrics_; }
  absl::Status RunOnce(Iteration& iteration) override;
  StringMap Facts() const override;

 private:
  absl::StatusOr<ExitReport> RunPlain();
  absl::StatusOr<ExitReport> RunReading(Iteration& iteration);
  absl::Status TakePrinted(const std::string& output, Iteration& iteration);
  absl::Status CheckEnd(const ExitReport& report, const std::string& description) const;

  SpawnRequest request_;
  std::string stdin_;
  int64_t expected_exit_ = 0;
  bool reads_metrics_ = false;
  std::optional<ForeignOutput> foreign_;  // where another tool's results are read
  bool discards_output_ = false;
  std::vector<Metric> metrics_ = OwnMetrics();
  bool first_ = true;
  std::unique_ptr<Spawner> spawner_;
  int stdin_fd_ = -1;
  std::string artefact_;  // a digest, "" where it cannot be told
};

absl::Status Exec::Configure(const Parameters& parameters) {
  BF_ASSIGN_OR_RETURN(request_.argv, parameters.TextList("argv"));
  if (request_.argv.empty() || request_.argv[0].empty()) {
    return absl::InvalidArgumentError("parameter 'argv': no program is named");
  }
  BF_ASSIGN_OR_RETURN(const StringMap environment, parameters.TextMap("env"));
  for (const auto& [name, value] : environment) {
    if (name.empty() || name.find('=') != std::string::npos) {
      return absl::InvalidArgumentError(
          absl::StrFormat("parameter 'env': '%s' is no name of a variable", name));
    }
    request_.environment.emplace_back(name, value);
  }
  request_.directory = parameters.Text("cwd");
  stdin_ = parameters.Text("stdin");
  const std::string& adapter = parameters.Text("adapter");
  const std::string& map = parameters.Text("map");
  reads_metrics_ = adapter != "none";
  if (adapter == "none" || (adapter == "json" && map.empty())) {
    for (const char* unread : {"result_file", "select", "map"}) {
      if (parameters.Text(unread).empty()) continue;
      return absl::InvalidArgumentError(
          absl::StrFormat("parameter '%s' means nothing with adapter=%s%s", unread, adapter,
                          adapter == "json" ? " unless 'map' says what stands where" : ""));
    }
  }
  if (reads_metrics_ && (adapter != "json" || !map.empty())) {
    BF_ASSIGN_OR_RETURN(foreign_, ParseForeignOutput(adapter, map, parameters.Text("select"),
                                                     parameters.Text("result_file")));
  }
  discards_output_ = parameters.Text("output") == "discard";
  BF_ASSIGN_OR_RETURN(expected_exit_, parameters.Count("expect_exit"));
  return absl::OkStatus();
}

absl::Status Exec::SetUp(const RunContext& context) {
  if (!context.scratch_dir.empty()) {
    request_.environment.emplace_back("BENCHFLEET_SCRATCH", context.scratch_dir);
    if (request_.directory.empty()) request_.directory = context.scratch_dir;
  }
  artefact_ = ArtefactDigest(request_.argv, request_.directory);
  BF_ASSIGN_OR_RETURN(spawner_, Spawner::Start());
  if (stdin_.empty() || reads_metrics_) return absl::OkStatus();
  stdin_fd_ = memfd_create("stdin", MFD_CLOEXEC);
  const auto size = static_cast<ssize_t>(stdin_.size());
  if (stdin_fd_ < 0 || write(stdin_fd_, stdin_.data(), stdin_.size()) != size) {
    return ErrnoError(errno, "making the command's input");
  }
  return absl::OkStatus();
}

StringMap Exec::Facts() const {
  if (artefact_.empty()) return {};
  return {{"artefact.sha256", artefact_}};
}

absl::Status Exec::RunOnce(Iteration& iteration) {
  BF_ASSIGN_OR_RETURN(const ExitReport report, reads_metrics_ ? RunReading(iteration) : RunPlain());
  const auto nanoseconds = [](absl::Duration duration) {
    return static_cast<double>(absl::ToInt64Nanoseconds(duration));
  };
  iteration.Add(kLatency, nanoseconds(report.wall));
  iteration.Add("user_time", nanoseconds(report.user));
  iteration.Add("system_time", nanoseconds(report.system));
  iteration.Add("rss_peak", static_cast<double>(report.max_rss_bytes));
  first_ = false;
  return absl::OkStatus();
}

absl::StatusOr<ExitReport> Exec::RunPlain() {
  if (stdin_fd_ >= 0 && lseek(stdin_fd_, 0, SEEK_SET) != 0) {
    return ErrnoError(errno, "rewinding the command's input");
  }
  request_.stdin_fd = stdin_fd_;
  request_.stdout_fd = discards_output_ ? -1 : STDOUT_FILENO;
  request_.stderr_fd = discards_output_ ? -1 : STDERR_FILENO;
  BF_ASSIGN_OR_RETURN(const uint64_t id, spawner_->Spawn(request_));
  BF_ASSIGN_OR_RETURN(ExitReport report, spawner_->Wait(id));
  BF_RETURN_IF_ERROR(CheckEnd(report, report.Describe()));
  return report;
}

absl::StatusOr<ExitReport> Exec::RunReading(Iteration& iteration) {
  CommandOptions options;
  options.timeout = absl::InfiniteDuration();  // the agent's timeout holds
  options.stdin_bytes = stdin_;
  options.output_bytes_max = foreign_ ? kForeignBytesMax : kPrintedBytesMax;
  if (foreign_) BF_RETURN_IF_ERROR(ForgetResults(*foreign_, request_.directory));
  BF_ASSIGN_OR_RETURN(const CommandResult result, RunCommand(*spawner_, request_, options));
  if (!discards_output_ && result.errors.total_bytes() > 0) {
    std::string errors = result.errors.Bytes();
    if (errors.size() > limits::kMaxOutputTailBytes) {
      errors.erase(0, errors.size() - limits::kMaxOutputTailBytes);
    }
    std::fwrite(errors.data(), 1, errors.size(), stderr);
  }
  BF_RETURN_IF_ERROR(CheckEnd(result.exit, result.Describe()));
  const bool in_file = foreign_ && !foreign_->result_file.empty();
  if (result.output.dropped_bytes() > 0 && !in_file) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("the command printed %d bytes; with an adapter that reads them the bound "
                        "is %d",
                        result.output.total_bytes(), options.output_bytes_max));
  }
  BF_RETURN_IF_ERROR(TakePrinted(result.output.Bytes(), iteration));
  return result.exit;
}

absl::Status Exec::TakePrinted(const std::string& output, Iteration& iteration) {
  BF_ASSIGN_OR_RETURN(
      const std::vector<PrintedValue> printed,
      foreign_ ? ReadForeignOutput(*foreign_, request_.directory, output, OwnMetrics().size())
               : ParsePrintedMetrics(output));
  for (const PrintedValue& value : printed) {
    const Metric* known = nullptr;
    for (const Metric& metric : metrics_) {
      if (metric.name == value.metric.name) known = &metric;
    }
    for (const Metric& own : OwnMetrics()) {
      if (own.name != value.metric.name) continue;
      return absl::InvalidArgumentError(absl::StrFormat(
          "the command prints the metric '%s', which exec measures itself", own.name));
    }
    if (known == nullptr && !first_) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "the metric '%s' was not printed by the first iteration", value.metric.name));
    }
    if (known != nullptr && !(*known == value.metric)) {
      return absl::InvalidArgumentError(
          absl::StrFormat("the metric '%s' changes its unit or direction", value.metric.name));
    }
    if (known == nullptr) metrics_.push_back(value.metric);
    iteration.Add(value.metric.name, value.value);
  }
  return absl::OkStatus();
}

absl::Status Exec::CheckEnd(const ExitReport& report, const std::string& description) const {
  if (report.way == ExitReport::Way::kNotStarted) return absl::NotFoundError(description);
  if (report.way == ExitReport::Way::kExited && report.code == expected_exit_) {
    return absl::OkStatus();
  }
  return absl::InternalError(expected_exit_ == 0 ? description
                                                 : absl::StrFormat("%s; expected was exit code %d",
                                                                   description, expected_exit_));
}

}  // namespace

std::vector<WorkloadEntry> ExecWorkloads() {
  std::vector<std::string> adapters = {"none"};
  for (std::string& name : AdapterNames()) adapters.push_back(std::move(name));
  WorkloadDescription description{
      "exec",
      "runs a command; its folder, unless `cwd` is given, is the run's scratch folder",
      {OfKind(ParameterKind::kList,
              RequiredParameter("argv", "the program and its arguments, a JSON array of strings")),
       OfKind(ParameterKind::kMap,
              OptionalParameter("env", "variables added to the environment, a map", "")),
       OptionalParameter("cwd", "the folder to start in", ""),
       OptionalParameter("stdin", "what the command reads from its standard input", ""),
       CountParameter("expect_exit", "the exit code of a good run", "0", 0, 255),
       OptionalParameter("adapter",
                         "what reads its output for metrics; json: one a line, "
                         "{\"metric\": \"x\", \"value\": 1.5, \"unit\": \"ms\", "
                         "\"direction\": \"lower\"}; others: a benchmark tool's own format",
                         "none", adapters),
       OptionalParameter("result_file",
                         "a file (for criterion the directory) below the command's folder where an "
                         "adapter finds the results; standard output without it",
                         ""),
       OptionalParameter("select",
                         "metrics that an adapter keeps, as latency,cpu_time; all of them", ""),
       OptionalParameter(
           "map", "with adapter json or csv, what stands where: name=benchmark,value=ms", ""),
       OptionalParameter("output", "what becomes of what it prints", "keep", {"keep", "discard"})},
      OwnMetrics(),
      "",
      ""};
  return {{description, [] { return std::make_unique<Exec>(); }}};
}

}  // namespace benchfleet
