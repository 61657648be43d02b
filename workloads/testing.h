// Fakes for the tests of workloads/: a clock that moves when told, a sink that keeps what it gets.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "proto/chunk.h"
#include "proto/model.h"
#include "workloads/catalog.h"
#include "workloads/event_sink.h"
#include "workloads/run.h"
#include "workloads/stopwatch.h"

namespace benchfleet {

// Every reading costs `reading_ns`, half of it before the value is taken.
class ManualStopwatch final : public Stopwatch {
 public:
  explicit ManualStopwatch(int64_t reading_ns = 0) : reading_ns_(reading_ns) {}
  int64_t NowNs() override {
    now_ns_ += reading_ns_;
    return now_ns_ - reading_ns_ / 2;
  }
  void Advance(int64_t ns) { now_ns_ += ns; }

 private:
  int64_t now_ns_ = 1'000'000'000;
  int64_t reading_ns_;
};

class CollectingSink : public EventSink {
 public:
  absl::Status Send(const RunnerEvent& event) override {
    if (fail_after >= 0 && static_cast<int>(events.size()) >= fail_after) {
      return absl::UnavailableError("the test's sink is closed");
    }
    events.push_back(event);
    return absl::OkStatus();
  }

  std::vector<SampleChunk> Chunks() const {
    std::vector<SampleChunk> chunks;
    for (const RunnerEvent& event : events) {
      if (const auto* chunk = std::get_if<SampleChunk>(&event)) chunks.push_back(*chunk);
    }
    return chunks;
  }
  const RunStarted* started() const {
    return events.empty() ? nullptr : std::get_if<RunStarted>(&events.front());
  }
  const RunnerFinished* finished() const {
    return events.empty() ? nullptr : std::get_if<RunnerFinished>(&events.back());
  }

  // Per operation; warm-up left out.
  std::vector<double> Values(const std::string& metric) const {
    std::vector<double> values;
    for (const SampleChunk& chunk : Chunks()) {
      if (chunk.metric != metric || chunk.warmup) continue;
      EXPECT_TRUE(DecodeChunk(chunk, &values).ok());
    }
    return values;
  }

  // As the agent checks them: ranges of each metric follow each other, counts add up.
  void ExpectConsistent() const {
    std::map<std::string, uint64_t> counts;
    for (const SampleChunk& chunk : Chunks()) {
      EXPECT_TRUE(CheckChunk(chunk).ok()) << chunk.metric;
      EXPECT_EQ(chunk.first_index, counts[chunk.metric]) << chunk.metric;
      counts[chunk.metric] += chunk.count;
    }
    ASSERT_NE(finished(), nullptr);
    EXPECT_EQ(finished()->sample_counts, counts);
  }

  std::vector<RunnerEvent> events;
  int fail_after = -1;
};

// Runs `workload` from the built-in catalog for a few samples and keeps what it sends.
inline CollectingSink RunBuiltin(const std::string& workload, const StringMap& parameters,
                                 const std::string& scratch_dir = "") {
  static const Catalog catalog = Catalog::Builtins();
  RunnerRequest request;
  request.spec.workload = workload;
  request.spec.parameters = parameters;
  request.spec.measurement.warmup = 1;
  request.spec.measurement.min_samples = 2;
  request.spec.measurement.max_samples = 3;
  // Long enough for a busy machine: it is max_samples that ends the run.
  request.spec.measurement.max_time = absl::Seconds(5);
  request.spec.seed = 7;
  request.scratch_dir = scratch_dir;
  CollectingSink sink;
  EXPECT_TRUE(ExecuteRun(request, catalog, SystemStopwatch(), sink).ok());
  sink.ExpectConsistent();
  return sink;
}

}  // namespace benchfleet
