#include "workloads/workload.h"

#include <utility>

namespace benchfleet {

Metric LatencyMetric() { return {kLatency, "ns", Direction::kLowerIsBetter, "", 0}; }

Metric ThroughputMetric(double payload_bytes) {
  return {kThroughput, "B/s", Direction::kHigherIsBetter, kLatency, payload_bytes};
}

absl::StatusOr<RunPeer> FindServer(const RunContext& context) {
  for (const RunPeer& peer : context.peers) {
    if (peer.role == kServerRole && !peer.endpoint.empty()) return peer;
  }
  return absl::InternalError("this run was given no server");
}

absl::Status Workload::Serve(ServeContext& /*context*/) {
  return absl::InternalError("this workload does not serve");
}

absl::Status Workload::Run(uint64_t /*iterations*/) {
  return absl::InternalError("this workload times itself: Run is not for it");
}

absl::Status Workload::RunOnce(Iteration& /*iteration*/) {
  return absl::InternalError("this workload is batched: RunOnce is not for it");
}

std::vector<RoleDescription> ClientAndServer(std::string client, std::string server) {
  return ClientAndServerWhere(std::move(client), std::move(server), "", {});
}

std::vector<RoleDescription> ClientAndServerWhere(std::string client, std::string server,
                                                  const std::string& parameter,
                                                  const std::vector<std::string>& values) {
  return {{kClientRole, std::move(client), 1, 1, parameter, values},
          {kServerRole, std::move(server), 1, 1, parameter, values}};
}

}  // namespace benchfleet
