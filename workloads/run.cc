#include "workloads/run.h"

#include <algorithm>
#include <exception>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/limits.h"
#include "base/status.h"
#include "base/text.h"
#include "workloads/measure.h"
#include "workloads/serving.h"
#include "workloads/sockets.h"

namespace benchfleet {
namespace {

// What comes from a workload or a plug-in may be no UTF-8 and of any length; the wire takes
// neither.
std::string Cleaned(std::string text, size_t bytes_max) {
  if (text.size() > bytes_max) text.resize(bytes_max);
  if (IsUtf8(text)) return text;
  for (char& c : text) {
    if (c == '\0' || static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return text;
}

// Calls `step`; an exception becomes an error.
template <typename Step>
absl::Status Guarded(Step step) {
  try {
    return step();
  } catch (const std::exception& error) {
    return absl::InternalError(absl::StrFormat("it threw: %s", error.what()));
  } catch (...) {
    return absl::InternalError("it threw something that is no std::exception");
  }
}

class RunExecution {
 public:
  RunExecution(const RunnerRequest& request, const Catalog& catalog, Stopwatch& stopwatch,
               EventSink& sink, const StopRequest* stop)
      : request_(request),
        catalog_(catalog),
        stopwatch_(stopwatch),
        sink_(sink),
        stop_(stop),
        buffer_(sink) {}

  absl::Status Execute();

 private:
  absl::Status Prepare();
  void SetUpAndMeasure();
  void Measure();
  void Serve();
  absl::Status Announce(std::vector<Metric> metrics);
  // What an error of set-up or measuring makes of the run; see workload.h.
  Outcome OutcomeOf(const absl::Status& status) const;
  // The first reason stays.
  void End(Outcome outcome, std::string_view step, const absl::Status& status);
  void NoteFacts();

  const RunnerRequest& request_;
  const Catalog& catalog_;
  Stopwatch& stopwatch_;
  EventSink& sink_;
  const StopRequest* const stop_;
  SampleBuffer buffer_;
  std::unique_ptr<Workload> workload_;
  ClockCost clock_cost_;
  StringMap facts_;
  RunnerFinished finished_;
  absl::Status sink_status_;
};

absl::Status RunExecution::Execute() {
  finished_.outcome = Outcome::kOk;
  const absl::Status prepared = Guarded([&] { return Prepare(); });
  if (prepared.ok()) {
    SetUpAndMeasure();
  } else {
    End(Outcome::kNotStarted, "", prepared);
  }
  if (sink_status_.ok()) sink_status_ = buffer_.Flush();
  if (!sink_status_.ok()) return sink_status_;
  finished_.sample_counts = buffer_.sent();
  finished_.facts = facts_;
  return sink_.Send(finished_);
}

absl::Status RunExecution::Prepare() {
  const RunSpec& spec = request_.spec;
  BF_ASSIGN_OR_RETURN(const WorkloadEntry* entry, catalog_.Find(spec.workload));
  BF_RETURN_IF_ERROR(StopRule::Check(spec.measurement));
  BF_ASSIGN_OR_RETURN(const Parameters parameters,
                      Parameters::Check(entry->description, spec.parameters));
  BF_RETURN_IF_ERROR(CheckRole(entry->description, spec));
  workload_ = entry->create();
  return Annotate(workload_->Configure(parameters), spec.workload);
}

void RunExecution::SetUpAndMeasure() {
  clock_cost_ = CalibrateClock(stopwatch_);
  const RunSpec& spec = request_.spec;
  const RunContext context{request_.scratch_dir, spec.seed, spec.role, spec.peers};
  const absl::Status set_up = Guarded([&] { return workload_->SetUp(context); });
  const bool serves = spec.role == kServerRole;
  if (!set_up.ok()) {
    End(OutcomeOf(set_up), "set-up", set_up);
  } else {
    serves ? Serve() : Measure();
  }
  if (!serves && finished_.outcome == Outcome::kOk && sink_status_.ok()) {
    End(Outcome::kInvalid, "validation", Guarded([&] { return workload_->Validate(); }));
  }
  NoteFacts();
  End(Outcome::kFailed, "teardown", Guarded([&] { return workload_->TearDown(); }));
}

void RunExecution::Measure() {
  NoteFacts();
  if (!workload_->metrics_grow()) {
    const absl::Status announced = Guarded([&] { return Announce(workload_->Metrics()); });
    if (!sink_status_.ok()) return;
    if (!announced.ok()) return End(Outcome::kFailed, "set-up", announced);
  }
  MeasuringLoop loop(request_.spec.measurement, clock_cost_, stopwatch_, *workload_, buffer_);
  const absl::Status measured =
      Guarded([&] { return loop.Run([this] { return Announce(workload_->Metrics()); }); });
  if (loop.sink_error()) {
    sink_status_ = measured;
    return;
  }
  if (!sink_status_.ok()) return;
  End(OutcomeOf(measured), "measuring", measured);
  facts_["batch_operations"] = std::to_string(loop.batch_operations());
}

void RunExecution::Serve() {
  NoteFacts();
  const absl::Status announced = Guarded([&] { return Announce(workload_->ServerMetrics()); });
  if (!sink_status_.ok()) return;
  if (!announced.ok()) return End(Outcome::kFailed, "set-up", announced);
  const absl::StatusOr<ServingAddress> address =
      FindServingAddress(request_.advertise, request_.towards);
  if (!address.ok()) return End(Outcome::kFailed, "serving", address.status());
  Serving serving(*address, *stop_, sink_, buffer_);
  absl::Status served = Guarded([&] { return workload_->Serve(serving); });
  if (!serving.sink_status().ok()) {
    sink_status_ = serving.sink_status();
    return;
  }
  if (served.ok() && !stop_->asked()) {
    served = absl::InternalError("it stopped serving before it was asked to");
  }
  End(OutcomeOf(served), "serving", served);
}

absl::Status RunExecution::Announce(std::vector<Metric> metrics) {
  RunStarted started;
  started.started_at = SystemClock().Now();
  started.metrics = std::move(metrics);
  started.clock_pair_ns = clock_cost_.pair_ns;
  started.facts = facts_;
  BF_RETURN_IF_ERROR(buffer_.Declare(started.metrics));
  sink_status_ = sink_.Send(started);
  return sink_status_;
}

Outcome RunExecution::OutcomeOf(const absl::Status& status) const {
  if (status.code() == absl::StatusCode::kDataLoss) return Outcome::kInvalid;
  const bool lacking = status.code() == absl::StatusCode::kNotFound;
  return lacking && buffer_.empty() ? Outcome::kNotStarted : Outcome::kFailed;
}

void RunExecution::End(Outcome outcome, std::string_view step, const absl::Status& status) {
  if (status.ok() || finished_.outcome != Outcome::kOk) return;
  finished_.outcome = outcome;
  std::string message = Message(status);
  if (!step.empty()) {
    message = absl::StrFormat("%s: %s: %s", request_.spec.workload, step, message);
  }
  finished_.message = Cleaned(std::move(message), limits::kMaxFactBytes);
}

void RunExecution::NoteFacts() {
  facts_["clock_pair_ns"] = absl::StrFormat("%.1f", clock_cost_.pair_ns);
  facts_["clock_recorded_ns"] = absl::StrFormat("%.1f", clock_cost_.recorded_ns);
  const absl::Status noted = Guarded([&] {
    for (auto& [name, value] : workload_->Facts()) {
      facts_[Cleaned(name, limits::kMaxNameBytes)] = Cleaned(value, limits::kMaxFactBytes);
    }
    return absl::OkStatus();
  });
  End(Outcome::kFailed, "facts", noted);
}

}  // namespace

absl::Status ExecuteRun(const RunnerRequest& request, const Catalog& catalog, Stopwatch& stopwatch,
                        EventSink& sink, const StopRequest* stop) {
  return RunExecution(request, catalog, stopwatch, sink, stop).Execute();
}

}  // namespace benchfleet
