// The map of the generic adapters: which column, or which place in a JSON document, is what.
//
//   name=benchmark,value=time,unit=ms
//
// | key | stands for |
// | name | the benchmark's name; without it every row is one benchmark, called after the file |
// | value | the value or, in JSON, a list of them: a sample each |
// | mean, stddev, min, max, median, count, p95 ... | an aggregate, where there is no value |
// | param.NAME | a parameter |
// | iterations | operations behind a value; it is a fact, values are not divided by it |
// | unit, metric, direction | of the values: a constant, or @ and a column or place |
// | items | JSON: where the list of benchmarks stands; the whole document without it |
// | baseline | Criterion: another directory than `new` |
//
// Pure; private to adapters/ but for ParseMap.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "adapters/builder.h"

namespace benchfleet {

// Pieces as the command line gives them, each "KEY=WHAT,KEY=WHAT". Errors: no '=', a key twice, an
// unknown one (with the nearest).
absl::StatusOr<StringMap> ParseMap(const std::vector<std::string>& pieces);

// One benchmark's entry as the generic adapters found it: what each key of the map led to.
struct MappedEntry {
  std::string name;
  StringMap parameters;
  std::vector<double> values;
  Aggregate aggregate;  // where there are no values
  std::string unit;
  std::string metric;     // "": by the unit: latency, throughput, size, value
  std::string direction;  // "": by the unit
  uint64_t iterations = 0;
};

absl::Status AddEntry(const MappedEntry& entry, ResultsBuilder* builder);

// The member that one of the keys mean … p99.9 sets; nullptr for another key.
std::optional<double>* MomentOf(const std::string& key, Aggregate* aggregate);
// "p99.9" -> 99.9.
std::optional<double> PercentOf(const std::string& key);

}  // namespace benchfleet
