#include "workloads/measure.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/status.h"

namespace benchfleet {
namespace {

constexpr double kPairsOfOneOperation = 100;  // fewer: the operation is batched
constexpr double kPairsOfABatch = 200;
constexpr int64_t kLongestBatchNs = 1'000'000;
constexpr int64_t kUsualSamples = 10'000;
constexpr uint64_t kProbesMax = 5;
constexpr int64_t kSurelyLongNs = 100'000'000;  // no hiccup makes a short operation look like this
constexpr uint64_t kGrowthMax = 10;
constexpr uint64_t kBatchOperationsMax = 1'000'000'000;
constexpr int64_t kWriteEveryNs = 1'000'000'000;

}  // namespace

MeasuringLoop::MeasuringLoop(const Measurement& measurement, const ClockCost& clock_cost,
                             Stopwatch& stopwatch, Workload& workload, SampleBuffer& buffer)
    : measurement_(measurement),
      clock_cost_(clock_cost),
      stopwatch_(stopwatch),
      workload_(workload),
      buffer_(buffer),
      rule_(measurement),
      warmup_left_(measurement.warmup) {}

int64_t MeasuringLoop::BatchTargetNs(const Measurement& measurement, double clock_pair_ns) {
  const int64_t shortest = static_cast<int64_t>(std::ceil(kPairsOfABatch * clock_pair_ns));
  const int64_t samples = std::max(kUsualSamples, 2 * int64_t{measurement.min_samples});
  const int64_t share = absl::ToInt64Nanoseconds(measurement.max_time) / samples;
  return std::max(shortest, std::min(share, kLongestBatchNs));
}

absl::Status MeasuringLoop::Run(const Declare& declare) {
  written_ns_ = stopwatch_.NowNs();
  return workload_.self_timed() ? RunSelfTimed(declare) : RunBatched();
}

absl::Status MeasuringLoop::RunBatched() {
  latency_ = buffer_.Find(kLatency);
  if (latency_ < 0) return absl::InternalError("a batched workload must report latency");
  BF_RETURN_IF_ERROR(FindBatchSize());
  while (!done_) {
    BF_RETURN_IF_ERROR(Time(batch_operations_));
    BF_RETURN_IF_ERROR(Sample(batch_operations_));
  }
  return absl::OkStatus();
}

absl::Status MeasuringLoop::Time(uint64_t operations) {
  begin_ns_ = stopwatch_.NowNs();
  absl::Status status = workload_.Run(operations);
  end_ns_ = stopwatch_.NowNs();
  return status;
}

absl::Status MeasuringLoop::FindBatchSize() {
  struct Probe {
    int64_t begin_ns;
    int64_t end_ns;
  };
  std::vector<Probe> probes;
  const uint64_t probes_max =
      std::min<uint64_t>(kProbesMax, measurement_.warmup + rule_.max_samples());
  int64_t fastest = 0;
  do {
    BF_RETURN_IF_ERROR(Time(1));
    probes.push_back({begin_ns_, end_ns_});
    const int64_t elapsed = end_ns_ - begin_ns_;
    fastest = probes.size() == 1 ? elapsed : std::min(fastest, elapsed);
  } while (fastest < kSurelyLongNs && probes.size() < probes_max);

  const bool one_by_one =
      static_cast<double>(fastest) >= kPairsOfOneOperation * clock_cost_.pair_ns;
  for (const Probe& probe : probes) {
    begin_ns_ = probe.begin_ns;
    end_ns_ = probe.end_ns;
    BF_RETURN_IF_ERROR(one_by_one ? Sample(1) : SizingSample(1));
  }
  return one_by_one ? absl::OkStatus() : GrowBatch(fastest);
}

absl::Status MeasuringLoop::GrowBatch(int64_t fastest_ns) {
  constexpr int kTries = 3;  // of one size; the fastest tells, since a preempted one is too slow
  const int64_t target = BatchTargetNs(measurement_, clock_cost_.pair_ns);
  uint64_t size = 1;
  int64_t elapsed = fastest_ns;
  while (elapsed < target / 2 && size < kBatchOperationsMax) {
    const double wanted =
        static_cast<double>(target) / static_cast<double>(std::max<int64_t>(elapsed, 1));
    const auto factor = static_cast<uint64_t>(std::ceil(std::min(wanted, double{kGrowthMax})));
    size = std::min(size * std::max<uint64_t>(factor, 2), kBatchOperationsMax);
    for (int i = 0; i < kTries && (i == 0 || elapsed >= target / 2); ++i) {
      BF_RETURN_IF_ERROR(Time(size));
      BF_RETURN_IF_ERROR(SizingSample(size));
      elapsed = i == 0 ? end_ns_ - begin_ns_ : std::min(elapsed, end_ns_ - begin_ns_);
    }
  }
  const double fitting = static_cast<double>(size) * static_cast<double>(target) /
                         static_cast<double>(std::max<int64_t>(elapsed, 1));
  batch_operations_ = static_cast<uint64_t>(
      std::clamp(std::ceil(fitting), 1.0, static_cast<double>(kBatchOperationsMax)));
  return absl::OkStatus();
}

absl::Status MeasuringLoop::SizingSample(uint64_t operations) {
  buffer_.Add(latency_, static_cast<double>(end_ns_ - begin_ns_), operations, /*warmup=*/true);
  return WriteIfDue();
}

absl::Status MeasuringLoop::Sample(uint64_t operations) {
  const auto elapsed = static_cast<double>(end_ns_ - begin_ns_);
  const bool warmup = warmup_left_ > 0;
  buffer_.Add(latency_, elapsed, operations, warmup);
  if (warmup) {
    --warmup_left_;
  } else {
    if (counted_since_ns_ < 0) counted_since_ns_ = begin_ns_;
    rule_.Add(elapsed);
    done_ = rule_.Done(end_ns_ - counted_since_ns_);
  }
  return WriteIfDue();
}

absl::Status MeasuringLoop::WriteIfDue() {
  if (!buffer_.full() && end_ns_ - written_ns_ < kWriteEveryNs) return absl::OkStatus();
  absl::Status status = buffer_.Flush();
  sink_error_ = !status.ok();
  written_ns_ = stopwatch_.NowNs();
  return status;
}

absl::Status MeasuringLoop::RunSelfTimed(const Declare& declare) {
  Iteration iteration(stopwatch_);
  for (bool first = true; !done_; first = false) {
    const bool warmup = warmup_left_ > 0;
    iteration.Clear(warmup);
    begin_ns_ = stopwatch_.NowNs();
    absl::Status status = workload_.RunOnce(iteration);
    end_ns_ = stopwatch_.NowNs();
    BF_RETURN_IF_ERROR(status);
    if (first && workload_.metrics_grow()) BF_RETURN_IF_ERROR(declare());
    if (warmup) --warmup_left_;
    BF_RETURN_IF_ERROR(TakeValues(iteration, warmup));
    BF_RETURN_IF_ERROR(WriteIfDue());
  }
  return absl::OkStatus();
}

absl::Status MeasuringLoop::TakeValues(const Iteration& iteration, bool warmup) {
  latency_ = buffer_.Find(kLatency);
  const auto latency = static_cast<double>(end_ns_ - begin_ns_);
  bool own_latency = false;
  for (const auto& [name, value] : iteration.values()) {
    const int metric = buffer_.Find(name);
    if (metric < 0 || !std::isfinite(value)) {
      return absl::InternalError(
          absl::StrFormat("the workload reports %s for the metric '%s'%s",
                          std::isfinite(value) ? "a value" : "no finite number", name,
                          metric < 0 ? ", which is not among those of this run" : ""));
    }
    if (metric == latency_) {
      if (!warmup) rule_.Add(value);
      own_latency = true;
    }
    buffer_.Add(metric, value, 1, warmup);
  }
  if (!own_latency) {
    if (!warmup) rule_.Add(latency);
    if (latency_ >= 0) buffer_.Add(latency_, latency, 1, warmup);
  }
  if (warmup) return absl::OkStatus();
  if (counted_since_ns_ < 0) counted_since_ns_ = begin_ns_;
  done_ = rule_.Done(end_ns_ - counted_since_ns_);
  return absl::OkStatus();
}

}  // namespace benchfleet
