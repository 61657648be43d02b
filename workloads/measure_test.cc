#include "workloads/measure.h"

#include <algorithm>

#include "base/limits.h"
#include "gtest/gtest.h"
#include "workloads/testing.h"

namespace benchfleet {
namespace {

// What a test tells the workload under measurement to do.
struct Script {
  ManualStopwatch clock{20};
  int64_t operation_ns = 0;
  int64_t first_ns = 0;  // of the very first operation; 0: as the others
  // Called before each Run or RunOnce with its number, from 0.
  std::function<absl::Status(uint64_t)> before = [](uint64_t) { return absl::OkStatus(); };
  std::function<absl::Status(Iteration&)> once;  // set: a self-timed workload
  std::vector<Metric> metrics = {LatencyMetric()};
  bool metrics_grow = false;
  absl::Status configure, set_up, validate, teardown;
  StringMap facts;
  uint64_t calls = 0;
  uint64_t operations = 0;
  std::string order;  // of the life cycle
};

class Scripted final : public Workload {
 public:
  explicit Scripted(Script& script) : script_(script) {}
  absl::Status Configure(const Parameters&) override {
    script_.order += "configure ";
    return script_.configure;
  }
  absl::Status SetUp(const RunContext&) override {
    script_.order += "set_up ";
    return script_.set_up;
  }
  std::vector<Metric> Metrics() const override { return script_.metrics; }
  bool self_timed() const override { return script_.once != nullptr; }
  bool metrics_grow() const override { return script_.metrics_grow; }
  absl::Status Run(uint64_t iterations) override {
    if (absl::Status status = script_.before(script_.calls++); !status.ok()) return status;
    int64_t ns = static_cast<int64_t>(iterations) * script_.operation_ns;
    if (script_.operations == 0 && script_.first_ns != 0) ns = script_.first_ns;
    script_.operations += iterations;
    script_.clock.Advance(ns);
    return absl::OkStatus();
  }
  absl::Status RunOnce(Iteration& iteration) override {
    if (absl::Status status = script_.before(script_.calls++); !status.ok()) return status;
    ++script_.operations;
    script_.clock.Advance(script_.operation_ns);
    return script_.once(iteration);
  }
  absl::Status Validate() override {
    script_.order += "validate ";
    return script_.validate;
  }
  absl::Status TearDown() override {
    script_.order += "teardown";
    return script_.teardown;
  }
  StringMap Facts() const override { return script_.facts; }

 private:
  Script& script_;
};

class MeasureTest : public testing::Test {
 protected:
  MeasureTest() {
    request_.spec.workload = "test.scripted";
    request_.spec.measurement = {0, 10, 0, absl::Seconds(10), 0};
  }
  absl::Status Execute() {
    Catalog catalog;
    WorkloadEntry entry;
    entry.description.name = "test.scripted";
    entry.description.parameters = {OptionalParameter("size", "of it", "1")};
    entry.create = [this] { return std::make_unique<Scripted>(script_); };
    EXPECT_TRUE(catalog.Add(entry).ok());
    return ExecuteRun(request_, catalog, script_.clock, sink_);
  }
  const RunnerFinished& ExecuteToTheEnd() {
    EXPECT_TRUE(Execute().ok());
    sink_.ExpectConsistent();
    return *sink_.finished();
  }
  Measurement& measurement() { return request_.spec.measurement; }
  // The number of samples by whether they are warm-up.
  uint64_t Count(bool warmup, const std::string& metric = kLatency) const {
    uint64_t count = 0;
    for (const SampleChunk& chunk : sink_.Chunks()) {
      if (chunk.metric == metric && chunk.warmup == warmup) count += chunk.count;
    }
    return count;
  }

  Script script_;
  RunnerRequest request_;
  CollectingSink sink_;
};

constexpr int64_t kMillisecond = 1'000'000;

// ---- batching

TEST_F(MeasureTest, ALongOperationIsMeasuredOneByOne) {
  script_.operation_ns = 200 * kMillisecond;
  ExecuteToTheEnd();
  for (const SampleChunk& chunk : sink_.Chunks()) EXPECT_EQ(chunk.operations, 1u);
  // The sample holds one reading of the clock besides the operation, as everywhere.
  for (const double value : sink_.Values(kLatency)) EXPECT_EQ(value, 200.0 * kMillisecond + 20);
}

TEST_F(MeasureTest, OfALongOperationEverySampleCountsTheFirstIncluded) {
  script_.operation_ns = 5 * kMillisecond;
  measurement().max_samples = 10;
  ExecuteToTheEnd();
  EXPECT_EQ(script_.operations, 10u);
  EXPECT_EQ(Count(false), 10u);
  EXPECT_EQ(Count(true), 0u);
}

TEST_F(MeasureTest, AShortOperationIsBatchedSoThatTheClockCostsUnderOnePercent) {
  script_.operation_ns = 7;
  ExecuteToTheEnd();
  const SampleChunk last = sink_.Chunks().back();
  EXPECT_FALSE(last.warmup);
  // A pair costs 40 ns.
  EXPECT_GT(static_cast<int64_t>(last.operations) * 7, 100 * 40);
  for (const double value : sink_.Values(kLatency)) EXPECT_NEAR(value, 7, 0.07);
}

TEST_F(MeasureTest, TheBatchTakesItsShareOfTheTime) {
  script_.operation_ns = 7;
  ExecuteToTheEnd();
  const double batch_ns = static_cast<double>(sink_.Chunks().back().operations) * 7;
  EXPECT_NEAR(batch_ns, 1.0 * kMillisecond, 0.02 * kMillisecond);  // 10 s / 10,000
  EXPECT_NEAR(static_cast<double>(Count(false)), 10'000, 200);
}

TEST_F(MeasureTest, ManySamplesAreMadeToFitIntoTheTime) {
  script_.operation_ns = 7;
  measurement().min_samples = 100'000;
  measurement().max_time = absl::Seconds(4);
  ExecuteToTheEnd();
  EXPECT_GE(Count(false), 195'000u);
  EXPECT_LE(Count(false), 205'000u);
}

TEST(BatchTargetTest, StaysBetweenTheClocksCostAndAMillisecond) {
  Measurement measurement;
  measurement.max_time = absl::Seconds(1000);
  EXPECT_EQ(MeasuringLoop::BatchTargetNs(measurement, 70), kMillisecond);
  measurement.max_time = absl::Milliseconds(1);
  EXPECT_EQ(MeasuringLoop::BatchTargetNs(measurement, 70), 14'000);
  measurement.max_time = absl::Seconds(5);
  EXPECT_EQ(MeasuringLoop::BatchTargetNs(measurement, 70), kMillisecond / 2);
}

TEST_F(MeasureTest, ASlowFirstOperationDoesNotPreventBatching) {
  script_.operation_ns = 50;
  script_.first_ns = 3 * kMillisecond;
  ExecuteToTheEnd();
  EXPECT_GT(sink_.Chunks().back().operations, 1000u);
  // It is kept, as warm-up.
  const SampleChunk first = sink_.Chunks().front();
  EXPECT_TRUE(first.warmup);
  EXPECT_EQ(DecodeIntegers(first)->front(), 3 * kMillisecond + 20);
}

TEST_F(MeasureTest, AnEmptyBodyEndsWithABoundedBatch) {
  script_.operation_ns = 0;
  measurement().max_samples = 10;
  ExecuteToTheEnd();
  EXPECT_EQ(sink_.Chunks().back().operations, 1'000'000'000u);
}

TEST_F(MeasureTest, APreemptedSizingBatchDoesNotMakeBatchesTooSmall) {
  script_.operation_ns = 100;
  script_.before = [this](uint64_t call) {
    if (call == 5) script_.clock.Advance(40 * kMillisecond);  // the first growing batch
    return absl::OkStatus();
  };
  ExecuteToTheEnd();
  EXPECT_GE(sink_.Chunks().back().operations, 5'000u);
}

// ---- stop rules and warm-up

TEST_F(MeasureTest, MinSamplesWinOverMaxTime) {
  script_.operation_ns = 2'000 * kMillisecond;
  measurement().min_samples = 30;
  ExecuteToTheEnd();
  EXPECT_EQ(Count(false), 30u);
}

TEST_F(MeasureTest, StopsAtMaxTime) {
  script_.operation_ns = 100 * kMillisecond;
  ExecuteToTheEnd();
  EXPECT_EQ(Count(false), 100u);
}

TEST_F(MeasureTest, StopsAtMaxSamples) {
  script_.operation_ns = kMillisecond;
  measurement().max_samples = 25;
  ExecuteToTheEnd();
  EXPECT_EQ(Count(false), 25u);
}

TEST_F(MeasureTest, StopsWhenTheIntervalIsNarrow) {
  script_.operation_ns = kMillisecond;
  measurement().until_relative_ci = 0.01;
  ExecuteToTheEnd();
  EXPECT_EQ(Count(false), 10u);  // they are all the same
}

TEST_F(MeasureTest, GoesOnWhileTheIntervalIsWide) {
  Random random(1);
  script_.before = [&](uint64_t) {
    script_.clock.Advance(kMillisecond + static_cast<int64_t>(random.Below(kMillisecond)));
    return absl::OkStatus();
  };
  measurement().until_relative_ci = 0.02;
  ExecuteToTheEnd();
  EXPECT_GT(Count(false), 100u);
  std::vector<double> values = sink_.Values(kLatency);
  EXPECT_LE(RelativeMedianInterval(values), 0.02);
  EXPECT_LT(values.size(), 5'000u);  // well before max_time
}

TEST_F(MeasureTest, WarmUpSamplesComeFirstAndDoNotCount) {
  script_.operation_ns = 10 * kMillisecond;
  measurement().warmup = 7;
  measurement().max_samples = 10;
  ExecuteToTheEnd();
  EXPECT_EQ(Count(true), 7u);
  EXPECT_EQ(Count(false), 10u);
  EXPECT_TRUE(sink_.Chunks().front().warmup);
  EXPECT_FALSE(sink_.Chunks().back().warmup);
}

TEST_F(MeasureTest, WarmUpOfBatchesComesAfterSizing) {
  script_.operation_ns = 10;
  measurement().warmup = 3;
  measurement().max_samples = 10;
  ExecuteToTheEnd();
  uint64_t full_size_warmup = 0;
  const std::vector<SampleChunk> chunks = sink_.Chunks();
  for (const SampleChunk& chunk : chunks) {
    if (chunk.warmup && chunk.operations == chunks.back().operations) {
      full_size_warmup += chunk.count;
    }
  }
  EXPECT_GE(full_size_warmup, 3u);
  EXPECT_EQ(Count(false), 10u);
}

// ---- chunks

TEST_F(MeasureTest, ChunksAreCutAtTheirBound) {
  script_.operation_ns = 5'000;
  measurement().max_samples = 3 * limits::kSamplesPerChunk + 5;
  ExecuteToTheEnd();
  const std::vector<SampleChunk> chunks = sink_.Chunks();
  ASSERT_EQ(chunks.size(), 4u);
  EXPECT_EQ(chunks[0].count, limits::kSamplesPerChunk);
  EXPECT_EQ(chunks[3].count, 5u);
  EXPECT_EQ(chunks[0].encoding, Encoding::kDeltaVarint);
}

TEST_F(MeasureTest, SamplesLeaveAboutOnceASecond) {
  script_.operation_ns = 100 * kMillisecond;
  measurement().max_samples = 35;
  ExecuteToTheEnd();
  const std::vector<SampleChunk> chunks = sink_.Chunks();
  ASSERT_EQ(chunks.size(), 4u);
  for (size_t i = 0; i + 1 < chunks.size(); ++i) EXPECT_NEAR(chunks[i].count, 10, 1);
}

// ---- self-timed workloads

TEST_F(MeasureTest, PhasesAreMetricsOfTheirOwn) {
  script_.metrics = {LatencyMetric(),
                     {"prove", "ns", Direction::kLowerIsBetter, "", 0},
                     {"verify", "ns", Direction::kLowerIsBetter, "", 0},
                     {"score", "", Direction::kHigherIsBetter, "", 0}};
  script_.once = [this](Iteration& iteration) {
    {
      Iteration::Phase phase(iteration, "prove");
      script_.clock.Advance(30 * kMillisecond);
    }
    {
      Iteration::Phase phase(iteration, "verify");
      script_.clock.Advance(2 * kMillisecond);
    }
    iteration.Add("score", 1.5);
    return absl::OkStatus();
  };
  measurement().max_samples = 10;
  measurement().warmup = 2;
  EXPECT_EQ(ExecuteToTheEnd().outcome, Outcome::kOk);
  EXPECT_EQ(Count(true, "prove"), 2u);
  EXPECT_EQ(sink_.Values("prove"), std::vector<double>(10, 30.0 * kMillisecond + 20));
  EXPECT_EQ(sink_.Values("verify"), std::vector<double>(10, 2.0 * kMillisecond + 20));
  EXPECT_EQ(sink_.Values(kLatency), std::vector<double>(10, 32.0 * kMillisecond + 5 * 20));
  EXPECT_EQ(sink_.Values("score"), std::vector<double>(10, 1.5));
}

TEST_F(MeasureTest, AWorkloadMayTellItsOwnLatency) {
  script_.operation_ns = kMillisecond;
  script_.once = [](Iteration& iteration) {
    iteration.Add(kLatency, 12345);
    return absl::OkStatus();
  };
  measurement().max_samples = 10;
  ExecuteToTheEnd();
  EXPECT_EQ(sink_.Values(kLatency), std::vector<double>(10, 12345));
}

TEST_F(MeasureTest, AMetricThatWasNotDeclaredFailsTheRun) {
  script_.once = [](Iteration& iteration) {
    iteration.Add("surprise", 1);
    return absl::OkStatus();
  };
  const RunnerFinished& finished = ExecuteToTheEnd();
  EXPECT_EQ(finished.outcome, Outcome::kFailed);
  EXPECT_NE(finished.message.find("'surprise'"), std::string::npos) << finished.message;
}

TEST_F(MeasureTest, GrowingMetricsAreAnnouncedAfterTheFirstIteration) {
  script_.metrics_grow = true;
  script_.operation_ns = kMillisecond;
  script_.once = [this](Iteration& iteration) {
    script_.metrics = {LatencyMetric(), {"printed", "MB", Direction::kLowerIsBetter, "", 0}};
    iteration.Add("printed", 2.25);
    return absl::OkStatus();
  };
  measurement().max_samples = 10;
  ExecuteToTheEnd();
  ASSERT_NE(sink_.started(), nullptr);
  EXPECT_EQ(sink_.started()->metrics, script_.metrics);
  EXPECT_EQ(sink_.Values("printed").size(), 10u);
}

// ---- how runs end

TEST_F(MeasureTest, TheLifeOfARunInOrder) {
  script_.operation_ns = kMillisecond;
  script_.facts = {{"prover.version", "1.2"}};
  const RunnerFinished& finished = ExecuteToTheEnd();
  EXPECT_EQ(script_.order, "configure set_up validate teardown");
  EXPECT_EQ(finished.outcome, Outcome::kOk) << finished.message;
  EXPECT_EQ(finished.facts.at("prover.version"), "1.2");
  EXPECT_EQ(finished.facts.at("clock_pair_ns"), "40.2");  // 100 pairs and one reading a round
  EXPECT_EQ(finished.facts.at("batch_operations"), "1");
  EXPECT_EQ(sink_.started()->metrics, script_.metrics);
  EXPECT_NEAR(sink_.started()->clock_pair_ns, 40, 0.5);
}

TEST_F(MeasureTest, AFailedSetUpEndsWithTeardownAndNoSamples) {
  script_.set_up = absl::InternalError("no disk");
  const RunnerFinished& finished = ExecuteToTheEnd();
  EXPECT_EQ(finished.outcome, Outcome::kFailed);
  EXPECT_EQ(finished.message, "test.scripted: set-up: no disk");
  EXPECT_EQ(script_.order, "configure set_up teardown");
  EXPECT_EQ(sink_.events.size(), 1u);
}

TEST_F(MeasureTest, AnErrorWhileMeasuringKeepsWhatWasMeasured) {
  script_.operation_ns = 10 * kMillisecond;
  script_.before = [](uint64_t call) {
    return call < 8 ? absl::OkStatus() : absl::InternalError("the ninth broke");
  };
  const RunnerFinished& finished = ExecuteToTheEnd();
  EXPECT_EQ(finished.outcome, Outcome::kFailed);
  EXPECT_EQ(finished.message, "test.scripted: measuring: the ninth broke");
  EXPECT_EQ(finished.sample_counts.at(kLatency), 8u);
}

TEST_F(MeasureTest, AWrongResultIsInvalidWhereverItIsSeen) {
  script_.operation_ns = 10 * kMillisecond;
  script_.validate = absl::InternalError("the digest differs");
  EXPECT_EQ(ExecuteToTheEnd().outcome, Outcome::kInvalid);
  script_.validate = absl::OkStatus();
  sink_.events.clear();
  script_.before = [](uint64_t) { return absl::DataLossError("a proof was rejected"); };
  EXPECT_EQ(ExecuteToTheEnd().outcome, Outcome::kInvalid);
}

TEST_F(MeasureTest, AnExceptionIsAFailureAndNotACrash) {
  script_.before = [](uint64_t) -> absl::Status { throw std::runtime_error("from a library"); };
  const RunnerFinished& finished = ExecuteToTheEnd();
  EXPECT_EQ(finished.outcome, Outcome::kFailed);
  EXPECT_NE(finished.message.find("it threw: from a library"), std::string::npos);
}

TEST_F(MeasureTest, AMessageThatIsNoTextIsMadeOne) {
  script_.set_up = absl::InternalError(std::string("\xff\xfe broken ") + std::string(9000, 'x'));
  const RunnerFinished& finished = ExecuteToTheEnd();
  EXPECT_LE(finished.message.size(), limits::kMaxFactBytes);
  EXPECT_NE(finished.message.find("?? broken"), std::string::npos);
}

TEST_F(MeasureTest, WhatCannotStartSaysWhy) {
  request_.spec.parameters = {{"sise", "1"}};
  EXPECT_EQ(ExecuteToTheEnd().outcome, Outcome::kNotStarted);
  EXPECT_EQ(sink_.finished()->message,
            "test.scripted has no parameter 'sise' (did you mean 'size'?); it has: size");
  sink_.events.clear();
  request_.spec.parameters.clear();
  script_.configure = absl::InvalidArgumentError("parameter 'size': too odd");
  EXPECT_EQ(ExecuteToTheEnd().outcome, Outcome::kNotStarted);
  sink_.events.clear();
  request_.spec.workload = "test.scriptd";
  EXPECT_EQ(ExecuteToTheEnd().outcome, Outcome::kNotStarted);
  EXPECT_NE(sink_.finished()->message.find("did you mean 'test.scripted'"), std::string::npos);
  EXPECT_EQ(script_.order.find("set_up"), std::string::npos);
}

TEST_F(MeasureTest, ContradictingBoundsAreNotStarted) {
  measurement().max_samples = 5;
  EXPECT_EQ(ExecuteToTheEnd().outcome, Outcome::kNotStarted);
  EXPECT_EQ(sink_.finished()->message, "max_samples (5) is below min_samples (10)");
}

TEST_F(MeasureTest, ALostListenerEndsTheRunAndStillTearsDown) {
  script_.operation_ns = 400 * kMillisecond;
  sink_.fail_after = 2;
  EXPECT_EQ(Execute().code(), absl::StatusCode::kUnavailable);
  EXPECT_LT(script_.operations, 10u);
  EXPECT_EQ(script_.order, "configure set_up teardown");
}

}  // namespace
}  // namespace benchfleet
