#include "adapters/map.h"

#include <cmath>

#include "adapters/quote.h"
#include "adapters/text.h"
#include "adapters/units.h"
#include "base/status.h"
#include "base/text.h"

namespace benchfleet {
namespace {

const std::vector<std::string>& Keys() {
  static const std::vector<std::string> keys = {
      "name",   "value",  "unit",  "metric",   "direction",  "items",     "mean",
      "stddev", "median", "min",   "max",      "count",      "p50",       "p90",
      "p95",    "p99",    "p99.9", "baseline", "iterations", "param.NAME"};
  return keys;
}

bool IsKey(const std::string& key) {
  if (key.rfind("param.", 0) == 0) return key.size() > 6;
  if (PercentOf(key)) return true;
  for (const std::string& known : Keys()) {
    if (known == key) return true;
  }
  return false;
}

absl::Status ReadDirection(const std::string& word, Direction* to) {
  if (word.empty()) return absl::OkStatus();
  if (word == "lower" || word == "higher" || word == "neutral") {
    *to = word == "lower"    ? Direction::kLowerIsBetter
          : word == "higher" ? Direction::kHigherIsBetter
                             : Direction::kNeutral;
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrFormat("the direction %s is none of lower, higher, neutral%s", Quote(word),
                      DidYouMean(word, {"lower", "higher", "neutral"})));
}

absl::StatusOr<Metric> MetricOf(const MappedEntry& entry, double* factor) {
  const Unit unit = ReadUnit(entry.unit);
  *factor = unit.factor;
  Metric metric{entry.metric, unit.unit, unit.direction, "", 0};
  if (metric.name.empty()) {
    metric.name = unit.unit == "ns"                          ? "latency"
                  : unit.unit == "1/s" || unit.unit == "B/s" ? "throughput"
                  : unit.unit == "B"                         ? "size"
                                                             : "value";
  }
  BF_RETURN_IF_ERROR(ReadDirection(entry.direction, &metric.direction));
  return metric;
}

void Scale(double factor, Aggregate* aggregate) {
  for (std::optional<double>* value : {&aggregate->mean, &aggregate->stddev, &aggregate->min,
                                       &aggregate->max, &aggregate->median}) {
    if (*value) **value *= factor;
  }
  for (auto& [percent, value] : aggregate->percentiles) value *= factor;
}

}  // namespace

absl::StatusOr<StringMap> ParseMap(const std::vector<std::string>& pieces) {
  StringMap map;
  for (const std::string& piece : pieces) {
    for (size_t begin = 0; begin <= piece.size();) {
      const size_t comma = std::min(piece.find(',', begin), piece.size());
      const std::string one = piece.substr(begin, comma - begin);
      begin = comma + 1;
      const size_t equals = one.find('=');
      const std::string key = one.substr(0, equals);
      if (equals == std::string::npos || key.empty() || equals + 1 == one.size()) {
        return absl::InvalidArgumentError(absl::StrFormat(
            "--map: %s is no KEY=COLUMN, as in name=benchmark,value=time,unit=ms", Quote(one)));
      }
      if (!IsKey(key)) {
        return absl::InvalidArgumentError(
            absl::StrFormat("--map: there is no key %s%s", Quote(key), DidYouMean(key, Keys())));
      }
      if (!map.try_emplace(key, one.substr(equals + 1)).second) {
        return absl::InvalidArgumentError(
            absl::StrFormat("--map: the key %s is there twice", Quote(key)));
      }
    }
  }
  return map;
}

absl::Status AddEntry(const MappedEntry& entry, ResultsBuilder* builder) {
  double factor = 1;
  BF_ASSIGN_OR_RETURN(const Metric metric, MetricOf(entry, &factor));
  ForeignRun& run = builder->Run(entry.name, entry.parameters);
  if (entry.iterations > 0) run.iterations = entry.iterations;
  for (const double value : entry.values) {
    BF_RETURN_IF_ERROR(builder->AddSample(run, metric, value * factor));
  }
  const bool has_aggregate = entry.aggregate.mean || entry.aggregate.median;
  if (!entry.values.empty() || !has_aggregate) return absl::OkStatus();
  const Measured& there = ResultsBuilder::MetricOf(run, metric);
  ForeignRun& own = there.aggregate ? builder->AddRun(entry.name, entry.parameters) : run;
  std::optional<Aggregate>& to = ResultsBuilder::MetricOf(own, metric).aggregate;
  to = entry.aggregate;
  Scale(factor, &*to);
  return absl::OkStatus();
}

std::optional<double>* MomentOf(const std::string& key, Aggregate* aggregate) {
  if (key == "mean") return &aggregate->mean;
  if (key == "stddev") return &aggregate->stddev;
  if (key == "min") return &aggregate->min;
  if (key == "max") return &aggregate->max;
  return key == "median" ? &aggregate->median : nullptr;
}

std::optional<double> PercentOf(const std::string& key) {
  if (key.size() < 2 || key[0] != 'p') return std::nullopt;
  const std::optional<double> percent = ReadNumber(std::string_view(key).substr(1));
  if (!percent || !(*percent >= 0 && *percent <= 100)) return std::nullopt;
  return percent;
}

}  // namespace benchfleet
