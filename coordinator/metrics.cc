#include "coordinator/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/version.h"

namespace benchfleet {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;

constexpr State kStates[] = {State::kWaiting, State::kRunning, State::kDone, State::kFailed,
                             State::kCancelled};
constexpr int kOutcomes = static_cast<int>(Outcome::kNotStarted);

const prometheus::Histogram::BucketBoundaries& LatencyBuckets() {
  static const auto* const buckets = new prometheus::Histogram::BucketBoundaries{
      0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10};
  return *buckets;
}

}  // namespace

struct CoordinatorMetrics::Families {
  prometheus::Registry registry;

  prometheus::Family<prometheus::Gauge>& jobs =
      BuildGauge().Name("benchfleet_jobs").Help("Open jobs by state.").Register(registry);
  prometheus::Family<prometheus::Gauge>& tasks =
      BuildGauge().Name("benchfleet_tasks").Help("Tasks of open jobs by state.").Register(registry);
  prometheus::Family<prometheus::Gauge>& agents = BuildGauge()
                                                      .Name("benchfleet_agents")
                                                      .Help("Agents by whether they are connected.")
                                                      .Register(registry);
  prometheus::Family<prometheus::Counter>& runs = BuildCounter()
                                                      .Name("benchfleet_runs_total")
                                                      .Help("Runs that ended, by outcome.")
                                                      .Register(registry);
  prometheus::Counter& records = BuildCounter()
                                     .Name("benchfleet_ingested_records_total")
                                     .Help("Spool records made durable.")
                                     .Register(registry)
                                     .Add({});
  prometheus::Counter& samples = BuildCounter()
                                     .Name("benchfleet_ingested_samples_total")
                                     .Help("Samples made durable.")
                                     .Register(registry)
                                     .Add({});
  prometheus::Counter& bytes = BuildCounter()
                                   .Name("benchfleet_ingested_bytes_total")
                                   .Help("Packed sample bytes made durable.")
                                   .Register(registry)
                                   .Add({});
  prometheus::Counter& refused = BuildCounter()
                                     .Name("benchfleet_refused_records_total")
                                     .Help("Spool records refused as damaged or unknown.")
                                     .Register(registry)
                                     .Add({});
  prometheus::Histogram& ack = BuildHistogram()
                                   .Name("benchfleet_ack_latency_seconds")
                                   .Help("From a batch read to its durable acknowledgement.")
                                   .Register(registry)
                                   .Add({}, LatencyBuckets());
  prometheus::Histogram& commit = BuildHistogram()
                                      .Name("benchfleet_commit_duration_seconds")
                                      .Help("Duration of a store commit.")
                                      .Register(registry)
                                      .Add({}, LatencyBuckets());
  prometheus::Histogram& commit_size = BuildHistogram()
                                           .Name("benchfleet_commit_works")
                                           .Help("Pieces of work in one store commit.")
                                           .Register(registry)
                                           .Add({}, prometheus::Histogram::BucketBoundaries{
                                                        1, 2, 5, 10, 20, 50, 100, 200, 500, 1000});
  prometheus::Gauge& store_bytes = BuildGauge()
                                       .Name("benchfleet_store_size_bytes")
                                       .Help("Size of the store on disk.")
                                       .Register(registry)
                                       .Add({});
  prometheus::Gauge& stored_samples = BuildGauge()
                                          .Name("benchfleet_stored_samples")
                                          .Help("Samples in the store.")
                                          .Register(registry)
                                          .Add({});
  prometheus::Gauge& queue_bytes = BuildGauge()
                                       .Name("benchfleet_ingest_queue_bytes")
                                       .Help("Bytes of batches that wait for a commit.")
                                       .Register(registry)
                                       .Add({});

  // Of the newest `benchctl selftest detection --publish`; without any they have no value.
  prometheus::Family<prometheus::Gauge>& recall =
      BuildGauge()
          .Name("benchfleet_detection_recall")
          .Help("Share of steps put into stored histories that were found, by rule and effect.")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& precision =
      BuildGauge()
          .Name("benchfleet_detection_precision")
          .Help("Share of the change points found that were such steps, by effect.")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& delay =
      BuildGauge()
          .Name("benchfleet_detection_delay_revisions")
          .Help("Revisions from a step to its detection, median, by effect.")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& false_rate =
      BuildGauge()
          .Name("benchfleet_detection_false_positive_rate")
          .Help("Alarms without a change: per point (trend), per comparison (check).")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& selftest_time =
      BuildGauge()
          .Name("benchfleet_detection_selftest_timestamp_seconds")
          .Help("When the self-test was published.")
          .Register(registry);

  using EffectGauge = std::pair<prometheus::Family<prometheus::Gauge>*, prometheus::Gauge*>;
  std::vector<EffectGauge> effects;  // of the newest self-test
};

CoordinatorMetrics::CoordinatorMetrics() : families_(std::make_unique<Families>()) {
  BuildGauge()
      .Name("benchfleet_build_info")
      .Help("1, labelled with the version.")
      .Register(families_->registry)
      .Add({{"version", kVersion}})
      .Set(1);
  // Every series exists from the start: a missing one and a zero are different things to a query.
  for (int outcome = 1; outcome <= kOutcomes; ++outcome) {
    families_->runs.Add({{"outcome", std::string(OutcomeName(static_cast<Outcome>(outcome)))}});
  }
  SetJobs({});
  SetTasks({});
  SetAgents(0, 0);
}

CoordinatorMetrics::~CoordinatorMetrics() = default;

namespace {

void SetByState(prometheus::Family<prometheus::Gauge>& family,
                const std::map<State, uint64_t>& counts) {
  for (const State state : kStates) {
    const auto it = counts.find(state);
    family.Add({{"state", std::string(StateName(state))}})
        .Set(it == counts.end() ? 0 : static_cast<double>(it->second));
  }
}

}  // namespace

void CoordinatorMetrics::SetJobs(const std::map<State, uint64_t>& open_jobs) {
  SetByState(families_->jobs, open_jobs);
}

void CoordinatorMetrics::SetTasks(const std::map<State, uint64_t>& tasks) {
  SetByState(families_->tasks, tasks);
}

void CoordinatorMetrics::SetAgents(uint64_t connected, uint64_t known) {
  families_->agents.Add({{"connected", "true"}}).Set(static_cast<double>(connected));
  families_->agents.Add({{"connected", "false"}}).Set(static_cast<double>(known - connected));
}

void CoordinatorMetrics::CountRun(Outcome outcome) {
  families_->runs.Add({{"outcome", std::string(OutcomeName(outcome))}}).Increment();
}

void CoordinatorMetrics::CountIngest(uint64_t records, uint64_t samples, uint64_t payload_bytes,
                                     uint64_t refused) {
  families_->records.Increment(static_cast<double>(records));
  families_->samples.Increment(static_cast<double>(samples));
  families_->bytes.Increment(static_cast<double>(payload_bytes));
  families_->refused.Increment(static_cast<double>(refused));
}

void CoordinatorMetrics::ObserveAck(absl::Duration latency) {
  families_->ack.Observe(absl::ToDoubleSeconds(latency));
}

void CoordinatorMetrics::ObserveCommit(uint64_t works, absl::Duration took) {
  families_->commit.Observe(absl::ToDoubleSeconds(took));
  families_->commit_size.Observe(static_cast<double>(works));
}

void CoordinatorMetrics::SetStore(uint64_t file_bytes, uint64_t samples) {
  families_->store_bytes.Set(static_cast<double>(file_bytes));
  families_->stored_samples.Set(static_cast<double>(samples));
}

void CoordinatorMetrics::SetIngestQueueBytes(uint64_t bytes) {
  families_->queue_bytes.Set(static_cast<double>(bytes));
}

void CoordinatorMetrics::SetSelftest(const PublishedSelftest& selftest) {
  const auto share = [](uint64_t count, uint64_t of) {
    return of == 0 ? 0 : static_cast<double>(count) / static_cast<double>(of);
  };
  std::vector<Families::EffectGauge> effects;
  const auto set = [&effects](prometheus::Family<prometheus::Gauge>& family,
                              const std::map<std::string, std::string>& labels, double value) {
    prometheus::Gauge& gauge = family.Add(labels);
    gauge.Set(value);
    effects.emplace_back(&family, &gauge);
  };
  for (const SelftestEffect& effect : selftest.effects) {
    const std::string size = absl::StrFormat("%g", effect.effect);
    set(families_->recall, {{"rule", "trend"}, {"effect", size}},
        share(effect.trend_found, effect.trials));
    set(families_->recall, {{"rule", "check"}, {"effect", size}},
        share(effect.check_found, effect.trials));
    const uint64_t called = effect.trend_found + effect.trend_false;
    set(families_->precision, {{"effect", size}},
        called == 0 ? 1 : share(effect.trend_found, called));
    if (effect.delay_revisions) {
      set(families_->delay, {{"effect", size}}, *effect.delay_revisions);
    }
  }
  // Those that the last self-test had and this one has not; the others were there all the time.
  for (const Families::EffectGauge& old : families_->effects) {
    if (std::ranges::find(effects, old) == effects.end()) old.first->Remove(old.second);
  }
  families_->effects = std::move(effects);
  families_->false_rate.Add({{"rule", "trend"}})
      .Set(share(selftest.trend_false, selftest.quiet_points));
  families_->false_rate.Add({{"rule", "check"}})
      .Set(share(selftest.check_false, selftest.check_quiet));
  families_->selftest_time.Add({}).Set(absl::ToDoubleSeconds(selftest.at - absl::UnixEpoch()));
}

std::string CoordinatorMetrics::Text() const {
  return prometheus::TextSerializer().Serialize(families_->registry.Collect());
}

}  // namespace benchfleet
