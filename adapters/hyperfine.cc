// hyperfine's JSON: {"results": [{command, mean, stddev, median, user, system, min, max, times,
// exit_codes, parameters, memory_usage_byte}]}, in seconds. `times` is one value per execution, and
// each execution is a process of its own: a run. user and system are means over all of them.
#include <algorithm>
#include <cmath>

#include "adapters/builder.h"
#include "adapters/formats.h"
#include "adapters/json.h"
#include "adapters/quote.h"
#include "adapters/text.h"
#include "base/status.h"

namespace benchfleet {
namespace {

using foreign::Node;

constexpr double kNanoseconds = 1e9;
constexpr size_t kRunsMax = 1000;  // of one command: a run takes some 200 bytes in a store

absl::Status ReadSeconds(const Node& node, const char* key, std::optional<double>* to) {
  BF_RETURN_IF_ERROR(node.Get(key, to));
  if (!*to) return absl::OkStatus();
  if (**to < 0) return node.At(key).Refuse("a time that is not negative");
  **to *= kNanoseconds;
  return absl::OkStatus();
}

// Which executions count. Those that failed among others that did not are left out: it is not the
// same work. Where all ended alike, the person asked for it (--ignore-failure).
absl::StatusOr<std::vector<bool>> Counted(const Node& node, size_t executions,
                                          const std::string& command, ResultsBuilder* builder) {
  std::vector<bool> counted(executions, true);
  if (!node.Has("exit_codes")) return counted;
  BF_ASSIGN_OR_RETURN(const std::vector<double> codes, node.At("exit_codes").Numbers());
  if (codes.size() != executions) return node.At("exit_codes").Refuse("one exit code per time");
  const auto failed = [](double code) { return code != 0; };  // killed ones are null, here NaN
  const auto failures = static_cast<size_t>(std::count_if(codes.begin(), codes.end(), failed));
  if (failures == 0) return counted;
  if (failures == executions) {
    builder->Warn(Quote(command) + ": no execution ended with exit code 0");
    return counted;
  }
  for (size_t i = 0; i < executions; ++i) counted[i] = !failed(codes[i]);
  builder->Warn(absl::StrFormat("%s: %d of %d executions failed and were left out", Quote(command),
                                failures, executions));
  return counted;
}

// What was measured of each execution that counts, in the metric's unit.
absl::StatusOr<std::vector<double>> ReadExecutions(const Node& node, double factor,
                                                   const std::vector<bool>& counted) {
  BF_ASSIGN_OR_RETURN(const std::vector<double> values, node.Numbers());
  if (values.size() != counted.size()) return node.Refuse("as many values as there are times");
  std::vector<double> kept;
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] < 0) return node.At(i).Refuse("a value that is not negative");
    if (counted[i]) kept.push_back(values[i] * factor);
  }
  return kept;
}

// A run for each execution; of more than kRunsMax of a command, neighbours share one. Gives the
// index of the first.
absl::StatusOr<size_t> AddExecutions(const Node& node, const std::string& command,
                                     const StringMap& parameters, const std::vector<bool>& counted,
                                     ResultsBuilder* builder) {
  BF_ASSIGN_OR_RETURN(const std::vector<double> times,
                      ReadExecutions(node.At("times"), kNanoseconds, counted));
  std::vector<double> memory;
  if (node.Has("memory_usage_byte")) {
    BF_ASSIGN_OR_RETURN(memory, ReadExecutions(node.At("memory_usage_byte"), 1, counted));
  }
  const size_t first = builder->RunsOf(command, parameters);
  const size_t share = (times.size() + kRunsMax - 1) / kRunsMax;
  for (size_t i = 0; i < times.size(); ++i) {
    ForeignRun& run = builder->Run(command, parameters, first + i / share);
    run.iterations = 1;
    BF_RETURN_IF_ERROR(builder->AddSample(run, LatencyIn(), times[i]));
    if (!memory.empty()) {
      BF_RETURN_IF_ERROR(builder->AddSample(run, BytesMetric("rss_peak"), memory[i]));
    }
  }
  return first;
}

absl::Status AddAggregates(const Node& node, size_t executions, ForeignRun* run) {
  if (executions == 0) {
    Aggregate wall;
    BF_RETURN_IF_ERROR(ReadSeconds(node, "mean", &wall.mean));
    BF_RETURN_IF_ERROR(ReadSeconds(node, "stddev", &wall.stddev));
    BF_RETURN_IF_ERROR(ReadSeconds(node, "median", &wall.median));
    BF_RETURN_IF_ERROR(ReadSeconds(node, "min", &wall.min));
    BF_RETURN_IF_ERROR(ReadSeconds(node, "max", &wall.max));
    if (!wall.mean) {
      return absl::InvalidArgumentError(node.path() + " has neither 'times' nor 'mean'");
    }
    ResultsBuilder::MetricOf(*run, LatencyIn()).aggregate = wall;
  }
  for (const auto& [key, name] :
       {std::pair{"user", "user_time"}, std::pair{"system", "system_time"}}) {
    Aggregate aggregate;
    BF_RETURN_IF_ERROR(ReadSeconds(node, key, &aggregate.mean));
    if (!aggregate.mean) continue;
    aggregate.count = executions;
    ResultsBuilder::MetricOf(*run, TimeMetric(name)).aggregate = aggregate;
  }
  return absl::OkStatus();
}

absl::Status ReadResult(const Node& node, ResultsBuilder* builder) {
  BF_ASSIGN_OR_RETURN(std::string command, node.NeedText("command"));
  if (Trim(command).empty()) return node.At("command").Refuse("a command");
  StringMap parameters;
  if (node.Has("parameters")) {
    const Node given = node.At("parameters");
    BF_RETURN_IF_ERROR(given.CheckObject());
    for (const auto& [name, value] : given.json().items()) {
      BF_ASSIGN_OR_RETURN(parameters[name], Node(value, given.path() + "/" + name).AsText());
    }
  }
  size_t executions = 0;
  size_t first = builder->RunsOf(command, parameters);
  if (node.Has("times")) {
    BF_RETURN_IF_ERROR(node.At("times").CheckArray());
    executions = node.At("times").size();
    BF_ASSIGN_OR_RETURN(const std::vector<bool> counted,
                        Counted(node, executions, command, builder));
    BF_ASSIGN_OR_RETURN(first, AddExecutions(node, command, parameters, counted, builder));
  }
  return AddAggregates(node, executions, &builder->Run(command, parameters, first));
}

}  // namespace

bool IsHyperfine(const Sniff& sniff) {
  return sniff.json_paths.contains("/results/*/command") &&
         (sniff.json_paths.contains("/results/*/times") ||
          sniff.json_paths.contains("/results/*/mean"));
}

absl::StatusOr<ForeignResults> ReadHyperfine(const Source& source,
                                             const AdapterOptions& /*options*/) {
  BF_ASSIGN_OR_RETURN(const std::string_view text, PlainText(source.files.front().text));
  BF_ASSIGN_OR_RETURN(const foreign::Json json, foreign::ParseJson(text));
  ResultsBuilder builder("hyperfine");
  BF_ASSIGN_OR_RETURN(const Node list, Node(json).Need("results"));
  BF_RETURN_IF_ERROR(
      foreign::ForEach(list, [&](const Node& node) { return ReadResult(node, &builder); }));
  return builder.Finish();
}

}  // namespace benchfleet
