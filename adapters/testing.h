// Shorthand of the adapters' tests.
#pragma once

#include <string>

#include "adapters/adapter.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace benchfleet {

// By detection, where `from` is "".
inline absl::StatusOr<ForeignResults> ReadText(const std::string& text,
                                               const std::string& from = "",
                                               const StringMap& map = {},
                                               const std::string& name = "file.json") {
  AdapterOptions options;
  options.map = map;
  return ReadForeign(SourceOf(name, text), from, options);
}

inline ForeignResults MustReadText(const std::string& text, const std::string& from = "",
                                   const StringMap& map = {},
                                   const std::string& name = "file.json") {
  absl::StatusOr<ForeignResults> results = ReadText(text, from, map, name);
  EXPECT_TRUE(results.ok()) << results.status();
  return results.ok() ? *std::move(results) : ForeignResults();
}

inline std::string ErrorOf(const std::string& text, const std::string& from = "",
                           const StringMap& map = {}) {
  const absl::StatusOr<ForeignResults> results = ReadText(text, from, map);
  return results.ok() ? "no error" : Message(results.status());
}

// `text` with the first `from` as `to`.
inline std::string With(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

inline const ForeignBenchmark& BenchmarkOf(const ForeignResults& results,
                                           const std::string& workload,
                                           const StringMap& parameters = {}) {
  static const ForeignBenchmark none;
  for (const ForeignBenchmark& benchmark : results.benchmarks) {
    if (benchmark.workload == workload && benchmark.parameters == parameters) return benchmark;
  }
  ADD_FAILURE() << "no benchmark " << workload << " " << FormatParameters(parameters);
  return none;
}

inline const Measured& MeasuredOf(const ForeignBenchmark& benchmark, const std::string& metric,
                                  size_t run = 0) {
  static const Measured none;
  if (run < benchmark.runs.size()) {
    for (const Measured& measured : benchmark.runs[run].measured) {
      if (measured.metric.name == metric) return measured;
    }
  }
  ADD_FAILURE() << "no metric " << metric << " in run " << run << " of " << benchmark.workload;
  return none;
}

inline std::vector<double> SamplesOf(const ForeignBenchmark& benchmark, const std::string& metric,
                                     size_t run = 0) {
  return MeasuredOf(benchmark, metric, run).samples;
}

}  // namespace benchfleet
