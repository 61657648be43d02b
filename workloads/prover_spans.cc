#include "workloads/prover_spans.h"

#include <cstdint>
#include <nlohmann/json.hpp>

#include "base/status.h"

namespace benchfleet {
namespace {

using nlohmann::json;

absl::StatusOr<int64_t> Nanoseconds(const json& span, const std::string& name) {
  const absl::Status odd =
      absl::InternalError(absl::StrFormat("the prover's span '%s' has no nanoseconds", name));
  if (span.is_number()) return span.get<int64_t>();
  if (!span.is_array()) return odd;
  int64_t sum = 0;
  for (const json& part : span) {
    if (!part.is_object() || !part.contains("time") || !part["time"].is_number()) return odd;
    sum += part["time"].get<int64_t>();
  }
  return sum;
}

}  // namespace

absl::StatusOr<std::vector<std::pair<std::string, absl::Duration>>> ReadSpans(
    std::string_view text, const StringMap& metrics) {
  const json spans = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!spans.is_object()) return absl::InternalError("the prover's spans are no JSON object");
  std::vector<std::pair<std::string, absl::Duration>> read;
  for (const auto& [metric, name] : metrics) {
    if (!spans.contains(name)) continue;
    BF_ASSIGN_OR_RETURN(const int64_t ns, Nanoseconds(spans[name], name));
    read.emplace_back(metric, absl::Nanoseconds(ns));
  }
  return read;
}

}  // namespace benchfleet
