// Google Benchmark's JSON: {"context": {...}, "benchmarks": [...]}, one element per repetition and
// one per aggregate over repetitions. Times are per iteration, in the element's time_unit; whatever
// other numbers an element has are user counters.
#include <array>
#include <cmath>
#include <limits>
#include <set>

#include "adapters/builder.h"
#include "adapters/formats.h"
#include "adapters/json.h"
#include "adapters/quote.h"
#include "adapters/text.h"
#include "adapters/units.h"
#include "base/status.h"

namespace benchfleet {
namespace {

using foreign::Node;

// Numbers of an element that are no counters.
const std::set<std::string>& OwnNumbers() {
  static const std::set<std::string> names = {"family_index",
                                              "per_family_instance_index",
                                              "repetitions",
                                              "repetition_index",
                                              "threads",
                                              "iterations",
                                              "real_time",
                                              "cpu_time",
                                              "cpu_coefficient",
                                              "real_coefficient",
                                              "rms"};
  return names;
}

absl::Time ReadTime(const std::string& text) {
  absl::Time time;
  std::string error;
  for (const char* format : {"%Y-%m-%dT%H:%M:%E*S%Ez", "%Y-%m-%dT%H:%M:%E*S", "%Y-%m-%d %H:%M:%S",
                             "%Y/%m/%d-%H:%M:%S"}) {
    if (absl::ParseTime(format, text, &time, &error)) return time;
  }
  return absl::InfinitePast();
}

std::string CacheName(const Node& cache, std::string* size) {
  std::string type;
  uint64_t level = 0;
  uint64_t bytes = 0;
  if (!cache.Get("type", &type).ok() || !cache.Get("level", &level).ok() ||
      !cache.Get("size", &bytes).ok()) {
    return "";
  }
  *size = absl::StrFormat("%d", bytes);
  const char* kind = type == "Data" ? "d" : type == "Instruction" ? "i" : "";
  return absl::StrFormat("cache.l%d%s.bytes", level, kind);
}

absl::Status ReadContext(const Node& context, ForeignResults* to) {
  BF_RETURN_IF_ERROR(context.CheckObject());
  ForeignMachine& machine = to->machine;
  BF_RETURN_IF_ERROR(context.Get("host_name", &machine.host));
  std::string date;
  BF_RETURN_IF_ERROR(context.Get("date", &date));
  to->at = ReadTime(date);
  for (const auto& [key, value] : context.json().items()) {
    if (key == "date" || key == "host_name" || value.is_structured()) continue;
    const absl::StatusOr<std::string> text = Node(value, context.path() + "/" + key).AsText();
    if (!text.ok()) continue;
    if (key == "num_cpus") {
      machine.identity["cpu.threads"] = *text;
    } else if (key == "mhz_per_cpu" || key == "cpu_scaling_enabled" || key == "aslr_enabled") {
      machine.state[key] = *text;
    } else {
      to->facts[key] = *text;
    }
  }
  if (!context.Has("caches")) return absl::OkStatus();
  return foreign::ForEach(context.At("caches"), [&](const Node& cache) {
    std::string size;
    const std::string name = CacheName(cache, &size);
    if (!name.empty()) machine.identity[name] = size;
    return absl::OkStatus();
  });
}

bool IsCount(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// "BM_Sort<int>/1024/size:8/threads:4" is BM_Sort<int> with arg1=1024, size=8, threads=4: arguments
// stand at the end, and a part that is none ends them.
std::string SplitName(std::string_view name, StringMap* parameters) {
  std::vector<std::string_view> arguments;
  while (true) {
    const size_t slash = name.rfind('/');
    if (slash == std::string_view::npos || slash == 0) break;
    const std::string_view part = name.substr(slash + 1);
    const size_t colon = part.find(':');
    const bool named = colon != std::string_view::npos && colon > 0 && colon + 1 < part.size() &&
                       part[colon + 1] != ':' && part.find_first_of("<>() ") == part.npos;
    const bool timing = part == "real_time" || part == "manual_time" || part == "process_time";
    const bool count = IsCount(!part.empty() && part[0] == '-' ? part.substr(1) : part);
    if (!named && !timing && !count) break;
    arguments.insert(arguments.begin(), part);
    name = name.substr(0, slash);
  }
  int number = 0;
  for (const std::string_view part : arguments) {
    const size_t colon = part.find(':');
    if (colon != std::string_view::npos) {
      (*parameters)[std::string(part.substr(0, colon))] = std::string(part.substr(colon + 1));
    } else if (part.find("time") != std::string_view::npos) {
      (*parameters)["timing"] += (parameters->count("timing") != 0 ? "+" : "") + std::string(part);
    } else {
      (*parameters)[absl::StrFormat("arg%d", ++number)] = std::string(part);
    }
  }
  return std::string(name);
}

Metric CounterMetric(const std::string& name) {
  if (name == "bytes_per_second") return BytesPerSecond("throughput");
  if (name == "items_per_second") return OperationsPerSecond(name);
  if (name == "max_bytes_used" || name == "total_allocated_bytes") return BytesMetric(name);
  if (name == "allocs_per_iter") return {name, "", Direction::kLowerIsBetter, "", 0};
  Metric metric = NeutralMetric(name, "");
  const Unit unit = ReadUnit(name);
  if (unit.direction == Direction::kHigherIsBetter && unit.factor == 1)
    metric.direction = unit.direction;
  return metric;
}

struct Element {
  std::string workload;
  StringMap parameters;
  std::string aggregate;  // "mean", …; "" for a repetition
  bool percentage = false;
  double factor = 1;  // of times, to ns
};

// Older versions have no run_type and mark aggregates by the name's end alone.
std::string AggregateByName(std::string* name) {
  for (const std::string_view ending : {"_mean", "_median", "_stddev", "_cv", "_BigO", "_RMS"}) {
    if (name->size() > ending.size() &&
        name->compare(name->size() - ending.size(), ending.size(), ending) == 0) {
      name->resize(name->size() - ending.size());
      return std::string(ending.substr(1));
    }
  }
  return "";
}

absl::StatusOr<Element> ReadElement(const Node& node) {
  Element element;
  BF_ASSIGN_OR_RETURN(std::string name, node.NeedText("name"));
  std::string type;
  BF_RETURN_IF_ERROR(node.Get("run_type", &type));
  if (type.empty()) {
    element.aggregate = AggregateByName(&name);
  } else if (type == "aggregate") {
    BF_ASSIGN_OR_RETURN(element.aggregate, node.NeedText("aggregate_name"));
    BF_RETURN_IF_ERROR(node.Get("run_name", &name));
  } else if (type == "iteration") {
    BF_RETURN_IF_ERROR(node.Get("run_name", &name));
  } else {
    return node.At("run_type").Refuse("\"iteration\" or \"aggregate\"");
  }
  element.workload = SplitName(name, &element.parameters);
  if (element.workload.empty()) return node.At("name").Refuse("a name that is not empty");
  std::string aggregate_unit;
  BF_RETURN_IF_ERROR(node.Get("aggregate_unit", &aggregate_unit));
  element.percentage = aggregate_unit == "percentage" || element.aggregate == "cv";
  std::string unit = "ns";
  BF_RETURN_IF_ERROR(node.Get("time_unit", &unit));
  element.factor = NanosecondsIn(unit);
  if (element.factor == 0) return node.At("time_unit").Refuse("ns, us, ms or s");
  return element;
}

// Calls take(metric, value in the metric's unit) for each number of an element; NaN where it has
// one.
template <typename Take>
absl::Status ForEachNumber(const Node& node, const Element& element, Take take) {
  for (const auto& [key, metric] :
       {std::pair{"real_time", LatencyIn()}, std::pair{"cpu_time", TimeMetric("cpu_time")}}) {
    std::optional<double> value;
    BF_RETURN_IF_ERROR(node.Get(key, &value));
    if (!value && node.HoldsNull(key)) value = std::numeric_limits<double>::quiet_NaN();
    if (!value) continue;
    if (*value < 0) return node.At(key).Refuse("a time that is not negative");
    BF_RETURN_IF_ERROR(take(metric, *value * element.factor));
  }
  for (const auto& [key, value] : node.json().items()) {
    if (OwnNumbers().contains(key)) continue;
    if (value.is_null()) {
      BF_RETURN_IF_ERROR(take(CounterMetric(key), std::numeric_limits<double>::quiet_NaN()));
    } else if (value.is_number()) {
      BF_RETURN_IF_ERROR(take(CounterMetric(key), value.template get<double>()));
    }
  }
  return absl::OkStatus();
}

void SetMoment(const std::string& name, double value, Aggregate* aggregate) {
  std::optional<double>* const moment = name == "mean"     ? &aggregate->mean
                                        : name == "median" ? &aggregate->median
                                        : name == "stddev" ? &aggregate->stddev
                                        : name == "min"    ? &aggregate->min
                                        : name == "max"    ? &aggregate->max
                                                           : nullptr;
  if (moment != nullptr) *moment = value;
  if (moment != nullptr || name.size() < 2 || name[0] != 'p') return;
  const std::optional<double> percent = ReadNumber(std::string_view(name).substr(1));
  if (percent && *percent >= 0 && *percent <= 100) aggregate->percentiles[*percent] = value;
}

absl::Status AddRepetition(const Node& node, const Element& element, ResultsBuilder* builder) {
  ForeignRun& run = builder->Run(element.workload, element.parameters);
  bool failed = false;
  BF_RETURN_IF_ERROR(node.Get("error_occurred", &failed));
  if (failed) {
    run.error = "the benchmark reported an error";
    BF_RETURN_IF_ERROR(node.Get("error_message", &run.error));
    return absl::OkStatus();
  }
  bool skipped = false;
  BF_RETURN_IF_ERROR(node.Get("skipped", &skipped));
  if (skipped) {
    builder->Warn(Quote(element.workload) + " was skipped by the program");
    return absl::OkStatus();
  }
  BF_RETURN_IF_ERROR(node.Get("iterations", &run.iterations));
  std::string label;
  BF_RETURN_IF_ERROR(node.Get("label", &label));
  if (!label.empty()) run.facts["label"] = label;
  return ForEachNumber(node, element, [&](const Metric& metric, double value) {
    return builder->AddSample(run, metric, value);
  });
}

// Only where there is no repetition: an aggregate of samples that are there adds nothing.
absl::Status AddAggregate(const Node& node, const Element& element, ResultsBuilder* builder) {
  if (element.percentage || element.aggregate == "BigO" || element.aggregate == "RMS") {
    return absl::OkStatus();
  }
  ForeignRun& run = builder->Run(element.workload, element.parameters);
  uint64_t repetitions = 0;
  BF_RETURN_IF_ERROR(node.Get("repetitions", &repetitions));
  return ForEachNumber(node, element, [&](const Metric& metric, double value) {
    if (!std::isfinite(value)) return absl::OkStatus();
    std::optional<Aggregate>& aggregate = ResultsBuilder::MetricOf(run, metric).aggregate;
    if (!aggregate) aggregate.emplace();
    aggregate->count = repetitions;
    SetMoment(element.aggregate, value, &*aggregate);
    return absl::OkStatus();
  });
}

}  // namespace

bool IsGoogleBenchmark(const Sniff& sniff) {
  return sniff.json_paths.contains("/context") && sniff.json_paths.contains("/benchmarks") &&
         !sniff.json_paths.contains("/machine_info");
}

absl::StatusOr<ForeignResults> ReadGoogleBenchmark(const Source& source,
                                                   const AdapterOptions& /*options*/) {
  BF_ASSIGN_OR_RETURN(const std::string_view text, PlainText(source.files.front().text));
  BF_ASSIGN_OR_RETURN(const foreign::Json json, foreign::ParseJson(text));
  const Node root(json);
  ResultsBuilder builder("google-benchmark");
  BF_ASSIGN_OR_RETURN(const Node benchmarks, root.Need("benchmarks"));
  if (root.Has("context")) BF_RETURN_IF_ERROR(ReadContext(root.At("context"), &builder.results));
  std::set<std::pair<std::string, StringMap>> measured;
  std::vector<std::pair<Node, Element>> aggregates;
  BF_RETURN_IF_ERROR(foreign::ForEach(benchmarks, [&](const Node& node) -> absl::Status {
    BF_ASSIGN_OR_RETURN(Element element, ReadElement(node));
    if (!element.aggregate.empty()) {
      aggregates.emplace_back(node, std::move(element));
      return absl::OkStatus();
    }
    measured.emplace(element.workload, element.parameters);
    return AddRepetition(node, element, &builder);
  }));
  for (const auto& [node, element] : aggregates) {
    if (measured.contains({element.workload, element.parameters})) continue;
    BF_RETURN_IF_ERROR(AddAggregate(node, element, &builder));
  }
  return builder.Finish();
}

}  // namespace benchfleet
