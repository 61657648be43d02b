// Samples between being measured and being written: one open chunk for each metric of a run.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "proto/model.h"
#include "workloads/event_sink.h"

namespace benchfleet {

// Add() only stores; Flush() packs and sends, so that the loop decides when that may happen. A
// chunk is cut where `operations` or `warmup` changes and at limits::kSamplesPerChunk values; whole
// numbers are packed as kDeltaVarint, others as kFloat64. One thread.
class SampleBuffer {
 public:
  explicit SampleBuffer(EventSink& sink) : sink_(sink) {}
  SampleBuffer(const SampleBuffer&) = delete;
  SampleBuffer& operator=(const SampleBuffer&) = delete;

  // Once, before Add. Derived metrics take no samples. Errors, Internal: a name that stands twice,
  // more than limits::kMaxMetricsPerRun.
  absl::Status Declare(const std::vector<Metric>& metrics);

  // The number to use with Add, or -1 where no such metric was declared or it is derived.
  int Find(std::string_view metric) const;

  void Add(int metric, double value, uint64_t operations, bool warmup);
  // Some metric holds a whole chunk: time to Flush.
  bool full() const { return full_; }
  absl::Status Flush();

  // No sample was ever added.
  bool empty() const { return empty_; }
  // Samples that were sent, by metric, warm-up included; metrics without samples are left out.
  std::map<std::string, uint64_t> sent() const;

 private:
  struct Series {
    std::string metric;
    uint64_t sent = 0;
    std::vector<double> values;  // of the open chunk
    uint64_t operations = 1;
    bool warmup = false;
    std::vector<SampleChunk> cut;  // closed and not yet sent
    uint64_t cut_samples = 0;
  };
  static void Cut(Series& series);

  EventSink& sink_;
  std::vector<Series> series_;
  bool full_ = false;
  bool empty_ = true;
};

}  // namespace benchfleet
