#include "workloads/printed_metrics.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/limits.h"
#include "base/status.h"
#include "base/text.h"

namespace benchfleet {
namespace {

using Json = nlohmann::json;

absl::StatusOr<std::string> TextOf(const Json& object, const char* key, const char* otherwise) {
  const auto found = object.find(key);
  if (found == object.end()) return otherwise;
  if (!found->is_string())
    return absl::InvalidArgumentError(absl::StrFormat("\"%s\" is no text", key));
  return found->get<std::string>();
}

absl::StatusOr<Direction> DirectionOf(const std::string& word) {
  if (word == "lower") return Direction::kLowerIsBetter;
  if (word == "higher") return Direction::kHigherIsBetter;
  if (word == "neutral") return Direction::kNeutral;
  return absl::InvalidArgumentError(
      absl::StrFormat("the direction '%s' is none of lower, higher, neutral%s", word,
                      DidYouMean(word, {"lower", "higher", "neutral"})));
}

// Nothing: the line is not about a metric.
absl::StatusOr<std::optional<PrintedValue>> ParseLine(std::string_view line) {
  if (line.find('{') == std::string_view::npos) return std::nullopt;
  const Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object() || !object.contains("metric")) return std::nullopt;
  PrintedValue printed;
  BF_ASSIGN_OR_RETURN(printed.metric.name, TextOf(object, "metric", ""));
  BF_ASSIGN_OR_RETURN(printed.metric.unit, TextOf(object, "unit", ""));
  BF_ASSIGN_OR_RETURN(const std::string direction, TextOf(object, "direction", "lower"));
  BF_ASSIGN_OR_RETURN(printed.metric.direction, DirectionOf(direction));
  const auto value = object.find("value");
  if (value == object.end() || !value->is_number()) {
    return absl::InvalidArgumentError("\"value\" is no number");
  }
  printed.value = value->get<double>();
  if (!std::isfinite(printed.value)) return absl::InvalidArgumentError("\"value\" is not finite");
  const std::string& name = printed.metric.name;
  if (name.empty() || name.size() > limits::kMaxNameBytes ||
      printed.metric.unit.size() > limits::kMaxNameBytes) {
    return absl::InvalidArgumentError("\"metric\" is empty, or it or \"unit\" is too long");
  }
  return printed;
}

}  // namespace

absl::StatusOr<std::vector<PrintedValue>> ParsePrintedMetrics(std::string_view output) {
  std::vector<PrintedValue> values;
  size_t number = 0;
  while (!output.empty()) {
    ++number;
    const size_t end = output.find('\n');
    absl::StatusOr<std::optional<PrintedValue>> printed = ParseLine(output.substr(0, end));
    if (!printed.ok()) {
      return Annotate(printed.status(), absl::StrFormat("line %d of the command's output", number));
    }
    if (*printed) values.push_back(**std::move(printed));
    output.remove_prefix(end == std::string_view::npos ? output.size() : end + 1);
  }
  return values;
}

}  // namespace benchfleet
