#include "coordinator/fleet.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/status.h"
#include "base/text.h"
#include "base/version.h"
#include "coordinator/metrics.h"

namespace benchfleet {
namespace {

// A coordinator that is killed forgets at most this much of when an agent was heard of last.
constexpr absl::Duration kSeenStoredEvery = absl::Minutes(10);

bool IsHostName(const std::string& name) {
  if (name.empty() || name.size() > limits::kMaxNameBytes) return false;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!plain && c != '-' && c != '_' && c != '.') return false;
  }
  return true;
}

}  // namespace

Fleet::Fleet(Options options, TaskLoop* loop, StoreQueue* store, CoordinatorMetrics* metrics,
             std::function<void(absl::Status)> on_storage_failure)
    : options_(options),
      loop_(loop),
      store_(store),
      metrics_(metrics),
      on_storage_failure_(std::move(on_storage_failure)) {}

Fleet::~Fleet() = default;

void Fleet::Load(StoreIdentity identity, std::vector<StoredHost> hosts, FleetObserver* observer) {
  identity_ = std::move(identity);
  observer_ = observer;
  for (StoredHost& host : hosts) {
    Host& known = hosts_[host.name];
    known.seen_stored = host.last_seen;
    known.stored = std::move(host);
  }
  if (metrics_ != nullptr) metrics_->SetAgents(0, hosts_.size());
}

Fleet::Session* Fleet::Find(SessionId id) {
  const auto it = sessions_.find(id);
  return it == sessions_.end() ? nullptr : &it->second;
}

bool Fleet::IsConnected(const std::string& host) const {
  const auto it = hosts_.find(host);
  return it != hosts_.end() && it->second.session != 0;
}

SessionId Fleet::OnConnected(std::string peer_name, std::shared_ptr<AgentStream> stream) {
  const SessionId id = ++last_session_;
  Session& session = sessions_[id];
  session.peer_name = std::move(peer_name);
  session.stream = std::move(stream);
  if (sessions_.size() > limits::kMaxAgents) {
    Refuse(id, RefusalReason::kTooManyAgents,
           absl::StrFormat("this coordinator takes %d agents", limits::kMaxAgents));
  } else {
    session.stream->ReadNext();
  }
  return id;
}

void Fleet::Refuse(SessionId id, RefusalReason reason, std::string message) {
  Session* session = Find(id);
  if (session == nullptr || session->phase == Phase::kClosing) return;
  LogWarning("refused agent '%s': %s", session->host.empty() ? session->peer_name : session->host,
             message);
  session->phase = Phase::kClosing;
  session->stream->Send(Refusal{reason, std::move(message)});
  session->stream->Close();
}

void Fleet::OnMessage(SessionId id, absl::StatusOr<AgentMessage> message, size_t bytes) {
  Session* session = Find(id);
  if (session == nullptr || session->phase == Phase::kClosing) return;
  if (!message.ok()) {
    Refuse(id, RefusalReason::kBadHello, Message(message.status()));
    return;
  }
  if (session->phase == Phase::kHello) {
    if (auto* hello = std::get_if<Hello>(&*message)) {
      OnHello(id, std::move(*hello));
    } else {
      Refuse(id, RefusalReason::kBadHello, "the first message was not a hello");
    }
    return;
  }
  if (session->phase == Phase::kOpen) NoteSeen(hosts_[session->host]);
  if (auto* state = std::get_if<AgentState>(&*message)) {
    OnState(*session, std::move(*state));
    Read(id);
  } else if (auto* batch = std::get_if<RecordBatch>(&*message)) {
    OnBatch(id, std::move(*batch), bytes);
  } else {
    Refuse(id, RefusalReason::kBadHello, "a second hello on one stream");
  }
}

void Fleet::OnHello(SessionId id, Hello hello) {
  Session& session = *Find(id);
  if (hello.protocol_version != kProtocolVersion) {
    Refuse(
        id, RefusalReason::kVersionMismatch,
        absl::StrFormat("agent '%s' speaks protocol version %d, this coordinator (%s) speaks %d: "
                        "install matching versions",
                        hello.host, hello.protocol_version, kVersion, kProtocolVersion));
    return;
  }
  if (!IsHostName(hello.host)) {
    Refuse(id, RefusalReason::kBadHello,
           "the host's name must be 1 to 200 letters, digits, '-', '_' or '.'");
    return;
  }
  if (options_.check_names && hello.host != session.peer_name) {
    Refuse(id, RefusalReason::kNotYourName,
           absl::StrFormat(
               "the certificate is for agent '%s', and it speaks only for itself, not for '%s'",
               session.peer_name, hello.host));
    return;
  }
  if (hello.spool_id.empty() || hello.spool_id.size() > limits::kMaxNameBytes) {
    Refuse(id, RefusalReason::kBadHello, "the hello names no spool");
    return;
  }
  session.phase = Phase::kOpening;
  session.host = hello.host;
  session.spool_id = hello.spool_id;
  auto stored = std::make_shared<StoredHost>(StoredHost{
      std::move(hello.host), std::move(hello.labels), std::move(hello.fingerprint),
      std::move(hello.agent_version), std::move(hello.workloads), loop_->Now(), loop_->Now()});
  auto acked = std::make_shared<uint64_t>(0);
  store_->Submit(
      [stored, acked, spool_id = session.spool_id](Store& store) -> absl::Status {
        BF_ASSIGN_OR_RETURN(*acked, store.AckedSequence(stored->name, spool_id));
        return store.PutHost(*stored);
      },
      [this, id, stored, acked](const absl::Status& status) {
        if (!status.ok()) {
          on_storage_failure_(status);
          return;
        }
        FinishOpening(id, *stored, *acked);
      });
}

void Fleet::FinishOpening(SessionId id, const StoredHost& stored, uint64_t acked_sequence) {
  Session* session = Find(id);
  Host& host = hosts_[stored.name];
  const absl::Time first_seen =
      host.stored.name.empty() ? stored.first_seen : host.stored.first_seen;
  host.stored = stored;
  host.stored.first_seen = first_seen;
  host.seen_stored = stored.last_seen;
  if (session == nullptr) return;               // it left while the store worked
  if (host.session != 0) OnGone(host.session);  // the newest connection is the one that counts
  session->phase = Phase::kOpen;
  host.session = id;
  host.state = AgentState();
  ++connected_;
  if (metrics_ != nullptr) metrics_->SetAgents(connected_, hosts_.size());
  LogInfo("agent '%s' (%s) connected; its spool is acked up to %d", stored.name,
          stored.agent_version, acked_sequence);
  session->stream->Send(Welcome{kProtocolVersion, identity_.coordinator_id, kVersion,
                                options_.heartbeat_interval, acked_sequence, identity_.host_salt});
  observer_->OnHostConnected(stored.name);
  Read(id);
}

void Fleet::OnGone(SessionId id) {
  const auto it = sessions_.find(id);
  if (it == sessions_.end()) return;
  Session session = std::move(it->second);
  sessions_.erase(it);
  const auto host = hosts_.find(session.host);
  if (host != hosts_.end() && host->second.session == id) {
    host->second.session = 0;
    --connected_;
    if (metrics_ != nullptr) metrics_->SetAgents(connected_, hosts_.size());
    LogInfo("agent '%s' disconnected", session.host);
    StoreSeen(host->second);
    observer_->OnHostDisconnected(session.host);
  }
  // The stream may still be there when another connection took its place.
  if (session.phase == Phase::kOpen) {
    session.stream->Send(Refusal{RefusalReason::kReplaced,
                                 absl::StrFormat("host '%s' connected again", session.host)});
    session.stream->Close();
  }
}

void Fleet::OnState(Session& session, AgentState state) {
  if (session.phase != Phase::kOpen) return;
  Host& host = hosts_[session.host];
  if (state.not_accepting != host.state.not_accepting && !state.not_accepting.empty()) {
    LogWarning("agent '%s' takes no work: %s", session.host, state.not_accepting);
  }
  host.state = std::move(state);
  observer_->OnAgentState(session.host, host.state);
}

void Fleet::OnBatch(SessionId id, RecordBatch batch, size_t bytes) {
  Session& session = *Find(id);
  if (batch.spool_id != session.spool_id) {
    Refuse(id, RefusalReason::kBadHello, "a batch of another spool than the hello named");
    return;
  }
  ++session.batches_waiting;
  waiting_bytes_ += bytes;
  if (metrics_ != nullptr) metrics_->SetIngestQueueBytes(waiting_bytes_);
  auto shared = std::make_shared<RecordBatch>(std::move(batch));
  auto result = std::make_shared<IngestResult>();
  const absl::Time read_at = loop_->Now();
  store_->Submit(
      [shared, result, host = session.host, read_at](Store& store) -> absl::Status {
        BF_ASSIGN_OR_RETURN(*result, store.Ingest(host, *shared, read_at));
        return absl::OkStatus();
      },
      [this, id, result, bytes, read_at, host = session.host,
       spool_id = session.spool_id](const absl::Status& status) {
        OnCommitted(id, host, spool_id, bytes, read_at, *result, status);
      });
  Read(id);
}

void Fleet::OnCommitted(SessionId id, const std::string& host, const std::string& spool_id,
                        size_t bytes, absl::Time read_at, const IngestResult& result,
                        const absl::Status& status) {
  waiting_bytes_ -= bytes;
  if (metrics_ != nullptr) metrics_->SetIngestQueueBytes(waiting_bytes_);
  Session* session = Find(id);
  if (session != nullptr) --session->batches_waiting;
  if (absl::IsInvalidArgument(status)) {
    // A gap: the agent's spool and ours disagree. A new connection tells it where to go on.
    LogError("agent '%s': %s", host, Message(status));
    Refuse(id, RefusalReason::kBadHello, Message(status));
    return;
  }
  if (!status.ok()) {
    on_storage_failure_(Annotate(status, absl::StrFormat("storing samples of '%s'", host)));
    return;
  }
  for (const std::string& line : result.refused) LogError("agent '%s': %s", host, line);
  for (const HostFingerprint& fingerprint : result.fingerprints) TakeFingerprint(host, fingerprint);
  if (metrics_ != nullptr) {
    metrics_->CountIngest(result.new_records, result.new_samples, result.new_payload_bytes,
                          result.refused.size());
    metrics_->ObserveAck(loop_->Now() - read_at);
  }
  observer_->OnIngested(host, result);
  session = Find(id);
  if (session != nullptr && session->phase == Phase::kOpen) {
    session->stream->Send(Ack{spool_id, result.acked_sequence});
  }
  ReadWhereOwed(id);
}

void Fleet::TakeFingerprint(const std::string& name, const HostFingerprint& fingerprint) {
  const auto known = hosts_.find(name);
  if (known == hosts_.end()) return;  // forgotten since it sent this
  Host& host = known->second;
  if (host.stored.fingerprint.state_digest != fingerprint.state_digest) {
    LogInfo("host '%s' changed its state (kernel, governor, mitigations or the like)", name);
  }
  host.stored.fingerprint = fingerprint;
  auto stored = std::make_shared<StoredHost>(host.stored);
  store_->Submit([stored](Store& store) { return store.PutHost(*stored); },
                 [this](const absl::Status& status) {
                   if (!status.ok()) on_storage_failure_(status);
                 });
}

void Fleet::Read(SessionId id) {
  Session* session = Find(id);
  if (session == nullptr || session->phase == Phase::kClosing) return;
  const bool full = waiting_bytes_ >= limits::kMaxIngestQueueBytes;
  session->wants_read = full || session->batches_waiting >= options_.batches_in_flight;
  if (!session->wants_read) {
    session->stream->ReadNext();
  } else if (full) {
    stalled_.push_back(id);
  }
}

void Fleet::ReadWhereOwed(SessionId committed) {
  if (Session* session = Find(committed); session != nullptr && session->wants_read)
    Read(committed);
  for (size_t n = stalled_.size(); n > 0 && waiting_bytes_ < limits::kMaxIngestQueueBytes; --n) {
    const SessionId id = stalled_.front();
    stalled_.pop_front();
    if (Session* session = Find(id); session != nullptr && session->wants_read) Read(id);
  }
}

void Fleet::NoteSeen(Host& host) {
  host.stored.last_seen = loop_->Now();
  if (host.stored.last_seen - host.seen_stored >= kSeenStoredEvery) StoreSeen(host);
}

void Fleet::StoreSeen(Host& host) {
  host.seen_stored = host.stored.last_seen;
  store_->Submit([name = host.stored.name,
                  at = host.stored.last_seen](Store& store) { return store.TouchHost(name, at); },
                 [this](const absl::Status& status) {
                   // kUnavailable: we are stopping, and the agents that leave for it are no news.
                   if (!status.ok() && !absl::IsUnavailable(status)) on_storage_failure_(status);
                 });
}

void Fleet::Forget(const std::string& name, std::function<void(absl::Status)> done) {
  const auto host = hosts_.find(name);
  if (host == hosts_.end()) {
    std::vector<std::string> names;
    for (const auto& [known, unused] : hosts_) names.push_back(known);
    return done(absl::NotFoundError(absl::StrFormat(
        "no host is called '%s'%s (see: benchctl hosts)", name, DidYouMean(name, names))));
  }
  const bool connecting = std::any_of(sessions_.begin(), sessions_.end(), [&](const auto& entry) {
    return entry.second.host == name && entry.second.phase != Phase::kClosing;
  });
  if (host->second.session != 0 || connecting) {
    return done(absl::FailedPreconditionError(absl::StrFormat(
        "host '%s' is connected, and would be back at once (stop its bench-agent first)", name)));
  }
  LogInfo("host '%s' is forgotten; it was last seen at %s", name,
          absl::FormatTime(absl::RFC3339_sec, host->second.stored.last_seen, absl::UTCTimeZone()));
  hosts_.erase(host);
  if (metrics_ != nullptr) metrics_->SetAgents(connected_, hosts_.size());
  store_->Submit([name, now = loop_->Now()](Store& store) { return store.ForgetHost(name, now); },
                 [this, name, done = std::move(done)](const absl::Status& status) {
                   if (!status.ok()) on_storage_failure_(status);
                   // An agent that said hello and left just before is known once more by now.
                   if (!IsConnected(name)) hosts_.erase(name);
                   done(status);
                 });
}

void Fleet::SetDesired(const std::string& name, Desired desired) {
  const auto host = hosts_.find(name);
  if (host == hosts_.end() || host->second.session == 0) return;
  Find(host->second.session)->stream->Send(std::move(desired));
}

}  // namespace benchfleet
