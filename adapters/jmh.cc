// JMH's JSON (-rf json): a list of {benchmark, mode, threads, forks, params, primaryMetric,
// secondaryMetrics}. A metric has its score in scoreUnit and `rawData`, one list per fork (a fresh
// JVM) with a value per iteration; the mode `sample` has `rawDataHistogram` instead, per fork and
// iteration a list of [value, count].
#include <cmath>

#include "adapters/builder.h"
#include "adapters/formats.h"
#include "adapters/json.h"
#include "adapters/quote.h"
#include "adapters/text.h"
#include "adapters/units.h"
#include "base/limits.h"
#include "base/status.h"

namespace benchfleet {
namespace {

using foreign::Node;

// What one benchmark is; its runs are its forks.
struct Cell {
  std::string workload;
  StringMap parameters;
  size_t first_fork = 0;  // after those of an equal entry before it
};

class JmhReader {
 public:
  absl::StatusOr<ForeignResults> Read(const Node& list) {
    BF_RETURN_IF_ERROR(foreign::ForEach(list, [&](const Node& node) { return ReadEntry(node); }));
    return builder_.Finish();
  }

 private:
  absl::Status ReadEntry(const Node& node) {
    BF_RETURN_IF_ERROR(node.CheckObject());
    Cell cell;
    BF_ASSIGN_OR_RETURN(cell.workload, node.NeedText("benchmark"));
    std::string mode;
    BF_RETURN_IF_ERROR(node.Get("mode", &mode));
    if (!mode.empty()) cell.parameters["mode"] = mode;
    uint64_t threads = 1;
    BF_RETURN_IF_ERROR(node.Get("threads", &threads));
    if (threads > 1) cell.parameters["threads"] = absl::StrFormat("%d", threads);
    if (node.Has("params")) {
      const Node params = node.At("params");
      BF_RETURN_IF_ERROR(params.CheckObject());
      for (const auto& [name, value] : params.json().items()) {
        BF_ASSIGN_OR_RETURN(cell.parameters[name],
                            Node(value, params.path() + "/" + name).AsText());
      }
    }
    for (const char* fact : {"jmhVersion", "jdkVersion", "vmName", "vmVersion"}) {
      BF_RETURN_IF_ERROR(node.Get(fact, &builder_.results.facts[fact]));
      if (builder_.results.facts[fact].empty()) builder_.results.facts.erase(fact);
    }
    cell.first_fork = forks_[{cell.workload, cell.parameters}];
    BF_ASSIGN_OR_RETURN(const Node primary, node.Need("primaryMetric"));
    BF_RETURN_IF_ERROR(ReadMetric(primary, "", cell));
    if (!node.Has("secondaryMetrics")) return absl::OkStatus();
    const Node secondary = node.At("secondaryMetrics");
    BF_RETURN_IF_ERROR(secondary.CheckObject());
    for (const auto& [name, value] : secondary.json().items()) {
      if (name.empty()) return secondary.Refuse("metrics with names");
      BF_RETURN_IF_ERROR(ReadMetric(Node(value, secondary.path() + "/" + name), name, cell));
    }
    return absl::OkStatus();
  }

  // `name` is "" for the primary metric: the time of one operation, or their rate.
  absl::Status ReadMetric(const Node& node, std::string name, const Cell& cell) {
    BF_ASSIGN_OR_RETURN(const std::string text, node.NeedText("scoreUnit"));
    Unit unit = ReadUnit(text);
    if (text == "MB/sec") unit = {text, 1, Direction::kNeutral};  // of 2^20 bytes there
    if (name.empty())
      name = unit.unit == "ns" ? "latency" : unit.unit == "1/s" ? "throughput" : "score";
    if (name.compare(0, 2, "\xc2\xb7") == 0) name.erase(0, 2);  // "·gc.alloc.rate" of profilers
    const Metric metric{name, unit.unit, unit.direction, "", 0};
    if (node.Has("rawData")) return ReadRaw(node.At("rawData"), metric, unit.factor, cell);
    if (node.Has("rawDataHistogram")) {
      return ReadHistogram(node.At("rawDataHistogram"), metric, unit.factor, cell);
    }
    return ReadScore(node, metric, unit.factor, cell);
  }

  ForeignRun& ForkOf(const Cell& cell, size_t fork) {
    size_t& forks = forks_[{cell.workload, cell.parameters}];
    forks = std::max(forks, cell.first_fork + fork + 1);
    return builder_.Run(cell.workload, cell.parameters, cell.first_fork + fork);
  }

  absl::Status ReadRaw(const Node& forks, const Metric& metric, double factor, const Cell& cell) {
    BF_RETURN_IF_ERROR(forks.CheckArray());
    for (size_t fork = 0; fork < forks.size(); ++fork) {
      BF_ASSIGN_OR_RETURN(const std::vector<double> values, forks.At(fork).Numbers());
      ForeignRun& run = ForkOf(cell, fork);
      for (size_t i = 0; i < values.size(); ++i) {
        if (values[i] < 0 && metric.unit == "ns") {
          return forks.At(fork).At(i).Refuse("a time that is not negative");
        }
        BF_RETURN_IF_ERROR(builder_.AddSample(run, metric, values[i] * factor));
      }
    }
    return absl::OkStatus();
  }

  // Each value as often as it was counted: JMH rounds to its histogram's bins, nothing else is lost
  // but the order.
  absl::Status ReadHistogram(const Node& forks, const Metric& metric, double factor,
                             const Cell& cell) {
    BF_RETURN_IF_ERROR(forks.CheckArray());
    for (size_t fork = 0; fork < forks.size(); ++fork) {
      ForeignRun& run = ForkOf(cell, fork);
      BF_RETURN_IF_ERROR(foreign::ForEach(forks.At(fork), [&](const Node& iteration) {
        return foreign::ForEach(iteration,
                                [&](const Node& bin) { return AddBin(bin, metric, factor, &run); });
      }));
    }
    return absl::OkStatus();
  }

  absl::Status AddBin(const Node& bin, const Metric& metric, double factor, ForeignRun* run) {
    BF_ASSIGN_OR_RETURN(const std::vector<double> pair, bin.Numbers());
    const bool good = pair.size() == 2 && pair[1] >= 0 && pair[1] == std::floor(pair[1]) &&
                      !(pair[0] < 0 && metric.unit == "ns");
    if (!good) return bin.Refuse("[a value, how often it was counted]");
    if (pair[1] > static_cast<double>(limits::kMaxForeignSamples - expanded_)) {
      return absl::ResourceExhaustedError(absl::StrFormat(
          "%s brings the counted values above %d, which is the bound: sample less, or split it",
          Harmless(bin.path()), limits::kMaxForeignSamples));
    }
    expanded_ += static_cast<uint64_t>(pair[1]);
    if (!std::isfinite(pair[0] * factor)) return absl::OkStatus();
    std::vector<double>& samples = ResultsBuilder::MetricOf(*run, metric).samples;
    samples.insert(samples.end(), static_cast<size_t>(pair[1]), pair[0] * factor);
    return absl::OkStatus();
  }

  absl::Status ReadScore(const Node& node, const Metric& metric, double factor, const Cell& cell) {
    Aggregate aggregate;
    BF_RETURN_IF_ERROR(node.Get("score", &aggregate.mean));
    if (!aggregate.mean) return absl::OkStatus();
    if (*aggregate.mean < 0 && metric.unit == "ns") {
      return node.At("score").Refuse("a time that is not negative");
    }
    *aggregate.mean *= factor;
    if (node.Has("scorePercentiles")) {
      const Node given = node.At("scorePercentiles");
      BF_RETURN_IF_ERROR(given.CheckObject());
      for (const auto& [name, value] : given.json().items()) {
        const std::optional<double> percent = ReadNumber(name);
        BF_ASSIGN_OR_RETURN(const std::optional<double> at,
                            Node(value, given.path() + "/" + name).Number());
        if (percent && at && *percent >= 0 && *percent <= 100) {
          aggregate.percentiles[*percent] = *at * factor;
        }
      }
    }
    ResultsBuilder::MetricOf(ForkOf(cell, 0), metric).aggregate = aggregate;
    return absl::OkStatus();
  }

  ResultsBuilder builder_{"jmh"};
  std::map<std::pair<std::string, StringMap>, size_t> forks_;
  uint64_t expanded_ = 0;
};

}  // namespace

bool IsJmh(const Sniff& sniff) {
  return sniff.json_paths.contains("/*/benchmark") && sniff.json_paths.contains("/*/primaryMetric");
}

absl::StatusOr<ForeignResults> ReadJmh(const Source& source, const AdapterOptions& /*options*/) {
  BF_ASSIGN_OR_RETURN(const std::string_view text, PlainText(source.files.front().text));
  BF_ASSIGN_OR_RETURN(const foreign::Json json, foreign::ParseJson(text));
  return JmhReader().Read(Node(json));
}

}  // namespace benchfleet
