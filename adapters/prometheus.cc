// Prometheus' text format, and what of OpenMetrics is the same: lines NAME{LABEL="VALUE"} NUMBER
// [TIME], with "# TYPE NAME KIND" before them. Counters, gauges and what has no kind are one value
// each; a histogram or summary is an aggregate, its quantiles as given or interpolated within
// buckets as histogram_quantile() does.
#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>

#include "adapters/builder.h"
#include "adapters/formats.h"
#include "adapters/quote.h"
#include "adapters/text.h"
#include "adapters/units.h"
#include "base/status.h"

namespace benchfleet {
namespace {

struct Line {
  std::string name;
  StringMap labels;
  double value = 0;
  std::optional<double> time_ms;
};

bool IsNameStart(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || c == ':';
}
bool IsNamePart(char c) {
  return IsNameStart(c) || std::isdigit(static_cast<unsigned char>(c)) != 0;
}

std::string TakeName(std::string_view* rest) {
  size_t end = 0;
  while (end < rest->size() && (end == 0 ? IsNameStart((*rest)[0]) : IsNamePart((*rest)[end]))) {
    ++end;
  }
  std::string name(rest->substr(0, end));
  rest->remove_prefix(end);
  return name;
}

bool TakeChar(char c, std::string_view* rest) {
  *rest = Trim(*rest);
  if (rest->empty() || rest->front() != c) return false;
  rest->remove_prefix(1);
  return true;
}

// After the opening quote. False where it does not end.
bool TakeQuoted(std::string_view* rest, std::string* to) {
  for (size_t i = 0; i < rest->size(); ++i) {
    char c = (*rest)[i];
    if (c == '"') {
      rest->remove_prefix(i + 1);
      return true;
    }
    if (c == '\\' && i + 1 < rest->size()) {
      c = (*rest)[++i];
      if (c == 'n') c = '\n';
    }
    to->push_back(c);
  }
  return false;
}

bool TakeLabels(std::string_view* rest, StringMap* labels) {
  while (!TakeChar('}', rest)) {
    const std::string name = TakeName(rest);
    std::string value;
    if (name.empty() || !TakeChar('=', rest) || !TakeChar('"', rest) || !TakeQuoted(rest, &value)) {
      return false;
    }
    (*labels)[name] = std::move(value);
    if (!TakeChar(',', rest)) return TakeChar('}', rest);
  }
  return true;
}

std::optional<Line> ParseLine(std::string_view rest) {
  Line line;
  rest = Trim(rest);
  line.name = TakeName(&rest);
  if (line.name.empty()) return std::nullopt;
  if (TakeChar('{', &rest) && !TakeLabels(&rest, &line.labels)) return std::nullopt;
  const std::vector<std::string_view> words = Words(Trim(rest));
  if (words.empty()) return std::nullopt;
  const std::optional<double> value = ReadNumber(words[0]);
  if (!value) return std::nullopt;
  line.value = *value;
  if (words.size() == 1 || words[1][0] == '#') return line;  // an exemplar
  line.time_ms = ReadNumber(words[1]);
  return line.time_ms ? std::optional(line) : std::nullopt;
}

bool StripEnding(std::string_view ending, std::string* name) {
  if (name->size() <= ending.size() ||
      name->compare(name->size() - ending.size(), ending.size(), ending) != 0) {
    return false;
  }
  name->resize(name->size() - ending.size());
  return true;
}

// Names end in their unit by convention: "..._seconds", "..._bytes_total".
std::string UnitOf(std::string name) {
  StripEnding("_total", &name);
  const std::string word = name.substr(name.rfind('_') + 1);
  if (NanosecondsIn(word) > 0 && word.size() > 3) return word;
  return word == "bytes" ? "B" : "";
}

// A histogram or summary while it is collected.
struct Distribution {
  std::vector<std::pair<double, double>> buckets;  // upper bound, cumulative count
  std::map<double, double> quantiles;              // percent -> value
  std::optional<double> sum;
  std::optional<double> count;
};

// Linear within the bucket that holds the rank; in the last, unbounded one its lower end.
std::optional<double> BucketQuantile(const std::vector<std::pair<double, double>>& buckets,
                                     double share) {
  const double all = buckets.back().second;
  const double rank = share * all;
  for (size_t i = 0; i < buckets.size(); ++i) {
    if (buckets[i].second < rank) continue;
    const double low = i > 0 ? buckets[i - 1].first : std::min(0.0, buckets[i].first);
    if (std::isinf(buckets[i].first)) return i > 0 ? std::optional(low) : std::nullopt;
    const double below = i > 0 ? buckets[i - 1].second : 0;
    const double inside = buckets[i].second - below;
    if (inside <= 0) return buckets[i].first;
    return low + (buckets[i].first - low) * (rank - below) / inside;
  }
  return std::nullopt;
}

class PrometheusReader {
 public:
  absl::StatusOr<ForeignResults> Read(std::string_view rest) {
    for (size_t number = 1; !rest.empty(); ++number) {
      const std::string_view text = TakeLine(&rest);
      if (Trim(text).empty()) continue;
      if (Trim(text).front() == '#') {
        TakeComment(text);
        continue;
      }
      const std::optional<Line> line = ParseLine(text);
      if (!line) {
        return absl::InvalidArgumentError(absl::StrFormat(
            "line %d is %s, expected NAME{LABEL=\"VALUE\",...} NUMBER", number, Quote(Trim(text))));
      }
      BF_RETURN_IF_ERROR(Annotate(TakeSample(*line), absl::StrFormat("line %d", number)));
    }
    for (const auto& [key, distribution] : distributions_)
      Finish(key.first, key.second, distribution);
    if (latest_ms_) {
      builder_.results.at = absl::UnixEpoch() + absl::Milliseconds(*latest_ms_);
    }
    return builder_.Finish();
  }

 private:
  using Key = std::pair<std::string, StringMap>;

  void TakeComment(std::string_view text) {
    const std::vector<std::string_view> words = Words(text);
    if (words.size() == 4 && words[0] == "#" && words[1] == "TYPE") {
      kinds_[std::string(words[2])] = std::string(words[3]);
    }
  }

  bool IsKind(const std::string& name, const char* kind) const {
    const auto found = kinds_.find(name);
    return found != kinds_.end() && found->second == kind;
  }

  absl::Status TakeSample(const Line& line) {
    if (line.time_ms && std::abs(*line.time_ms) < 1e15) {
      latest_ms_ = std::max(latest_ms_.value_or(*line.time_ms), *line.time_ms);
    }
    if (TakePart(line)) return absl::OkStatus();
    const std::string unit = UnitOf(line.name);
    const Metric metric = NeutralMetric("value", NanosecondsIn(unit) == 1e9 ? "s" : unit);
    return builder_.AddSample(builder_.Run(line.name, line.labels), metric, line.value);
  }

  // True where the line is part of a distribution.
  bool TakePart(const Line& line) {
    std::string family = line.name;
    StringMap labels = line.labels;
    if (IsKind(family, "summary") && labels.contains("quantile")) {
      const std::optional<double> share = ReadNumber(labels["quantile"]);
      labels.erase("quantile");
      if (share && *share >= 0 && *share <= 1) {
        distributions_[{family, labels}].quantiles[*share * 100] = line.value;
      }
      return true;
    }
    if (StripEnding("_bucket", &family) && IsKind(family, "histogram") && labels.contains("le")) {
      const std::optional<double> bound = ReadNumber(labels["le"]);
      labels.erase("le");
      if (bound) distributions_[{family, labels}].buckets.emplace_back(*bound, line.value);
      return true;
    }
    family = line.name;
    const bool sum = StripEnding("_sum", &family);
    const bool count = !sum && StripEnding("_count", &family);
    if (!(sum || count) || !(IsKind(family, "histogram") || IsKind(family, "summary")))
      return false;
    Distribution& distribution = distributions_[{family, labels}];
    (sum ? distribution.sum : distribution.count) = line.value;
    return true;
  }

  void Finish(const std::string& family, const StringMap& labels, Distribution distribution) {
    const Key key{family, labels};
    std::sort(distribution.buckets.begin(), distribution.buckets.end());
    const double count = distribution.count             ? *distribution.count
                         : distribution.buckets.empty() ? 0
                                                        : distribution.buckets.back().second;
    if (!(count >= 1 && count < 0x1p53)) return;  // nothing was observed
    const std::string unit = UnitOf(family);
    const double ns = NanosecondsIn(unit);
    const double factor = ns > 0 ? ns : 1;
    Aggregate aggregate;
    aggregate.count = static_cast<uint64_t>(count);
    if (distribution.sum) aggregate.mean = *distribution.sum / count * factor;
    for (const double percent : {50.0, 90.0, 95.0, 99.0}) {
      if (distribution.buckets.empty()) break;
      const std::optional<double> value = BucketQuantile(distribution.buckets, percent / 100);
      if (value && std::isfinite(*value)) aggregate.percentiles[percent] = *value * factor;
    }
    for (const auto& [percent, value] : distribution.quantiles) {
      if (std::isfinite(value)) aggregate.percentiles[percent] = value * factor;
    }
    const bool usable = aggregate.mean || aggregate.percentiles.contains(50);
    if (!usable || (aggregate.mean && !std::isfinite(*aggregate.mean))) {
      builder_.Warn(Quote(family) + " has neither a sum nor a median and was left out");
      return;
    }
    const Metric metric = ns > 0 ? LatencyIn() : NeutralMetric("value", unit);
    ResultsBuilder::MetricOf(builder_.Run(family, labels), metric).aggregate = aggregate;
  }

  ResultsBuilder builder_{"prometheus"};
  std::map<std::string, std::string> kinds_;
  std::map<Key, Distribution> distributions_;
  std::optional<double> latest_ms_;
};

}  // namespace

bool IsPrometheus(const Sniff& sniff) {
  std::string_view rest = sniff.text;
  bool typed = false;
  for (int lines = 0; !rest.empty() && lines < 200; ++lines) {
    const std::string_view text = TakeLine(&rest);
    const std::vector<std::string_view> words = Words(text);
    if (words.empty()) continue;
    if (words[0][0] == '#') {
      typed = typed || (words.size() >= 3 && (words[1] == "TYPE" || words[1] == "HELP"));
    } else if (rest.empty() ? !typed : !ParseLine(text)) {
      return false;
    }
  }
  return typed;
}

absl::StatusOr<ForeignResults> ReadPrometheus(const Source& source,
                                              const AdapterOptions& /*options*/) {
  BF_ASSIGN_OR_RETURN(const std::string_view text, PlainText(source.files.front().text));
  return PrometheusReader().Read(text);
}

}  // namespace benchfleet
