#include "workloads/hand_run.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <optional>

#include "base/status.h"
#include "base/text.h"
#include "proto/chunk.h"
#include "workloads/run.h"
#include "workloads/stop_request.h"

namespace benchfleet {
namespace {

// A folder that is deleted with everything in it.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::error_code error;
    path_ = std::filesystem::temp_directory_path(error).string() + "/bench-runner-XXXXXX";
    if (mkdtemp(path_.data()) == nullptr) path_.clear();
  }
  ~ScratchFolder() {
    std::error_code error;
    if (!path_.empty()) std::filesystem::remove_all(path_, error);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Type 7 of Hyndman and Fan, as everywhere in Benchfleet.
double SortedQuantile(const std::vector<double>& sorted, double p) {
  const double h = static_cast<double>(sorted.size() - 1) * p;
  const auto below = static_cast<size_t>(h);
  if (below + 1 >= sorted.size()) return sorted.back();
  return sorted[below] + (h - std::floor(h)) * (sorted[below + 1] - sorted[below]);
}

}  // namespace

absl::Status TableSink::Send(const RunnerEvent& event) {
  if (const auto* started = std::get_if<RunStarted>(&event)) {
    started_ = *started;
  } else if (const auto* chunk = std::get_if<SampleChunk>(&event)) {
    if (!chunk->warmup) return DecodeChunk(*chunk, &values_[chunk->metric]);
  } else if (const auto* ready = std::get_if<RunnerReady>(&event)) {
    std::string line = ready->endpoint;
    for (const auto& [name, value] : ready->values) line += ',' + name + '=' + value;
    if (out_ != nullptr) {
      std::fprintf(out_, "ready for --peer %s\n", line.c_str());
      std::fflush(out_);
    }
  } else {
    finished_ = std::get<RunnerFinished>(event);
  }
  return absl::OkStatus();
}

std::vector<double> TableSink::ValuesOf(const Metric& metric) const {
  const bool derived = !metric.derived_from.empty();
  const auto found = values_.find(derived ? metric.derived_from : metric.name);
  if (found == values_.end()) return {};
  std::vector<double> values = found->second;
  if (derived) {
    for (double& value : values) value = metric.numerator / (value * 1e-9);
  }
  std::sort(values.begin(), values.end());
  return values;
}

std::string TableSink::Table() const {
  std::string table = absl::StrFormat("%-16s %9s %12s %12s %12s %12s %12s\n", "metric", "n",
                                      "median", "p95", "p99", "min", "max");
  for (const Metric& metric : started_.metrics) {
    const std::vector<double> values = ValuesOf(metric);
    if (values.empty()) continue;
    table += absl::StrFormat("%-16s %9d", metric.name, values.size());
    for (const double p : {0.5, 0.95, 0.99, 0.0, 1.0}) {
      table += absl::StrFormat(" %12s", FormatValue(SortedQuantile(values, p), metric.unit));
    }
    table += '\n';
  }
  for (const auto& [name, value] : finished_.facts) {
    table += absl::StrFormat("%s: %s\n", name, value);
  }
  return table;
}

int RunByHand(RunnerRequest request, const Catalog& catalog, std::FILE* out) {
  const ScratchFolder scratch;
  request.scratch_dir = scratch.path();
  const RunSpec& spec = request.spec;
  TableSink sink(out);
  StopRequest stop;
  std::optional<StopWatch> watch;  // a client is interrupted as any program
  if (spec.role == kServerRole) watch.emplace(-1, &stop);
  const absl::Status status = ExecuteRun(request, catalog, SystemStopwatch(), sink, &stop);
  const RunnerFinished& finished = sink.finished();
  if (!status.ok() || finished.outcome != Outcome::kOk) {
    std::fprintf(stderr, "bench-runner: %s: %s\n",
                 std::string(OutcomeName(finished.outcome)).c_str(),
                 status.ok() ? finished.message.c_str() : Message(status).c_str());
  }
  if (!finished.sample_counts.empty()) {
    const std::string parameters = FormatParameters(spec.parameters);
    std::fprintf(out, "%s%s%s\n%s", spec.workload.c_str(), parameters.empty() ? "" : " ",
                 parameters.c_str(), sink.Table().c_str());
  }
  return status.ok() && finished.outcome == Outcome::kOk ? 0 : 1;
}

}  // namespace benchfleet
