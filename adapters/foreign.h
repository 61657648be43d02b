// What another tool's file says, in plain values: the same shape whichever tool wrote it.
//
// A benchmark is one workload with its parameters; a run of it is what one process measured. Where
// the format has the single measurements they are `samples`, in the order of measuring; where it
// has only moments and quantiles, there is an `aggregate` and no sample is invented.
// Units are ours (docs/glossary.md): times in "ns", sizes in "B", rates in "1/s" and "B/s"; a value
// is of one operation, however many operations the tool timed at once.
// Values: copyable, owned by whoever holds them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "proto/model.h"

namespace benchfleet {

// Of samples that the file does not have. What it does not say is empty.
struct Aggregate {
  uint64_t count = 0;  // how many measurements it was made of; 0 where the file does not say
  std::optional<double> mean;
  std::optional<double> stddev;
  std::optional<double> min;
  std::optional<double> max;
  std::optional<double> median;
  std::map<double, double> percentiles;  // 99.9 -> value
  bool operator==(const Aggregate&) const = default;
};

// Either samples or an aggregate; neither where the metric is derived from another.
struct Measured {
  Metric metric;
  std::vector<double> samples;
  std::optional<Aggregate> aggregate;
  bool operator==(const Measured&) const = default;
};

struct ForeignRun {
  std::vector<Measured> measured;  // each metric once
  std::string error;               // why the benchmark failed; "" where it did not
  uint64_t iterations = 0;         // operations behind each sample (the last one's); 0: unknown
  StringMap facts;
};

struct ForeignBenchmark {
  std::string workload;
  StringMap parameters;
  std::vector<ForeignRun> runs;  // by process, in the file's order
};

struct ForeignMachine {
  std::string host;    // "" where the file does not say
  StringMap identity;  // what the machine is, by names of the fingerprint: "cpu.model_name"
  StringMap state;     // what may change on it: "cpu.scaling_enabled"
};

struct ForeignResults {
  std::string adapter;
  ForeignMachine machine;
  std::string revision;  // "" where the file does not say
  absl::Time at = absl::InfinitePast();
  StringMap facts;
  std::vector<ForeignBenchmark> benchmarks;  // each workload with its parameters once
  std::vector<std::string> warnings;         // what was left out, and why; a line each
};

}  // namespace benchfleet
