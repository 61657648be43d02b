// The connection half of the session; session_runs.cc has the other.
#include "agent/session.h"

#include <algorithm>
#include <cassert>
#include <utility>
#include <variant>

#include "base/log.h"
#include "base/status.h"

namespace benchfleet {
namespace {

// A coordinator's wish outside of this is taken as the nearer end.
constexpr absl::Duration kHeartbeatMin = absl::Milliseconds(100);
constexpr absl::Duration kHeartbeatMax = absl::Minutes(5);

}  // namespace

AgentSession::AgentSession(AgentSessionOptions options, const AgentSurroundings& surroundings,
                           OnEnd on_end)
    : options_(std::move(options)),
      spool_(surroundings.spool),
      launcher_(surroundings.launcher),
      link_(surroundings.link),
      host_(surroundings.host),
      on_end_(std::move(on_end)),
      random_(options_.seed),
      workloads_(options_.workloads),
      uplink_(spool_, link_),
      scope_(surroundings.loop) {}

AgentSession::~AgentSession() {
  if (phase_ != Phase::kIdle && phase_ != Phase::kEnded) link_->Close();
}

void AgentSession::Start() {
  assert(scope_.loop()->IsCurrent() && phase_ == Phase::kIdle);
  AdoptSpool();
  CollectFingerprint();  // its arrival connects
}

void AgentSession::Connect() {
  phase_ = Phase::kConnecting;
  scope_.Cancel(connect_timer_);
  connect_timer_ = scope_.PostAfter(options_.greeting_timeout, [this] {
    if (phase_ != Phase::kConnecting && phase_ != Phase::kGreeting) return;
    LogWarning("the coordinator did not answer within %s",
               absl::FormatDuration(options_.greeting_timeout));
    Hang();
    ConnectAfter(NextBackoff());
  });
  link_->Connect(this);
}

void AgentSession::ConnectAfter(absl::Duration delay) {
  phase_ = Phase::kWaiting;
  scope_.Cancel(connect_timer_);
  connect_timer_ = scope_.PostAfter(delay, [this] { Connect(); });
}

// With a Hello that says something new.
void AgentSession::Reconnect() {
  Hang();
  Connect();
}

void AgentSession::Hang() {
  link_->Close();
  uplink_.Close();
  scope_.Cancel(heartbeat_timer_);
  board_.ForgetDesired();
  desired_version_ = 0;
}

absl::Duration AgentSession::NextBackoff() {
  const double factor = static_cast<double>(uint64_t{1} << std::min(failed_attempts_, 30u));
  ++failed_attempts_;
  const absl::Duration bound = std::min(options_.reconnect_max, options_.reconnect_min * factor);
  return bound * (1.0 - random_.Uniform());
}

void AgentSession::OnConnected() {
  if (phase_ != Phase::kConnecting) return;
  phase_ = Phase::kGreeting;
  Hello hello;
  hello.agent_version = options_.agent_version;
  hello.host = options_.host;
  hello.labels = options_.labels;
  hello.fingerprint = fingerprint_;
  hello.workloads = workloads_;
  hello.spool_id = spool_->id();
  link_->Send(std::move(hello));
}

void AgentSession::OnDisconnected(absl::Status why) {
  assert(scope_.loop()->IsCurrent());
  if (phase_ == Phase::kEnded) return;
  const absl::Duration delay = NextBackoff();
  LogWarning("no connection to the coordinator: %s; next attempt in %s",
             why.ok() ? "it closed the session" : Message(why),
             absl::FormatDuration(absl::Trunc(delay, absl::Milliseconds(1))));
  Hang();
  ConnectAfter(delay);
  CheckDrained();
}

void AgentSession::OnMessage(CoordinatorMessage message) {
  assert(scope_.loop()->IsCurrent());
  if (const auto* refusal = std::get_if<Refusal>(&message)) return OnRefusal(*refusal);
  if (const auto* welcome = std::get_if<Welcome>(&message)) {
    if (phase_ == Phase::kGreeting) OnWelcome(*welcome);
    return;
  }
  // Before the Welcome the rest is of no use; the coordinator repeats what matters.
  if (phase_ != Phase::kOnline) return;
  if (auto* desired = std::get_if<Desired>(&message)) {
    OnDesired(std::move(*desired));
  } else {
    OnAck(std::get<Ack>(message));
  }
}

void AgentSession::OnWelcome(const Welcome& welcome) {
  if (welcome.protocol_version != kProtocolVersion) {
    return OnRefusal({RefusalReason::kVersionMismatch,
                      absl::StrFormat("the coordinator (version %s) speaks protocol version %d",
                                      welcome.coordinator_version, welcome.protocol_version)});
  }
  bool renewed = false;
  if (const absl::Status fits = FitSpoolTo(welcome, &renewed); !fits.ok()) {
    OnSpoolTrouble(fits);
    Hang();
    return ConnectAfter(NextBackoff());
  }
  if (renewed) return Reconnect();
  phase_ = Phase::kOnline;
  ++statistics_.connections;
  // It is back, and is found again in seconds should it leave; but one that welcomes and then hangs
  // up, time after time, is not hammered.
  failed_attempts_ = short_sessions_++;
  scope_.Cancel(connect_timer_);
  heartbeat_interval_ = std::clamp(welcome.heartbeat_interval, kHeartbeatMin, kHeartbeatMax);
  heartbeat_timer_ = scope_.PostAfter(heartbeat_interval_, [this] { Heartbeat(); });
  LogInfo("connected as '%s' to coordinator %s (version %s); %d records wait", options_.host,
          welcome.coordinator_id, welcome.coordinator_version,
          spool_->last_sequence() - spool_->trimmed_sequence());
  board_.Settle(spool_->trimmed_sequence());
  uplink_.Open();
  SendState();
  if (spool_->Note("host_salt") != welcome.host_salt) {
    const absl::Status noted = spool_->SetNote("host_salt", welcome.host_salt);
    if (!noted.ok()) OnSpoolTrouble(noted);
    CollectFingerprint();
  }
  Flush();
}

// Trims the spool through what the coordinator has. Where its records cannot be delivered under
// their numbers, `renewed` says that the spool has a new id.
absl::Status AgentSession::FitSpoolTo(const Welcome& welcome, bool* renewed) {
  const std::string known = spool_->Note("coordinator");
  if (!known.empty() && known != welcome.coordinator_id) {
    LogWarning("this is coordinator %s and the spool is for %s: putting the spool aside",
               welcome.coordinator_id, known);
    StopAll(Outcome::kLost, "the agent went to another coordinator");
    BF_RETURN_IF_ERROR(spool_->SetAside("other-coordinator"));
    board_.OrphanAll();
    *renewed = true;
  }
  if (known != welcome.coordinator_id) {
    BF_RETURN_IF_ERROR(spool_->SetNote("coordinator", welcome.coordinator_id));
  }
  if (*renewed) return absl::OkStatus();
  const uint64_t acked = welcome.acked_sequence;
  const bool forgotten_there = acked < spool_->trimmed_sequence();
  const bool forgotten_here = acked > spool_->durable_sequence();
  BF_RETURN_IF_ERROR(spool_->Trim(std::min(acked, spool_->durable_sequence())));
  if (!forgotten_there && !forgotten_here) return absl::OkStatus();
  LogError(
      "the coordinator has this spool up to record %d, here are %d to %d: %s went back in time; "
      "beginning a new spool with what is here",
      acked, spool_->trimmed_sequence() + 1, spool_->durable_sequence(),
      forgotten_there ? "the coordinator's store" : "this spool");
  BF_RETURN_IF_ERROR(spool_->Renew());
  board_.Settle(acked);
  board_.Renumber(spool_->Runs());
  *renewed = true;
  return absl::OkStatus();
}

void AgentSession::OnRefusal(const Refusal& refusal) {
  if (phase_ == Phase::kEnded || phase_ == Phase::kWaiting) return;
  ++statistics_.refusals;
  switch (refusal.reason) {
    case RefusalReason::kNotYourName:
      return End(absl::PermissionDeniedError("the coordinator refused: " + refusal.message));
    case RefusalReason::kReplaced:
      return End(absl::AlreadyExistsError(
          absl::StrFormat("another agent connected as '%s': %s", options_.host, refusal.message)));
    case RefusalReason::kVersionMismatch:
      LogError("this agent (version %s) speaks protocol version %d, and was refused: %s",
               options_.agent_version, kProtocolVersion, refusal.message);
      break;
    case RefusalReason::kBadHello:
    case RefusalReason::kTooManyAgents:
    case RefusalReason::kUnspecified:
      LogError("the coordinator refused: %s", refusal.message);
      break;
  }
  if (phase_ == Phase::kOnline) {
    // It took the hello and not what came later: a record got lost, and a new greeting tells which.
    Hang();
    ConnectAfter(NextBackoff());
    return CheckDrained();
  }
  Hang();
  // Half to all of it, so that many agents do not come back together.
  ConnectAfter(options_.refused_retry * (1.0 - random_.Uniform() / 2));
  CheckDrained();
}

void AgentSession::OnDesired(Desired desired) {
  if (desired.version < desired_version_) return;
  StateChanged();  // also for a repeated one: its sender may not have heard
  if (desired.version == desired_version_) return;
  desired_version_ = desired.version;
  for (const RunId run : board_.Apply(std::move(desired))) {
    launcher_->Stop(run, Outcome::kCancelled, "cancelled");
  }
  FinishServers();
  Schedule();
}

void AgentSession::OnAck(const Ack& ack) {
  auto trimmed = uplink_.OnAck(ack);
  if (absl::IsInvalidArgument(trimmed.status())) {
    LogError("%s", Message(trimmed.status()));
    Hang();
    return ConnectAfter(NextBackoff());
  }
  if (!trimmed.ok()) return OnSpoolTrouble(trimmed.status());
  if (!*trimmed) return;
  if (board_.Settle(ack.through_sequence) || NotAccepting() != not_accepting_) StateChanged();
  Schedule();  // there may be room again
  Deliver();
  CheckDrained();
}

void AgentSession::Heartbeat() {
  heartbeat_timer_ = scope_.PostAfter(heartbeat_interval_, [this] { Heartbeat(); });
  failed_attempts_ = short_sessions_ = 0;  // the connection has held
  uplink_.OnHeartbeat();
  SendState();
  Flush();
  Schedule();
  const absl::Status pumped = uplink_.Pump();  // even while a run measures alone
  if (!pumped.ok()) OnSpoolTrouble(pumped);
}

void AgentSession::SetWorkloads(std::vector<WorkloadDescription> workloads) {
  assert(scope_.loop()->IsCurrent());
  workloads_ = std::move(workloads);
  if (phase_ == Phase::kOnline || phase_ == Phase::kGreeting) Reconnect();
}

void AgentSession::StateChanged() {
  if (state_changed_) return;
  state_changed_ = true;
  scope_.Post([this] {
    if (state_changed_) SendState();
  });
}

void AgentSession::SendState() {
  state_changed_ = false;
  if (phase_ != Phase::kOnline) return;
  AgentState now = state();
  not_accepting_ = now.not_accepting;
  link_->Send(std::move(now));
}

AgentState AgentSession::state() const {
  AgentState state;
  state.desired_version = desired_version_;
  state.runs = board_.Statuses(!draining_);
  state.spool_bytes = spool_->bytes();
  state.spool_limit_bytes = options_.spool_limit_bytes;
  state.not_accepting = NotAccepting();
  state.draining = draining_;
  return state;
}

AgentStatistics AgentSession::statistics() const {
  AgentStatistics statistics = statistics_;
  statistics.online = phase_ == Phase::kOnline;
  statistics.batches_sent = uplink_.batches_sent();
  statistics.records_acked = uplink_.records_acked();
  statistics.spool_bytes = spool_->bytes();
  statistics.spool_limit_bytes = options_.spool_limit_bytes;
  statistics.runs_active = board_.active_count();
  return statistics;
}

void AgentSession::End(absl::Status status) {
  if (phase_ == Phase::kEnded) return;
  const absl::Status committed = spool_->Commit();
  if (!committed.ok()) LogError("the spool: %s", Message(committed));
  Hang();
  scope_.Cancel(connect_timer_);
  scope_.Cancel(flush_timer_);
  phase_ = Phase::kEnded;
  scope_.Post([this, status = std::move(status)] { on_end_(status); });
}

}  // namespace benchfleet
