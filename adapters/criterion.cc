// Criterion's results tree (Rust), GROUP/FUNCTION/INPUT/new/ with
//
//   benchmark.json  {group_id, function_id, value_str, throughput: {"Bytes": 1024} | null}
//   sample.json     {"sampling_mode", "iters": [...], "times": [...]}: nanoseconds of so many
//                   iterations each: raw
//   estimates.json  {"mean": {"point_estimate": ...}, "median", "std_dev", "slope"}: nanoseconds
//
// Beside `new` stand the run before (`base`) and saved baselines by their names; the option
// baseline=NAME reads one of them.
#include <algorithm>
#include <map>
#include <set>

#include "adapters/builder.h"
#include "adapters/formats.h"
#include "adapters/json.h"
#include "adapters/quote.h"
#include "adapters/text.h"
#include "base/status.h"
#include "base/text.h"

namespace benchfleet {
namespace {

using foreign::Node;

// The files of one benchmark, by name.
using Leaf = std::map<std::string, const SourceFile*>;

void SplitPath(const std::string& path, std::string* directory, std::string* name) {
  const size_t slash = path.rfind('/');
  *directory = slash == std::string::npos ? "" : path.substr(0, slash);
  *name = slash == std::string::npos ? path : path.substr(slash + 1);
}

absl::StatusOr<foreign::Json> Parse(const SourceFile& file) {
  BF_ASSIGN_OR_RETURN(const std::string_view text, PlainText(file.text));
  return foreign::ParseJson(text);
}

absl::Status ReadSample(const Node& node, ForeignRun* run, ResultsBuilder* builder) {
  BF_ASSIGN_OR_RETURN(const Node iters_node, node.Need("iters"));
  BF_ASSIGN_OR_RETURN(const Node times_node, node.Need("times"));
  BF_ASSIGN_OR_RETURN(const std::vector<double> iters, iters_node.Numbers());
  BF_ASSIGN_OR_RETURN(const std::vector<double> times, times_node.Numbers());
  if (iters.size() != times.size()) return times_node.Refuse("as many times as there are iters");
  for (size_t i = 0; i < iters.size(); ++i) {
    if (!(iters[i] >= 1 && iters[i] < 0x1p63)) {
      return iters_node.At(i).Refuse("a number of at least 1");
    }
    if (times[i] < 0) return times_node.At(i).Refuse("a time that is not negative");
    BF_RETURN_IF_ERROR(builder->AddSample(*run, LatencyIn(), times[i] / iters[i]));
    run->iterations = static_cast<uint64_t>(iters[i]);
  }
  return absl::OkStatus();
}

absl::Status ReadPoint(const Node& node, const char* key, std::optional<double>* to) {
  if (!node.Has(key)) return absl::OkStatus();
  BF_RETURN_IF_ERROR(node.At(key).CheckObject());
  BF_RETURN_IF_ERROR(node.At(key).Get("point_estimate", to));
  if (*to && **to < 0) return node.At(key).Refuse("an estimate that is not negative");
  return absl::OkStatus();
}

absl::Status ReadEstimates(const Node& node, ForeignRun* run) {
  BF_RETURN_IF_ERROR(node.CheckObject());
  Aggregate aggregate;
  BF_RETURN_IF_ERROR(ReadPoint(node, "mean", &aggregate.mean));
  BF_RETURN_IF_ERROR(ReadPoint(node, "median", &aggregate.median));
  BF_RETURN_IF_ERROR(ReadPoint(node, "std_dev", &aggregate.stddev));
  if (!aggregate.mean) return absl::InvalidArgumentError("the document has no mean");
  ResultsBuilder::MetricOf(*run, LatencyIn()).aggregate = aggregate;
  return absl::OkStatus();
}

// Work per iteration: a rate derived from the latency, sample by sample.
absl::Status ReadThroughput(const Node& node, ForeignRun* run) {
  if (!node.Has("throughput")) return absl::OkStatus();
  const Node throughput = node.At("throughput");
  if (!throughput.json().is_object()) return absl::OkStatus();  // some versions write a list
  for (const auto& [key, metric] :
       {std::pair{"Bytes", BytesPerSecond("throughput")},
        std::pair{"BytesDecimal", BytesPerSecond("throughput")},
        std::pair{"Elements", OperationsPerSecond("items_per_second")}}) {
    double amount = 0;
    BF_RETURN_IF_ERROR(throughput.Get(key, &amount));
    if (amount <= 0) continue;
    Metric derived = metric;
    derived.derived_from = "latency";
    derived.numerator = amount;
    ResultsBuilder::MetricOf(*run, derived);
  }
  return absl::OkStatus();
}

// A rate can only be derived sample by sample.
absl::Status ReadMeasured(const Leaf& leaf, const Node& id, ForeignRun* run,
                          ResultsBuilder* builder) {
  if (const auto sample = leaf.find("sample.json"); sample != leaf.end()) {
    const absl::StatusOr<foreign::Json> json = Parse(*sample->second);
    if (!json.ok()) return Annotate(json.status(), Harmless(sample->second->path));
    BF_RETURN_IF_ERROR(
        Annotate(ReadSample(Node(*json), run, builder), Harmless(sample->second->path)));
    return ReadThroughput(id, run);
  }
  const auto estimates = leaf.find("estimates.json");
  if (estimates == leaf.end()) return absl::OkStatus();
  const absl::StatusOr<foreign::Json> json = Parse(*estimates->second);
  if (!json.ok()) return Annotate(json.status(), Harmless(estimates->second->path));
  return Annotate(ReadEstimates(Node(*json), run), Harmless(estimates->second->path));
}

absl::Status ReadLeaf(const Leaf& leaf, ResultsBuilder* builder) {
  const SourceFile& file = *leaf.at("benchmark.json");
  const absl::StatusOr<foreign::Json> json = Parse(file);
  if (!json.ok()) return Annotate(json.status(), Harmless(file.path));
  const Node node(*json);
  std::string function;
  std::string input;
  absl::StatusOr<std::string> group = node.NeedText("group_id");
  absl::Status read = group.status();
  if (read.ok()) read = node.Get("function_id", &function);
  if (read.ok()) read = node.Get("value_str", &input);
  if (!read.ok()) return Annotate(read, Harmless(file.path));
  StringMap parameters;
  if (!input.empty()) parameters["input"] = input;
  ForeignRun& run =
      builder->AddRun(function.empty() ? *group : *group + "/" + function, parameters);
  return ReadMeasured(leaf, node, &run, builder);
}

// The benchmarks whose directory is called `wanted`; a directory given by itself is meant whatever
// its name.
absl::StatusOr<std::vector<Leaf>> LeavesOf(const Source& source, const std::string& wanted) {
  std::map<std::string, Leaf> by_directory;
  for (const SourceFile& file : source.files) {
    std::string directory;
    std::string name;
    SplitPath(file.path, &directory, &name);
    by_directory[directory][name] = &file;
  }
  std::vector<Leaf> leaves;
  std::set<std::string> names;
  for (auto& [directory, leaf] : by_directory) {
    if (!leaf.contains("benchmark.json")) continue;
    std::string parent;
    std::string name;
    SplitPath(directory, &parent, &name);
    if (directory.empty() || name == wanted) {
      leaves.push_back(std::move(leaf));
    } else {
      names.insert(name);
    }
  }
  if (!leaves.empty()) return leaves;
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + Harmless(name);
  return absl::InvalidArgumentError(
      absl::StrFormat("no benchmark of Criterion's baseline %s here; there %s", Quote(wanted),
                      list.empty() ? "is none at all" : "are: " + list + " (--map baseline=NAME)"));
}

}  // namespace

absl::StatusOr<ForeignResults> ReadCriterion(const Source& source, const AdapterOptions& options) {
  if (!source.directory) {
    return absl::InvalidArgumentError(
        "Criterion's results are a directory: give target/criterion, or a part of it");
  }
  const auto given = options.map.find("baseline");
  BF_ASSIGN_OR_RETURN(const std::vector<Leaf> leaves,
                      LeavesOf(source, given == options.map.end() ? "new" : given->second));
  ResultsBuilder builder("criterion");
  for (const Leaf& leaf : leaves) BF_RETURN_IF_ERROR(ReadLeaf(leaf, &builder));
  return builder.Finish();
}

}  // namespace benchfleet
