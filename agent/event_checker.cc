#include "agent/event_checker.h"

#include <variant>

#include "base/limits.h"
#include "base/status.h"
#include "base/text.h"
#include "proto/chunk.h"
#include "proto/convert.h"

namespace benchfleet {

absl::StatusOr<std::optional<RunnerEvent>> EventChecker::Next() {
  BF_ASSIGN_OR_RETURN(const std::optional<std::string> frame, decoder_.Next());
  if (!frame) return std::nullopt;
  auto event = ParseRunnerEvent(*frame);
  if (!event.ok()) return event.status();
  BF_RETURN_IF_ERROR(Check(*event));
  return *std::move(event);
}

absl::Status EventChecker::Check(const RunnerEvent& event) {
  if (finished_) return absl::InvalidArgumentError("an event came after the last one");
  if (const auto* started = std::get_if<RunStarted>(&event)) return CheckStarted(*started);
  if (const auto* chunk = std::get_if<SampleChunk>(&event)) return CheckSamples(*chunk);
  if (const auto* ready = std::get_if<RunnerReady>(&event)) return CheckReady(*ready);
  finished_ = true;
  return CheckFinished(std::get<RunnerFinished>(event));
}

absl::Status EventChecker::CheckStarted(const RunStarted& started) {
  if (started_) return absl::InvalidArgumentError("it started twice");
  started_ = true;
  for (const Metric& metric : started.metrics) {
    if (!IsUtf8(metric.name)) return absl::InvalidArgumentError("a metric's name is not UTF-8");
    if (metric.derived_from.empty()) samples_[metric.name] = 0;
  }
  return absl::OkStatus();
}

absl::Status EventChecker::CheckSamples(const SampleChunk& chunk) {
  const auto found = samples_.find(chunk.metric);
  if (!started_ || found == samples_.end()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("samples of '%s', which was not declared", chunk.metric.substr(0, 100)));
  }
  if (chunk.first_index != found->second) {
    return absl::InvalidArgumentError(
        absl::StrFormat("samples of '%s' from number %d on came after %d of them", chunk.metric,
                        chunk.first_index, found->second));
  }
  BF_RETURN_IF_ERROR(Annotate(CheckChunk(chunk), "samples of '" + chunk.metric + "'"));
  found->second += chunk.count;
  total_ += chunk.count;
  if (total_ > limits::kMaxSamplesPerRun) {
    return absl::InvalidArgumentError(
        absl::StrFormat("more than %d samples came", limits::kMaxSamplesPerRun));
  }
  return absl::OkStatus();
}

absl::Status EventChecker::CheckReady(const RunnerReady& ready) {
  if (!started_ || ready_) {
    return absl::InvalidArgumentError(ready_ ? "it was ready twice" : "it was ready unstarted");
  }
  ready_ = true;
  size_t bytes = ready.endpoint.size();
  bool utf8 = IsUtf8(ready.endpoint);
  for (const auto& [name, value] : ready.values) {
    bytes += name.size() + value.size();
    utf8 = utf8 && IsUtf8(name) && IsUtf8(value);
  }
  if (ready.endpoint.empty() || !utf8 || bytes > 2 * limits::kMaxOfferBytes) {
    return absl::InvalidArgumentError("it is ready at no place, or offers too much");
  }
  return absl::OkStatus();
}

absl::Status EventChecker::CheckFinished(const RunnerFinished& finished) const {
  if (finished.outcome == Outcome::kUnspecified) {
    return absl::InvalidArgumentError("it finished without an outcome");
  }
  for (const auto& [metric, count] : finished.sample_counts) {
    const auto found = samples_.find(metric);
    const uint64_t came = found == samples_.end() ? 0 : found->second;
    if (came == count) continue;
    return absl::InvalidArgumentError(
        absl::StrFormat("it says that it sent %d samples of '%s', and %d came", count,
                        metric.substr(0, 100), came));
  }
  return absl::OkStatus();
}

}  // namespace benchfleet
