// Go's benchmark format, as `go test -bench` prints it and benchstat reads it: lines
//
//   pkg: example.org/sort                     a key that holds for the lines after it
//   Unit frames/s better=higher               about a unit
//   BenchmarkSort/size=1024-8  500  2310 ns/op  96 B/op  2 allocs/op
//
// A benchmark's line is one sample of each of its units; -count=N repeats the line. Other lines are
// the program's own output.
#include <cctype>

#include "adapters/builder.h"
#include "adapters/formats.h"
#include "adapters/quote.h"
#include "adapters/text.h"
#include "adapters/units.h"
#include "base/status.h"

namespace benchfleet {
namespace {

constexpr std::string_view kBenchmark = "Benchmark";

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// "Benchmark" and then no lower-case letter: "Benchmarks passed" is prose.
bool IsBenchmarkName(std::string_view word) {
  return word.starts_with(kBenchmark) &&
         (word.size() == kBenchmark.size() || !IsLower(word[kBenchmark.size()]));
}

// "goos: linux": a word that begins in lower case and has no blank and no upper case before the
// colon. The value is the line's rest.
bool SplitKey(std::string_view line, std::string* key, std::string* value) {
  const size_t colon = line.find(':');
  if (line.empty() || !IsLower(line[0]) || colon == std::string_view::npos) return false;
  const std::string_view name = line.substr(0, colon);
  for (const char c : name) {
    if (std::isspace(static_cast<unsigned char>(c)) != 0 || (c >= 'A' && c <= 'Z')) return false;
  }
  if (colon + 1 < line.size() && line[colon + 1] != ' ' && line[colon + 1] != '\t') return false;
  *key = std::string(name);
  *value = std::string(Trim(line.substr(colon + 1)));
  return true;
}

class GoReader {
 public:
  absl::StatusOr<ForeignResults> Read(std::string_view rest) {
    for (size_t number = 1; !rest.empty(); ++number) {
      const absl::Status status = TakeLine(benchfleet::TakeLine(&rest));
      if (!status.ok()) return Annotate(status, absl::StrFormat("line %d", number));
    }
    return builder_.Finish();
  }

 private:
  absl::Status TakeLine(std::string_view line) {
    std::string key;
    std::string value;
    if (SplitKey(line, &key, &value)) {
      TakeKey(key, value);
      return absl::OkStatus();
    }
    const std::vector<std::string_view> words = Words(line);
    if (words.empty()) return absl::OkStatus();
    if (words[0] == "Unit" && words.size() > 2) TakeUnit(words);
    if (line.starts_with("FAIL") || line.starts_with("--- FAIL")) {
      builder_.Warn("go test reports a failure: " + Quote(line));
    }
    // A name alone is what -v prints before the benchmark runs.
    if (!IsBenchmarkName(words[0]) || words.size() < 4 || !IsDigits(words[1])) {
      return absl::OkStatus();
    }
    return TakeBenchmark(words);
  }

  void TakeKey(const std::string& key, const std::string& value) {
    ForeignResults& results = builder_.results;
    if (key == "pkg") {
      package_ = value;
    } else if (key == "goos" || key == "goarch") {
      results.machine.identity[key] = value;
    } else if (key == "cpu") {
      results.machine.identity["cpu.model_name"] = value;
    } else if (key == "commit" || key == "revision") {
      results.revision = value;
    } else if (results.facts.size() < 64) {
      results.facts[key] = value;
    }
  }

  // "Unit frames/s better=higher assume=exact"
  void TakeUnit(const std::vector<std::string_view>& words) {
    for (size_t i = 2; i < words.size(); ++i) {
      if (words[i] == "better=higher") better_[std::string(words[1])] = Direction::kHigherIsBetter;
      if (words[i] == "better=lower") better_[std::string(words[1])] = Direction::kLowerIsBetter;
    }
  }

  // What a unit measures, and the factor to ours.
  Metric MetricOf(std::string_view unit, double* factor) const {
    const Unit known = ReadUnit(unit);
    *factor = known.factor;
    Metric metric{std::string(unit), known.unit, known.direction, "", 0};
    if (unit == "ns/op" || unit == "sec/op") {
      metric.name = "latency";
    } else if (unit == "B/op") {
      metric.name = "bytes_per_op";
    } else if (unit == "allocs/op") {
      metric.name = "allocs_per_op";
      metric.unit = "";
    } else if (unit == "MB/s" || unit == "B/s") {
      metric.name = "throughput";
    }
    const auto told = better_.find(std::string(unit));
    if (told != better_.end()) metric.direction = told->second;
    return metric;
  }

  // "BenchmarkSort/size=1024/stable-8" is Sort/stable with size=1024 and gomaxprocs=8.
  std::string SplitName(std::string_view name, StringMap* parameters) const {
    name.remove_prefix(kBenchmark.size());
    const size_t dash = name.rfind('-');
    if (dash != std::string_view::npos && IsDigits(name.substr(dash + 1))) {
      (*parameters)["gomaxprocs"] = std::string(name.substr(dash + 1));
      name = name.substr(0, dash);
    }
    if (!package_.empty()) (*parameters)["pkg"] = package_;
    std::string workload;
    bool first = true;
    while (first || !name.empty()) {
      const size_t slash = name.find('/');
      const std::string_view part = name.substr(0, slash);
      const size_t equals = part.find('=');
      if (!first && equals != std::string_view::npos && equals > 0) {
        (*parameters)[std::string(part.substr(0, equals))] = std::string(part.substr(equals + 1));
      } else {
        workload += (first ? "" : "/") + std::string(part);
      }
      first = false;
      name.remove_prefix(slash == std::string_view::npos ? name.size() : slash + 1);
    }
    return workload.empty() ? std::string(kBenchmark) : workload;
  }

  absl::Status TakeBenchmark(const std::vector<std::string_view>& words) {
    const std::optional<double> iterations = ReadNumber(words[1]);
    StringMap parameters;
    const std::string workload = SplitName(words[0], &parameters);
    if (words.size() % 2 != 0) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s has a value without a unit (is the line cut off?)", Quote(words[0])));
    }
    ForeignRun& run = builder_.Run(workload, parameters);
    run.iterations = iterations && *iterations < 0x1p63 ? static_cast<uint64_t>(*iterations) : 0;
    for (size_t i = 2; i + 1 < words.size(); i += 2) {
      const std::optional<double> value = ReadNumber(words[i]);
      if (!value) {
        return absl::InvalidArgumentError(absl::StrFormat("%s has %s, expected a number before %s",
                                                          Quote(words[0]), Quote(words[i]),
                                                          Quote(words[i + 1])));
      }
      double factor = 1;
      const Metric metric = MetricOf(words[i + 1], &factor);
      BF_RETURN_IF_ERROR(builder_.AddSample(run, metric, *value * factor));
    }
    return absl::OkStatus();
  }

  ResultsBuilder builder_{"go"};
  std::string package_;
  std::map<std::string, Direction> better_;
};

}  // namespace

bool IsGoBench(const Sniff& sniff) {
  std::string_view rest = sniff.text;
  for (int lines = 0; !rest.empty() && lines < 10'000; ++lines) {
    const std::vector<std::string_view> words = Words(TakeLine(&rest));
    if (words.size() >= 4 && IsBenchmarkName(words[0]) && IsDigits(words[1]) &&
        ReadNumber(words[2])) {
      return true;
    }
  }
  return false;
}

absl::StatusOr<ForeignResults> ReadGoBench(const Source& source,
                                           const AdapterOptions& /*options*/) {
  BF_ASSIGN_OR_RETURN(const std::string_view text, PlainText(source.files.front().text));
  return GoReader().Read(text);
}

}  // namespace benchfleet
