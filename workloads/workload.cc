#include "workloads/workload.h"

namespace benchfleet {

Metric LatencyMetric() { return {kLatency, "ns", Direction::kLowerIsBetter, "", 0}; }

Metric ThroughputMetric(double payload_bytes) {
  return {kThroughput, "B/s", Direction::kHigherIsBetter, kLatency, payload_bytes};
}

absl::Status Workload::Run(uint64_t /*iterations*/) {
  return absl::InternalError("this workload times itself: Run is not for it");
}

absl::Status Workload::RunOnce(Iteration& /*iteration*/) {
  return absl::InternalError("this workload is batched: RunOnce is not for it");
}

}  // namespace benchfleet
