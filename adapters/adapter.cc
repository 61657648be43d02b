#include "adapters/adapter.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <utility>

#include "adapters/builder.h"
#include "adapters/formats.h"
#include "adapters/json_sniff.h"
#include "adapters/quote.h"
#include "adapters/text.h"
#include "base/status.h"
#include "base/text.h"

namespace benchfleet {
namespace {

std::string Extension(const std::string& path) {
  std::string extension = std::filesystem::path(path).extension().string();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return extension;
}

std::string NameList() {
  std::string list;
  for (const std::string& name : AdapterNames()) list += (list.empty() ? "" : ", ") + name;
  return list;
}

absl::StatusOr<const Adapter*> DetectText(const SourceFile& file) {
  BF_ASSIGN_OR_RETURN(const std::string_view text, PlainText(file.text));
  Sniff sniff;
  sniff.text = text;
  sniff.extension = Extension(file.path);
  const char first = Trim(text).front();
  if (first == '{' || first == '[') sniff.json_paths = SniffJson(text);
  for (const Adapter& adapter : Adapters()) {
    if (adapter.recognizes != nullptr && !adapter.reads_directory && adapter.recognizes(sniff)) {
      return &adapter;
    }
  }
  return absl::InvalidArgumentError("cannot tell which tool wrote this; give --from NAME, one of " +
                                    NameList());
}

bool IsCriterionTree(const Source& source) {
  return source.directory &&
         std::any_of(source.files.begin(), source.files.end(), [](const SourceFile& file) {
           return std::filesystem::path(file.path).filename() == "benchmark.json";
         });
}

bool IsJson(const Source& source) {
  const absl::StatusOr<std::string_view> text = PlainText(source.files.front().text);
  return text.ok() && (Trim(*text).front() == '{' || Trim(*text).front() == '[');
}

// The runs of one file become runs after those of the files before it.
void Append(ForeignResults from, ResultsBuilder* to) {
  ForeignResults& all = to->results;
  if (all.machine.host.empty() && all.machine.identity.empty()) all.machine = from.machine;
  if (all.machine.identity != from.machine.identity || all.machine.host != from.machine.host) {
    to->Warn("the files are of different machines; they are stored as if of the first");
  }
  if (all.revision.empty()) all.revision = from.revision;
  if (all.at == absl::InfinitePast()) all.at = from.at;
  all.facts.merge(from.facts);
  for (ForeignBenchmark& benchmark : from.benchmarks) {
    for (ForeignRun& run : benchmark.runs) {
      to->AddRun(benchmark.workload, benchmark.parameters) = std::move(run);
    }
  }
  for (std::string& warning : from.warnings) to->Warn(std::move(warning));
}

absl::StatusOr<ForeignResults> ReadEachFile(const Source& source, const Adapter& adapter,
                                            const AdapterOptions& options) {
  ResultsBuilder all(adapter.name);
  for (const SourceFile& file : source.files) {
    Source one;
    one.name = file.path;
    one.files.push_back(file);
    absl::StatusOr<ForeignResults> read = adapter.read(one, options);
    if (!read.ok()) return Annotate(read.status(), Harmless(file.path));
    Append(*std::move(read), &all);
  }
  return all.Finish();
}

}  // namespace

const std::vector<Adapter>& Adapters() {
  static const std::vector<Adapter> adapters = {
      {"criterion", "Criterion for Rust: its directory, target/criterion", true, true, nullptr,
       ReadCriterion},
      {"google-benchmark", "Google Benchmark (--benchmark_out=FILE, --benchmark_format=json)",
       false, false, IsGoogleBenchmark, ReadGoogleBenchmark},
      {"go", "go test -bench, and what benchstat reads", false, false, IsGoBench, ReadGoBench},
      {"hyperfine", "hyperfine (--export-json FILE)", false, false, IsHyperfine, ReadHyperfine},
      {"jmh", "JMH (-rf json)", false, false, IsJmh, ReadJmh},
      {"prometheus", "Prometheus' text format", false, false, IsPrometheus, ReadPrometheus},
      {"pytest-benchmark", "pytest-benchmark (--benchmark-json FILE, --benchmark-save-data)", false,
       false, IsPytestBenchmark, ReadPytestBenchmark},
      {"json", "any JSON, by --map", false, true, nullptr, ReadMappedJson},
      {"csv", "any table with a row of titles, by --map", false, true, nullptr, ReadMappedCsv},
  };
  return adapters;
}

std::vector<std::string> AdapterNames() {
  std::vector<std::string> names;
  for (const Adapter& adapter : Adapters()) names.emplace_back(adapter.name);
  return names;
}

absl::StatusOr<const Adapter*> FindAdapter(const std::string& name) {
  for (const Adapter& adapter : Adapters()) {
    if (adapter.name == name) return &adapter;
  }
  return absl::InvalidArgumentError(absl::StrFormat("there is no adapter %s; expected one of %s%s",
                                                    Quote(name), NameList(),
                                                    DidYouMean(name, AdapterNames())));
}

absl::StatusOr<const Adapter*> DetectAdapter(const Source& source) {
  if (IsCriterionTree(source)) return FindAdapter("criterion");
  const Adapter* common = nullptr;
  for (const SourceFile& file : source.files) {
    const absl::StatusOr<const Adapter*> adapter = DetectText(file);
    if (!adapter.ok()) {
      return source.directory ? Annotate(adapter.status(), Harmless(file.path)) : adapter.status();
    }
    if (common != nullptr && common != *adapter) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s is of %s, the files before it of %s: one directory, one format",
                          Harmless(file.path), (*adapter)->name, common->name));
    }
    common = *adapter;
  }
  if (common == nullptr) return absl::InvalidArgumentError("no file in it");
  return common;
}

absl::StatusOr<ForeignResults> ReadForeign(const Source& source, const std::string& from,
                                           const AdapterOptions& options) {
  const bool mapped = options.map.contains("value") || options.map.contains("mean") ||
                      options.map.contains("median");
  BF_ASSIGN_OR_RETURN(const Adapter* const adapter,
                      !from.empty() ? FindAdapter(from)
                      : mapped      ? FindAdapter(IsJson(source) ? "json" : "csv")
                                    : DetectAdapter(source));
  if (!options.map.empty() && !adapter->takes_map) {
    return absl::InvalidArgumentError(
        absl::StrFormat("the format of %s is known and takes no --map", adapter->name));
  }
  if (!source.directory || adapter->reads_directory) return adapter->read(source, options);
  return ReadEachFile(source, *adapter, options);
}

}  // namespace benchfleet
