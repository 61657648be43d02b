#include "tests/fuzz/adapter_target.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "adapters/adapter.h"
#include "base/limits.h"
#include "base/status.h"
#include "base/text.h"

namespace benchfleet {
namespace {

void Demand(bool holds, const char* promise, const std::string& detail) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s: %s\n", promise, detail.c_str());
  std::abort();
}

// Criterion's is a directory: a first byte of 0x01 to 0x03 says which file the bytes are.
Source SourceFor(const std::string& adapter, const std::string& bytes) {
  if (adapter != "criterion") return SourceOf("input.json", bytes);
  constexpr const char* kId = R"({"group_id": "g", "throughput": {"Bytes": 8}})";
  const std::string rest = bytes.empty() ? "" : bytes.substr(1);
  const int which = bytes.empty() ? 0 : bytes[0] % 3;
  Source source;
  source.name = "criterion";
  source.directory = true;
  source.files.push_back({"g/new/benchmark.json", which == 0 ? rest : kId});
  if (which == 1) source.files.push_back({"g/new/estimates.json", rest});
  source.files.push_back(
      {"g/new/sample.json", which == 2 ? rest : R"({"iters": [1], "times": [2]})"});
  if (which == 1) source.files.pop_back();
  return source;
}

AdapterOptions OptionsFor(const std::string& adapter) {
  AdapterOptions options;
  if (adapter == "json") {
    options.map = {{"name", "/name"}, {"value", "/value"}, {"unit", "@/unit"}, {"param.p", "/p"}};
  } else if (adapter == "csv") {
    options.map = {{"name", "name"}, {"value", "value"}, {"unit", "@unit"},
                   {"mean", "mean"}, {"count", "n"},     {"param.p", "p"}};
  }
  return options;
}

void CheckMeasured(const Measured& measured) {
  const Metric& metric = measured.metric;
  Demand(!metric.name.empty() && metric.name.size() <= limits::kMaxNameBytes, "a metric's name",
         metric.name);
  Demand(metric.unit.size() <= limits::kMaxNameBytes, "a unit", metric.unit);
  for (const double sample : measured.samples) {
    Demand(std::isfinite(sample), "a sample is finite", metric.name);
    Demand(sample >= 0 || metric.unit != "ns", "a time is not negative", metric.name);
  }
  if (!measured.aggregate) return;
  for (const auto& value :
       {measured.aggregate->mean, measured.aggregate->stddev, measured.aggregate->min,
        measured.aggregate->max, measured.aggregate->median}) {
    Demand(!value || std::isfinite(*value), "an aggregate is finite", metric.name);
  }
  for (const auto& [percent, value] : measured.aggregate->percentiles) {
    Demand(percent >= 0 && percent <= 100 && std::isfinite(value), "a percentile", metric.name);
  }
}

void CheckResults(const ForeignResults& results) {
  Demand(!results.benchmarks.empty(), "there are results", "");
  Demand(IsUtf8(results.machine.host + "x"), "the host is text", results.machine.host);
  for (const ForeignBenchmark& benchmark : results.benchmarks) {
    Demand(!benchmark.workload.empty() && benchmark.workload.size() <= limits::kMaxNameBytes,
           "a workload's name", benchmark.workload);
    Demand(!benchmark.runs.empty(), "a benchmark has a run", benchmark.workload);
    for (const ForeignRun& run : benchmark.runs) {
      Demand(run.measured.size() <= limits::kMaxMetricsPerRun, "few metrics", benchmark.workload);
      Demand(!run.measured.empty() || !run.error.empty(), "a run says something",
             benchmark.workload);
      for (const Measured& measured : run.measured) CheckMeasured(measured);
    }
  }
}

}  // namespace

std::vector<std::string> FuzzedAdapters() {
  std::vector<std::string> names = AdapterNames();
  names.emplace_back("detect");
  return names;
}

void ReadAsAdapter(const std::string& adapter, const std::string& bytes) {
  const Source source = SourceFor(adapter, bytes);
  const absl::StatusOr<ForeignResults> results =
      ReadForeign(source, adapter == "detect" ? "" : adapter, OptionsFor(adapter));
  if (results.ok()) {
    CheckResults(*results);
    return;
  }
  const std::string message = Message(results.status());
  Demand(!message.empty() && message.find_first_of("\n\r\x1b") == std::string::npos,
         "an error is one harmless line", message);
  Demand(message.size() < 1000, "an error is short", message);
}

}  // namespace benchfleet
