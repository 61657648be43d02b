// bench.noop and bench.sleep: workloads about nothing, to see what measuring itself costs.
#include <time.h>

#include <cerrno>

#include "base/status.h"
#include "workloads/builtins.h"

namespace benchfleet {
namespace {

class Noop final : public Workload {
 public:
  absl::Status Run(uint64_t iterations) override {
    for (uint64_t i = 0; i < iterations; ++i) asm volatile("");  // keeps the loop, costs nothing
    return absl::OkStatus();
  }
};

class Sleep final : public Workload {
 public:
  absl::Status Configure(const Parameters& parameters) override {
    BF_ASSIGN_OR_RETURN(duration_, parameters.Duration("duration"));
    return absl::OkStatus();
  }
  absl::Status Run(uint64_t iterations) override {
    for (uint64_t i = 0; i < iterations; ++i) {
      timespec left = absl::ToTimespec(duration_);
      while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) continue;
    }
    return absl::OkStatus();
  }

 private:
  absl::Duration duration_;
};

}  // namespace

std::vector<WorkloadEntry> BenchWorkloads() {
  WorkloadDescription noop{
      "bench.noop", "an empty body: what measuring itself costs", {}, {LatencyMetric()}, "", ""};
  WorkloadDescription sleep{
      "bench.sleep",
      "sleeps: how late this host wakes up",
      {OfKind(ParameterKind::kDuration,
              OptionalParameter("duration", "of one sleep, for example 1ms", "1ms"))},
      {LatencyMetric()},
      "",
      ""};
  return {{noop, [] { return std::make_unique<Noop>(); }},
          {sleep, [] { return std::make_unique<Sleep>(); }}};
}

}  // namespace benchfleet
