// The measuring loop: reads the clock around a workload's operations and decides how many of them
// make one sample and when there are enough.
//
// Batching. An operation that takes at least 100 clock pairs is measured one by one, so that its
// samples are its own. A shorter one is measured in batches whose time is
//
//   max_time / max(10,000, 2 * min_samples), at least 200 clock pairs and at most 1 ms,
//
// so that the clock costs at most half a percent, min_samples fit into half of max_time where
// that is possible, and a run of short operations has about 10,000 samples and not millions. The
// size is found by timing single operations (up to five; the fastest tells) and then growing
// batches; it stays fixed for the run.
//
// Warm-up. The first `warmup` samples are marked; so are all samples that went into finding the
// batch size, except where operations are measured one by one: those are ordinary samples.
//
// Writing. Samples leave between batches only: when a chunk is full and about once a second.
#pragma once

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "proto/model.h"
#include "workloads/sample_buffer.h"
#include "workloads/stop_rule.h"
#include "workloads/stopwatch.h"
#include "workloads/workload.h"

namespace benchfleet {

// One object a run; one thread. A workload's error comes back as it is; so does an error of the
// sink, and `sink_error()` tells the two apart. What was measured before an error stays in the
// buffer, for the caller to flush.
class MeasuringLoop {
 public:
  // `buffer` has the workload's metrics declared, unless the workload's metrics grow: then Run
  // calls `declare` after the first iteration.
  MeasuringLoop(const Measurement& measurement, const ClockCost& clock_cost, Stopwatch& stopwatch,
                Workload& workload, SampleBuffer& buffer);

  using Declare = std::function<absl::Status()>;
  absl::Status Run(const Declare& declare);

  uint64_t batch_operations() const { return batch_operations_; }
  bool sink_error() const { return sink_error_; }

  // The time that a batch of short operations should take.
  static int64_t BatchTargetNs(const Measurement& measurement, double clock_pair_ns);

 private:
  absl::Status RunBatched();
  absl::Status RunSelfTimed(const Declare& declare);
  // Times `operations`; the time is in elapsed_ns_.
  absl::Status Time(uint64_t operations);
  absl::Status FindBatchSize();
  absl::Status GrowBatch(int64_t fastest_ns);
  // Takes the sample just timed and writes if it is time to.
  absl::Status Sample(uint64_t operations);
  absl::Status SizingSample(uint64_t operations);
  absl::Status WriteIfDue();
  absl::Status TakeValues(const Iteration& iteration, bool warmup);

  const Measurement measurement_;
  const ClockCost clock_cost_;
  Stopwatch& stopwatch_;
  Workload& workload_;
  SampleBuffer& buffer_;
  StopRule rule_;
  int latency_ = -1;  // of buffer_
  uint64_t warmup_left_;
  uint64_t batch_operations_ = 1;
  int64_t begin_ns_ = 0;  // of the batch timed last
  int64_t end_ns_ = 0;
  int64_t counted_since_ns_ = -1;  // begin of the first sample that counts
  int64_t written_ns_ = 0;
  bool done_ = false;
  bool sink_error_ = false;
};

}  // namespace benchfleet
