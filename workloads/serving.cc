#include "workloads/serving.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/status.h"
#include "base/text.h"

namespace benchfleet {

absl::Status CheckRole(const WorkloadDescription& workload, const RunSpec& spec) {
  std::vector<std::string> names;
  for (const RoleDescription& role : RolesOf(workload, spec.parameters)) names.push_back(role.name);
  const bool known = std::find(names.begin(), names.end(), spec.role) != names.end();
  if (spec.role.empty()) {
    if (names.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrFormat("%s needs a server on another host, and this run has no role (in a job "
                        "file: hosts with role: client and role: server)",
                        workload.name));
  }
  if (!known) {
    return absl::InvalidArgumentError(absl::StrFormat("%s has no role '%s' with these parameters%s",
                                                      workload.name, spec.role,
                                                      DidYouMean(spec.role, names)));
  }
  if (spec.role != kClientRole) return absl::OkStatus();
  return std::any_of(spec.peers.begin(), spec.peers.end(),
                     [](const RunPeer& peer) { return !peer.endpoint.empty(); })
             ? absl::OkStatus()
             : absl::InvalidArgumentError(workload.name + ": a client was given no server");
}

absl::Status Serving::Ready(const Offer& offer) {
  if (std::exchange(ready_, true)) return absl::InternalError("the server was ready twice");
  size_t bytes = 0;
  for (const auto& [name, value] : offer.values) {
    bytes += name.size() + value.size();
    if (!IsUtf8(name) || !IsUtf8(value)) {
      return absl::InternalError("what the server offers is not UTF-8: " + name);
    }
  }
  if (bytes > limits::kMaxOfferBytes) {
    return absl::InternalError(absl::StrFormat("the server offers %d bytes; the bound is %d", bytes,
                                               limits::kMaxOfferBytes));
  }
  const std::lock_guard lock(mutex_);
  sink_status_ =
      sink_.Send(RunnerReady{JoinEndpoint(address_.advertised, offer.port), offer.values});
  return sink_status_;
}

absl::Status Serving::Add(std::string_view metric, double value) {
  const std::lock_guard lock(mutex_);
  const int number = buffer_.Find(metric);
  if (number < 0 || !std::isfinite(value)) {
    return absl::InternalError(absl::StrFormat("the server reports %s for the metric '%s'",
                                               number < 0 ? "a value" : "no finite number",
                                               metric));
  }
  buffer_.Add(number, value, 1, /*warmup=*/false);
  if (buffer_.full() && sink_status_.ok()) sink_status_ = buffer_.Flush();
  return sink_status_;
}

absl::Status Serving::sink_status() const {
  const std::lock_guard lock(mutex_);
  return sink_status_;
}

}  // namespace benchfleet
