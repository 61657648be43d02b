// pytest-benchmark's JSON: {machine_info, commit_info, benchmarks: [{name, fullname, params,
// stats}]}. Times in seconds of one iteration; `stats.data` has one per round where it was saved
// with
// --benchmark-save-data, else there are only the figures beside it.
#include "adapters/builder.h"
#include "adapters/formats.h"
#include "adapters/json.h"
#include "adapters/quote.h"
#include "adapters/text.h"
#include "base/status.h"

namespace benchfleet {
namespace {

using foreign::Node;

constexpr double kSecondInNs = 1e9;

absl::Status ReadMachine(const Node& node, ForeignResults* to) {
  BF_RETURN_IF_ERROR(node.CheckObject());
  ForeignMachine& machine = to->machine;
  const auto put = [](const Node& from, const char* key, const char* name,
                      StringMap* fields) -> absl::Status {
    if (!from.Has(key)) return absl::OkStatus();
    BF_ASSIGN_OR_RETURN(std::string text, from.At(key).AsText());
    if (!text.empty()) (*fields)[name] = std::move(text);
    return absl::OkStatus();
  };
  BF_RETURN_IF_ERROR(node.Get("node", &machine.host));
  BF_RETURN_IF_ERROR(put(node, "machine", "cpu.architecture", &machine.identity));
  BF_RETURN_IF_ERROR(put(node, "system", "os", &machine.identity));
  BF_RETURN_IF_ERROR(put(node, "release", "kernel.release", &machine.state));
  for (const char* fact : {"python_version", "python_implementation", "python_compiler"}) {
    BF_RETURN_IF_ERROR(put(node, fact, fact, &to->facts));
  }
  if (!node.Has("cpu")) return absl::OkStatus();
  const Node cpu = node.At("cpu");
  if (!cpu.json().is_object()) return absl::OkStatus();  // versions before 3.4 have none
  BF_RETURN_IF_ERROR(put(cpu, "brand", "cpu.model_name", &machine.identity));
  BF_RETURN_IF_ERROR(put(cpu, "brand_raw", "cpu.model_name", &machine.identity));
  return put(cpu, "count", "cpu.threads", &machine.identity);
}

absl::Status ReadHead(const Node& root, ForeignResults* to) {
  if (root.Has("machine_info")) BF_RETURN_IF_ERROR(ReadMachine(root.At("machine_info"), to));
  if (root.Has("commit_info")) {
    const Node commit = root.At("commit_info");
    BF_RETURN_IF_ERROR(commit.CheckObject());
    BF_RETURN_IF_ERROR(commit.Get("id", &to->revision));
    bool dirty = false;
    BF_RETURN_IF_ERROR(commit.Get("dirty", &dirty));
    if (dirty && !to->revision.empty()) to->revision += "-dirty";
  }
  std::string at;
  BF_RETURN_IF_ERROR(root.Get("datetime", &at));
  for (const char* format : {"%Y-%m-%dT%H:%M:%E*S%Ez", "%Y-%m-%dT%H:%M:%E*S"}) {
    absl::Time time;
    std::string error;
    if (absl::ParseTime(format, at, &time, &error)) {
      to->at = time;
      break;
    }
  }
  return absl::OkStatus();
}

// "tests/test_sort.py::test_sort[1024-stable]" with its params as parameters; where there are none,
// what stands in the brackets is one.
absl::Status ReadName(const Node& node, std::string* workload, StringMap* parameters) {
  BF_ASSIGN_OR_RETURN(*workload, node.NeedText("name"));
  BF_RETURN_IF_ERROR(node.Get("fullname", workload));
  if (workload->empty()) return node.At("name").Refuse("a name that is not empty");
  const size_t bracket = workload->find('[');
  std::string inner;
  if (bracket != std::string::npos && bracket > 0 && workload->back() == ']') {
    inner = workload->substr(bracket + 1, workload->size() - bracket - 2);
    workload->resize(bracket);
  }
  if (node.Has("params")) {
    const Node params = node.At("params");
    BF_RETURN_IF_ERROR(params.CheckObject());
    for (const auto& [name, value] : params.json().items()) {
      (*parameters)[name] = value.is_string() ? value.get<std::string>() : value.dump();
    }
  }
  if (parameters->empty() && !inner.empty()) (*parameters)["param"] = inner;
  return absl::OkStatus();
}

absl::Status ReadFigures(const Node& stats, ForeignRun* run) {
  Aggregate aggregate;
  BF_RETURN_IF_ERROR(stats.Get("rounds", &aggregate.count));
  std::optional<double> q1;
  std::optional<double> q3;
  for (const auto& [key, to] :
       {std::pair{"mean", &aggregate.mean}, std::pair{"stddev", &aggregate.stddev},
        std::pair{"min", &aggregate.min}, std::pair{"max", &aggregate.max},
        std::pair{"median", &aggregate.median}, std::pair{"q1", &q1}, std::pair{"q3", &q3}}) {
    BF_RETURN_IF_ERROR(stats.Get(key, to));
    if (!*to) continue;
    if (**to < 0) return stats.At(key).Refuse("a time that is not negative");
    **to *= kSecondInNs;
  }
  if (!aggregate.mean) return absl::InvalidArgumentError(stats.path() + " has no 'mean'");
  if (q1) aggregate.percentiles[25] = *q1;
  if (q3) aggregate.percentiles[75] = *q3;
  ResultsBuilder::MetricOf(*run, LatencyIn()).aggregate = aggregate;
  return absl::OkStatus();
}

absl::Status ReadBenchmark(const Node& node, ResultsBuilder* builder) {
  std::string workload;
  StringMap parameters;
  BF_RETURN_IF_ERROR(ReadName(node, &workload, &parameters));
  BF_ASSIGN_OR_RETURN(const Node stats, node.Need("stats"));
  BF_RETURN_IF_ERROR(stats.CheckObject());
  ForeignRun& run = builder->AddRun(workload, parameters);
  BF_RETURN_IF_ERROR(stats.Get("iterations", &run.iterations));
  std::string group;
  BF_RETURN_IF_ERROR(node.Get("group", &group));
  if (!group.empty()) run.facts["group"] = group;
  if (node.Has("extra_info") && node.At("extra_info").json().is_object()) {
    for (const auto& [name, value] : node.At("extra_info").json().items()) {
      if (value.is_structured()) continue;
      BF_ASSIGN_OR_RETURN(run.facts[name], Node(value).AsText());
    }
  }
  if (!stats.Has("data")) return ReadFigures(stats, &run);
  const Node data = stats.At("data");
  BF_ASSIGN_OR_RETURN(const std::vector<double> values, data.Numbers());
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] < 0) return data.At(i).Refuse("a time that is not negative");
    BF_RETURN_IF_ERROR(builder->AddSample(run, LatencyIn(), values[i] * kSecondInNs));
  }
  return values.empty() ? ReadFigures(stats, &run) : absl::OkStatus();
}

}  // namespace

bool IsPytestBenchmark(const Sniff& sniff) {
  return sniff.json_paths.contains("/machine_info") && !sniff.json_paths.contains("/context");
}

absl::StatusOr<ForeignResults> ReadPytestBenchmark(const Source& source,
                                                   const AdapterOptions& /*options*/) {
  BF_ASSIGN_OR_RETURN(const std::string_view text, PlainText(source.files.front().text));
  BF_ASSIGN_OR_RETURN(const foreign::Json json, foreign::ParseJson(text));
  const Node root(json);
  ResultsBuilder builder("pytest-benchmark");
  BF_ASSIGN_OR_RETURN(const Node benchmarks, root.Need("benchmarks"));
  BF_RETURN_IF_ERROR(ReadHead(root, &builder.results));
  BF_RETURN_IF_ERROR(foreign::ForEach(
      benchmarks, [&](const Node& node) { return ReadBenchmark(node, &builder); }));
  return builder.Finish();
}

}  // namespace benchfleet
