#include "adapters/builder.h"

#include <cmath>
#include <cstdint>

#include "adapters/quote.h"
#include "base/limits.h"
#include "base/status.h"
#include "base/text.h"

namespace benchfleet {
namespace {

constexpr size_t kWarningsKept = 20;

// FNV-1a, 32 bits: only to tell names apart that begin alike.
uint32_t Digest(std::string_view text) {
  uint32_t digest = 2166136261u;
  for (const char c : text) digest = (digest ^ static_cast<unsigned char>(c)) * 16777619u;
  return digest;
}

std::string Title(const ForeignBenchmark& benchmark) {
  const std::string parameters = FormatParameters(benchmark.parameters);
  return Quote(benchmark.workload + (parameters.empty() ? "" : " ") + parameters);
}

bool HasValues(const Measured& measured) {
  return !measured.samples.empty() || measured.aggregate.has_value();
}

// Quantiles that are not finite, in some format's "+Inf", say nothing.
void DropInfinite(ForeignRun* run) {
  for (Measured& measured : run->measured) {
    if (!measured.aggregate) continue;
    std::erase_if(measured.aggregate->percentiles,
                  [](const auto& one) { return !std::isfinite(one.second); });
  }
}

// Metrics without a value go; one derived from another stays as long as that one does.
void DropEmpty(ForeignRun* run) {
  std::erase_if(run->measured, [](const Measured& measured) {
    return measured.metric.derived_from.empty() && !HasValues(measured);
  });
  std::erase_if(run->measured, [run](const Measured& measured) {
    if (measured.metric.derived_from.empty()) return false;
    for (const Measured& other : run->measured) {
      if (other.metric.name == measured.metric.derived_from) return false;
    }
    return true;
  });
}

absl::Status CheckAggregate(const ForeignBenchmark& benchmark, const Measured& measured) {
  const Aggregate& a = *measured.aggregate;
  const bool time = measured.metric.unit == "ns";
  for (const auto& value : {a.mean, a.stddev, a.min, a.max, a.median}) {
    if (value && !std::isfinite(*value)) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s: %s is not finite", Title(benchmark), Quote(measured.metric.name)));
    }
    if (value && time && *value < 0) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "%s: %s is a negative time", Title(benchmark), Quote(measured.metric.name)));
    }
  }
  if (a.stddev && *a.stddev < 0) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s: %s has a negative standard deviation", Title(benchmark), Quote(measured.metric.name)));
  }
  return absl::OkStatus();
}

absl::Status CheckBenchmark(const ForeignBenchmark& benchmark, uint64_t* samples) {
  if (benchmark.workload.empty()) {
    return absl::InvalidArgumentError("a benchmark has an empty name");
  }
  for (const auto& [name, value] : benchmark.parameters) {
    if (name.empty() || name.size() > limits::kMaxNameBytes ||
        value.size() > limits::kMaxParameterBytes) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "%s: a parameter's name or value is empty or too long (at most %d and %d bytes)",
          Title(benchmark), limits::kMaxNameBytes, limits::kMaxParameterBytes));
    }
  }
  for (const ForeignRun& run : benchmark.runs) {
    if (run.measured.size() > limits::kMaxMetricsPerRun) {
      return absl::InvalidArgumentError(absl::StrFormat("%s has %d metrics; a run may have %d",
                                                        Title(benchmark), run.measured.size(),
                                                        limits::kMaxMetricsPerRun));
    }
    for (const Measured& measured : run.measured) {
      if (measured.metric.name.empty()) {
        return absl::InvalidArgumentError(Title(benchmark) + " has a metric with an empty name");
      }
      *samples += measured.samples.size();
      if (measured.aggregate) BF_RETURN_IF_ERROR(CheckAggregate(benchmark, measured));
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::string FitName(std::string name) {
  if (name.size() <= limits::kMaxNameBytes) return name;
  const uint32_t digest = Digest(name);
  size_t end = limits::kMaxNameBytes - 16;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xc0) == 0x80) --end;
  name.resize(end);
  return name + absl::StrFormat("… #%08x", digest);
}

ForeignBenchmark& ResultsBuilder::Find(std::string workload, const StringMap& parameters) {
  workload = FitName(std::move(workload));
  const auto [at, is_new] = index_.try_emplace({workload, parameters}, results.benchmarks.size());
  if (is_new) results.benchmarks.push_back({std::move(workload), parameters, {}});
  return results.benchmarks[at->second];
}

ForeignRun& ResultsBuilder::Run(std::string workload, const StringMap& parameters, size_t process) {
  ForeignBenchmark& benchmark = Find(std::move(workload), parameters);
  if (benchmark.runs.size() <= process) benchmark.runs.resize(process + 1);
  return benchmark.runs[process];
}

ForeignRun& ResultsBuilder::AddRun(std::string workload, const StringMap& parameters) {
  return Find(std::move(workload), parameters).runs.emplace_back();
}

size_t ResultsBuilder::RunsOf(std::string workload, const StringMap& parameters) {
  return Find(std::move(workload), parameters).runs.size();
}

Measured& ResultsBuilder::MetricOf(ForeignRun& run, const Metric& metric) {
  if (metric.name.size() > limits::kMaxNameBytes || metric.unit.size() > limits::kMaxNameBytes) {
    Metric fitting = metric;
    fitting.name = FitName(metric.name);
    fitting.unit = FitName(metric.unit);
    return MetricOf(run, fitting);
  }
  for (Measured& measured : run.measured) {
    if (measured.metric.name == metric.name) return measured;
  }
  run.measured.push_back({metric, {}, std::nullopt});
  return run.measured.back();
}

absl::Status ResultsBuilder::AddSample(ForeignRun& run, const Metric& metric, double value) {
  if (!std::isfinite(value)) {
    if (not_finite_++ == 0) first_not_finite_ = metric.name;
    return absl::OkStatus();
  }
  if (value < 0 && metric.unit == "ns") {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s is %g ns, expected a time that is not "
                        "negative",
                        Quote(metric.name), value));
  }
  MetricOf(run, metric).samples.push_back(value);
  return absl::OkStatus();
}

void ResultsBuilder::Warn(std::string warning) {
  if (++warnings_ <= kWarningsKept) results.warnings.push_back(std::move(warning));
}

absl::StatusOr<ForeignResults> ResultsBuilder::Finish() {
  if (not_finite_ > 0) {
    Warn(absl::StrFormat("%d values that are not finite were left out, the first of %s",
                         not_finite_, Quote(first_not_finite_)));
  }
  uint64_t samples = 0;
  uint64_t runs = 0;
  std::erase_if(results.benchmarks, [this](ForeignBenchmark& benchmark) {
    for (ForeignRun& run : benchmark.runs) {
      DropInfinite(&run);
      DropEmpty(&run);
    }
    std::erase_if(benchmark.runs,
                  [](const ForeignRun& run) { return run.measured.empty() && run.error.empty(); });
    if (benchmark.runs.empty()) Warn(Title(benchmark) + " has no value and was left out");
    return benchmark.runs.empty();
  });
  for (const ForeignBenchmark& benchmark : results.benchmarks) {
    BF_RETURN_IF_ERROR(CheckBenchmark(benchmark, &samples));
    runs += benchmark.runs.size();
  }
  if (runs == 0) {
    return absl::InvalidArgumentError(
        "no results in it" +
        (results.warnings.empty() ? std::string() : " (" + results.warnings.front() + ")"));
  }
  if (runs > limits::kMaxRunsPerJob || samples > limits::kMaxForeignSamples) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%d runs with %d samples; one import may have %d and %d: split it", runs,
                        samples, limits::kMaxRunsPerJob, limits::kMaxForeignSamples));
  }
  if (warnings_ > kWarningsKept) {
    results.warnings.push_back(
        absl::StrFormat("… and %d more warnings like these", warnings_ - kWarningsKept));
  }
  return std::move(results);
}

Metric LatencyIn() { return TimeMetric("latency"); }
Metric TimeMetric(std::string_view name) {
  return {std::string(name), "ns", Direction::kLowerIsBetter, "", 0};
}
Metric BytesMetric(std::string_view name) {
  return {std::string(name), "B", Direction::kLowerIsBetter, "", 0};
}
Metric BytesPerSecond(std::string_view name) {
  return {std::string(name), "B/s", Direction::kHigherIsBetter, "", 0};
}
Metric OperationsPerSecond(std::string_view name) {
  return {std::string(name), "1/s", Direction::kHigherIsBetter, "", 0};
}
Metric NeutralMetric(std::string_view name, std::string_view unit) {
  return {std::string(name), std::string(unit), Direction::kNeutral, "", 0};
}

}  // namespace benchfleet
