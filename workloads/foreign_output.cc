#include "workloads/foreign_output.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "adapters/adapter.h"
#include "adapters/builder.h"
#include "adapters/map.h"
#include "adapters/quote.h"
#include "base/limits.h"
#include "base/status.h"

namespace benchfleet {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> SplitAtCommas(const std::string& text) {
  std::vector<std::string> words;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    if (end > begin) words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

// Below the program's folder, and named: nothing else may be removed.
bool IsInside(const std::string& path) {
  const fs::path relative(path);
  if (relative.is_absolute()) return false;
  return std::none_of(relative.begin(), relative.end(), [](const fs::path& part) {
    return part == ".." || part == "." || part.empty();
  });
}

std::string NameOf(const ForeignBenchmark& benchmark, const Metric& metric) {
  const std::string parameters = FormatParameters(benchmark.parameters);
  return FitName(benchmark.workload + (parameters.empty() ? "" : " ") + parameters + "/" +
                 metric.name);
}

bool IsSelected(const ForeignOutput& output, const Metric& metric) {
  return metric.derived_from.empty() &&
         (output.select.empty() || std::find(output.select.begin(), output.select.end(),
                                             metric.name) != output.select.end());
}

void AddValues(const ForeignBenchmark& benchmark, const Measured& measured,
               std::vector<PrintedValue>* values) {
  Metric metric = measured.metric;
  metric.name = NameOf(benchmark, metric);
  for (const double sample : measured.samples) values->push_back({metric, sample});
  if (!measured.samples.empty() || !measured.aggregate) return;
  const Aggregate& aggregate = *measured.aggregate;
  const auto median = aggregate.percentiles.find(50);
  if (aggregate.mean) {
    values->push_back({metric, *aggregate.mean});
  } else if (aggregate.median) {
    values->push_back({metric, *aggregate.median});
  } else if (median != aggregate.percentiles.end()) {
    values->push_back({metric, median->second});
  }
}

absl::StatusOr<std::vector<PrintedValue>> ValuesOf(const ForeignResults& results,
                                                   const ForeignOutput& output) {
  std::vector<PrintedValue> values;
  for (const ForeignBenchmark& benchmark : results.benchmarks) {
    for (const ForeignRun& run : benchmark.runs) {
      if (!run.error.empty()) {
        return absl::InternalError(
            absl::StrFormat("%s failed: %s", Quote(benchmark.workload), Harmless(run.error)));
      }
      for (const Measured& measured : run.measured) {
        if (IsSelected(output, measured.metric)) AddValues(benchmark, measured, &values);
      }
    }
  }
  return values;
}

}  // namespace

absl::StatusOr<ForeignOutput> ParseForeignOutput(const std::string& adapter, const std::string& map,
                                                 const std::string& select,
                                                 const std::string& result_file) {
  ForeignOutput output;
  BF_ASSIGN_OR_RETURN(const Adapter* const row, FindAdapter(adapter));
  output.adapter = adapter;
  if (!map.empty()) {
    BF_ASSIGN_OR_RETURN(output.map, ParseMap({map}));
  }
  output.select = SplitAtCommas(select);
  output.result_file = result_file;
  if (!result_file.empty() && !IsInside(result_file)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("parameter 'result_file': %s is not a path below the command's folder",
                        Quote(result_file)));
  }
  if (row->reads_directory && result_file.empty()) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "parameter 'result_file': with adapter=%s the directory of its results is needed",
        adapter));
  }
  return output;
}

absl::Status ForgetResults(const ForeignOutput& output, const std::string& folder) {
  if (output.result_file.empty()) return absl::OkStatus();
  const fs::path path = fs::path(folder) / output.result_file;
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return absl::OkStatus();
  fs::remove(path, error);
  if (!error) return absl::OkStatus();
  return ErrnoError(error.value(), absl::StrFormat("removing '%s'", path.string()));
}

absl::StatusOr<std::vector<PrintedValue>> ReadForeignOutput(const ForeignOutput& output,
                                                            const std::string& folder,
                                                            const std::string& printed,
                                                            size_t own_metrics) {
  Source source = SourceOf("output", printed);
  if (!output.result_file.empty()) {
    BF_ASSIGN_OR_RETURN(source, LoadSource((fs::path(folder) / output.result_file).string()));
  }
  const std::string where =
      output.result_file.empty() ? "the command's output" : Quote(output.result_file);
  const absl::StatusOr<ForeignResults> results =
      ReadForeign(source, output.adapter, AdapterOptions{output.map});
  if (!results.ok()) {
    return Annotate(results.status(),
                    absl::StrFormat("%s is not what adapter=%s reads", where, output.adapter));
  }
  BF_ASSIGN_OR_RETURN(std::vector<PrintedValue> values, ValuesOf(*results, output));
  std::set<std::string> names;
  for (const PrintedValue& value : values) names.insert(value.metric.name);
  if (names.empty()) {
    return absl::InvalidArgumentError(where + " has none of the metrics that are selected");
  }
  if (names.size() + own_metrics > limits::kMaxMetricsPerRun) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("%s has %d metrics; a run may have %d, of which %d are the command's own: "
                        "choose with select=latency, or run fewer benchmarks at once",
                        where, names.size(), limits::kMaxMetricsPerRun, own_metrics));
  }
  return values;
}

}  // namespace benchfleet
