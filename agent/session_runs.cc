// The session's runs, and what they leave in the spool; session.cc has the connection.
#include <algorithm>
#include <cassert>
#include <utility>

#include "agent/session.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/status.h"
#include "base/text.h"
#include "proto/convert.h"
#include "proto/parameters_text.h"

namespace benchfleet {
namespace {

// Kept free in the spool for the end of each active run: what ProcessRunner lets a RunFinished be.
constexpr uint64_t kFinishReserveBytes = 192u << 10;
// How long samples may wait for company before they are committed. While a run measures alone they
// wait longer, so that the disk and we are quiet.
constexpr absl::Duration kFlushDelay = absl::Milliseconds(20);
constexpr absl::Duration kQuietFlushDelay = absl::Seconds(1);
constexpr uint64_t kPendingBytesMax = limits::kMaxBatchBytes;
constexpr absl::Duration kSpoolRetry = absl::Seconds(10);
constexpr char kTakingOn[] = "taking on a run";

std::string SpoolIsFull(uint64_t limit) {
  return absl::StrFormat("the spool is full (limit %s): its records wait for the coordinator",
                         FormatBytes(static_cast<double>(limit)));
}

}  // namespace

void AgentSession::AdoptSpool() {
  for (const SpooledRun& run : spool_->Runs()) {
    if (run.finished_sequence > 0) {
      board_.Finished(run.run, run.finished_sequence);
      continue;
    }
    LogWarning("run %d was going on when the agent ended: it is lost", run.run.value);
    RunFinished lost;
    lost.outcome = Outcome::kLost;
    lost.message = "the agent was restarted";
    lost.started_at = absl::InfinitePast();
    lost.finished_at = scope_.Now();
    AppendFinished(run.run, std::move(lost));
  }
  Flush();
}

void AgentSession::Schedule() {
  // A run that waits is started only by a coordinator that wants it now: while we were away it may
  // have been given to somebody else.
  if (phase_ != Phase::kOnline || draining_) return;
  while (const RunAssignment* run = board_.NextToStart()) {
    if (const std::string why = NotAccepting(); !why.empty()) {
      if (why != not_accepting_) StateChanged();
      return;
    }
    const absl::Duration age = scope_.Now() - fingerprint_at_;
    if (age > options_.fingerprint_max_age || age < absl::ZeroDuration()) CollectFingerprint();
    if (collecting_) return;  // its arrival comes back here
    if (!StartRun(*run)) return;
  }
}

bool AgentSession::StartRun(const RunAssignment& run) {
  const absl::Status assigned = spool_->Assign(run.run);
  if (!assigned.ok()) {
    OnSpoolTrouble(Annotate(assigned, kTakingOn));
    return false;
  }
  LogDebug("run %d: starting %s %s", run.run.value, run.spec.workload,
           ParametersText(run.spec.parameters));
  board_.Start(run);
  ++statistics_.runs_started;
  launcher_->Start(run.run, run.spec, this);
  FinishServers();
  StateChanged();
  return true;
}

void AgentSession::FinishServers() {
  for (const RunId run : board_.TakeToFinish()) {
    LogDebug("run %d: its clients are done", run.value);
    launcher_->Finish(run);
  }
}

void AgentSession::StopAll(Outcome outcome, const std::string& reason) {
  for (const RunId run : board_.Active()) launcher_->Stop(run, outcome, reason);
}

void AgentSession::OnRunStarted(RunId run, RunStarted started) {
  assert(scope_.loop()->IsCurrent());
  if (!board_.IsActive(run)) return;
  AppendOrStop(run, Record{run, std::move(started)});
  Flush();  // delivered before we fall silent
  if (!board_.IsActive(run)) return;
  board_.Measuring(run);
  StateChanged();
}

void AgentSession::OnRunReady(RunId run, RunnerReady ready) {
  assert(scope_.loop()->IsCurrent());
  if (!board_.IsActive(run)) return;
  LogDebug("run %d serves at %s", run.value, ready.endpoint);
  board_.Ready(run, std::move(ready));
  StateChanged();
}

void AgentSession::OnRunChunk(RunId run, SampleChunk chunk) {
  assert(scope_.loop()->IsCurrent());
  if (!board_.IsActive(run)) return;
  AppendOrStop(run, Record{run, std::move(chunk)});
}

void AgentSession::AppendOrStop(RunId run, Record record) {
  if (board_.IsOrphan(run) || !board_.MutedBecause(run).empty()) return;
  const uint64_t bytes = ApproximateBytes(record);
  const uint64_t reserve = board_.active_count() * kFinishReserveBytes;
  if (spool_->bytes() + bytes + reserve > options_.spool_limit_bytes) {
    const std::string why = SpoolIsFull(options_.spool_limit_bytes);
    LogError("run %d is stopped: %s", run.value, why);
    board_.Mute(run, why);
    launcher_->Stop(run, Outcome::kFailed, why);
    return;
  }
  spool_->Append(record);
  if (const auto* chunk = std::get_if<SampleChunk>(&record.what)) {
    board_.AddSamples(run, chunk->count);
    statistics_.samples += chunk->count;
  }
  pending_bytes_ += bytes;
  FlushSoon(pending_bytes_ >= kPendingBytesMax ? absl::ZeroDuration()
            : board_.MeasuringAlone()          ? kQuietFlushDelay
                                               : kFlushDelay);
}

void AgentSession::OnRunFinished(RunId run, RunFinished finished) {
  assert(scope_.loop()->IsCurrent());
  if (!board_.IsActive(run)) return;
  if (board_.IsOrphan(run)) {
    board_.Forget(run);
  } else {
    if (const std::string why = board_.MutedBecause(run); !why.empty()) {
      finished.outcome = finished.outcome == Outcome::kLost ? Outcome::kLost : Outcome::kFailed;
      finished.message = why;
    }
    AppendFinished(run, std::move(finished));
    Flush();
  }
  StateChanged();
  Schedule();
  CheckDrained();
}

void AgentSession::AppendFinished(RunId run, RunFinished finished) {
  finished.sample_counts.clear();
  for (const SpooledRun& spooled : spool_->Runs()) {
    if (spooled.run == run) finished.sample_counts = spooled.samples;
  }
  finished.identity_digest = fingerprint_.identity_digest;
  finished.state_digest = fingerprint_.state_digest;
  LogInfo("run %d: %s%s%s", run.value, OutcomeName(finished.outcome),
          finished.message.empty() ? "" : ": ", finished.message);
  ++statistics_.runs_finished[finished.outcome];
  board_.Finished(run, spool_->Append(Record{run, std::move(finished)}));
}

void AgentSession::CollectFingerprint() {
  if (collecting_) {
    collect_again_ = true;
    return;
  }
  collecting_ = true;
  host_->Collect(spool_->Note("host_salt"), scope_.Guard([this](HostFingerprint fingerprint) {
    OnFingerprint(std::move(fingerprint));
  }));
}

void AgentSession::OnFingerprint(HostFingerprint fingerprint) {
  collecting_ = false;
  const bool first = fingerprint_at_ == absl::InfinitePast();
  const bool host_changed = fingerprint.identity_digest != fingerprint_.identity_digest ||
                            fingerprint.state_digest != fingerprint_.state_digest;
  const bool salt_changed = fingerprint.host_digest != fingerprint_.host_digest;
  fingerprint_ = std::move(fingerprint);
  fingerprint_at_ = scope_.Now();
  if (!first && (host_changed || salt_changed)) {
    if (host_changed) {
      LogInfo("the host has changed: it is now identity %.12s, state %.12s",
              fingerprint_.identity_digest, fingerprint_.state_digest);
    }
    spool_->Append(Record{RunId{}, fingerprint_});
    Flush();
  }
  if (std::exchange(collect_again_, false)) CollectFingerprint();
  if (phase_ == Phase::kIdle) return Connect();
  Schedule();
}

void AgentSession::FlushSoon(absl::Duration delay) {
  const absl::Time due = scope_.Now() + delay;
  if (flush_due_ <= due) return;
  scope_.Cancel(flush_timer_);
  flush_due_ = due;
  flush_timer_ = scope_.PostAfter(delay, [this] { Flush(); });
}

void AgentSession::Flush() {
  if (flush_due_ != absl::InfiniteFuture()) scope_.Cancel(flush_timer_);
  flush_due_ = absl::InfiniteFuture();
  pending_bytes_ = 0;
  if (const absl::Status committed = spool_->Commit(); !committed.ok()) {
    return OnSpoolTrouble(committed);
  }
  if (!spool_trouble_.empty()) {
    // Nothing to write is no proof: what counts is whether a run can be taken on.
    if (const absl::Status room = spool_->CheckRoom(); !room.ok()) {
      return OnSpoolTrouble(Annotate(room, kTakingOn));
    }
    LogInfo("the spool can be used again");
    spool_trouble_.clear();
    Schedule();
  }
  if (NotAccepting() != not_accepting_) StateChanged();
  Deliver();
}

void AgentSession::Deliver() {
  if (phase_ != Phase::kOnline) return;
  // Sending costs a fraction of a millisecond: the next heartbeat will do.
  if (board_.MeasuringAlone() && uplink_.unsent_bytes() < limits::kMaxBatchBytes) return;
  const absl::Status pumped = uplink_.Pump();
  if (!pumped.ok()) OnSpoolTrouble(pumped);
}

void AgentSession::OnSpoolTrouble(const absl::Status& status) {
  if (absl::IsDataLoss(status)) return ReplaceDamagedSpool(status);
  const std::string why = "the spool cannot be used: " + Message(status);
  if (why != spool_trouble_) LogError("%s", why);
  spool_trouble_ = why;
  for (const RunId run : board_.Active()) {
    board_.Mute(run, why);
    launcher_->Stop(run, Outcome::kFailed, why);
  }
  FlushSoon(kSpoolRetry);
  StateChanged();
}

// What was in it and not acked is lost to the coordinator; its runs are ended as lost.
void AgentSession::ReplaceDamagedSpool(const absl::Status& status) {
  const std::string why = "the spool is damaged: " + Message(status);
  LogError("%s; putting it aside and beginning a new one", why);
  const std::vector<RunStatus> known = board_.Statuses(/*with_waiting=*/false);
  const std::string coordinator = spool_->Note("coordinator");
  if (const absl::Status aside = spool_->SetAside("damaged"); !aside.ok()) {
    return End(Annotate(aside, why));
  }
  const absl::Status noted = spool_->SetNote("coordinator", coordinator);
  if (!noted.ok()) LogError("%s", Message(noted));
  for (const RunStatus& run : known) {
    if (run.phase != RunPhase::kFinished) {
      board_.Mute(run.run, why);
      launcher_->Stop(run.run, Outcome::kLost, why);
      continue;
    }
    RunFinished lost;
    lost.outcome = Outcome::kLost;
    lost.message = why;
    lost.finished_at = scope_.Now();
    AppendFinished(run.run, std::move(lost));
  }
  if (phase_ == Phase::kOnline || phase_ == Phase::kGreeting) Reconnect();
  FlushSoon(absl::ZeroDuration());
}

std::string AgentSession::NotAccepting() const {
  if (draining_) return "the agent is stopping";
  if (!spool_trouble_.empty()) return spool_trouble_;
  const uint64_t reserve = (board_.active_count() + 1) * kFinishReserveBytes;
  if (spool_->bytes() + reserve > options_.spool_limit_bytes) {
    return SpoolIsFull(options_.spool_limit_bytes);
  }
  return "";
}

void AgentSession::Drain() {
  assert(scope_.loop()->IsCurrent());
  if (draining_ || phase_ == Phase::kEnded) return;
  draining_ = true;
  StateChanged();
  if (const size_t active = board_.active_count(); active > 0) {
    LogInfo("stopping: waiting up to %s for %d runs", absl::FormatDuration(options_.drain_timeout),
            active);
    scope_.PostAfter(options_.drain_timeout, [this] {
      StopAll(Outcome::kLost, "the agent was stopped before the run was over");
    });
  }
  CheckDrained();
}

void AgentSession::CheckDrained() {
  if (!draining_ || phase_ == Phase::kEnded || board_.active_count() > 0) return;
  // Offline, the spool keeps what was not delivered for the next start.
  if (phase_ != Phase::kOnline || uplink_.delivered()) return End(absl::OkStatus());
  if (drain_waits_for_acks_) return;
  drain_waits_for_acks_ = true;
  scope_.PostAfter(options_.drain_ack_timeout, [this] { End(absl::OkStatus()); });
  Deliver();
}

}  // namespace benchfleet
