// How an adapter puts results together: benchmarks and metrics by name, warnings, and at the end
// the checks that hold for every format. One thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "adapters/foreign.h"

namespace benchfleet {

class ResultsBuilder {
 public:
  explicit ResultsBuilder(std::string adapter) { results.adapter = std::move(adapter); }

  // The benchmark's run of that number, made where it is not there yet. A name too long for the
  // store is cut and ended by a digest of the whole. Valid until the next call.
  ForeignRun& Run(std::string workload, const StringMap& parameters, size_t process = 0);

  // A run of its own after those that the benchmark has. Valid until the next call of Run.
  ForeignRun& AddRun(std::string workload, const StringMap& parameters);

  // How many runs the benchmark has so far.
  size_t RunsOf(std::string workload, const StringMap& parameters);

  // The metric within `run`. Of a metric that is there already, unit and direction stay.
  static Measured& MetricOf(ForeignRun& run, const Metric& metric);

  // A sample; a value that is not finite is left out and counted. Error: a negative time.
  absl::Status AddSample(ForeignRun& run, const Metric& metric, double value);

  // The first few are kept, then their number.
  void Warn(std::string warning);

  // Refuses what no store could take (docs/importing.md, "Bounds") and a file without results;
  // benchmarks without any value are left out with a warning.
  absl::StatusOr<ForeignResults> Finish();

  ForeignResults results;

 private:
  ForeignBenchmark& Find(std::string workload, const StringMap& parameters);

  std::map<std::pair<std::string, StringMap>, size_t> index_;
  size_t warnings_ = 0;
  size_t not_finite_ = 0;
  std::string first_not_finite_;
};

// A name too long for the store cut, and ended by a digest of the whole.
std::string FitName(std::string name);

// Metrics that several formats have.
Metric LatencyIn();                                 // "latency", ns, lower is better
Metric TimeMetric(std::string_view name);           // ns, lower is better
Metric BytesMetric(std::string_view name);          // B, lower is better
Metric BytesPerSecond(std::string_view name);       // B/s, higher is better
Metric OperationsPerSecond(std::string_view name);  // 1/s, higher is better
Metric NeutralMetric(std::string_view name, std::string_view unit);

}  // namespace benchfleet
