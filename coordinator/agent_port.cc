#include "coordinator/agent_port.h"

#include <grpcpp/grpcpp.h>

#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "base/log.h"
#include "base/status.h"
#include "proto/agent_port.grpc.pb.h"
#include "proto/convert.h"
#include "proto/transport_port.h"

namespace benchfleet {
namespace {

using Reactor = grpc::ServerBidiReactor<v1::AgentMessage, v1::CoordinatorMessage>;

// Ends a call at once.
template <typename Base>
class RefusingReactor : public Base {
 public:
  explicit RefusingReactor(const absl::Status& status) { this->Finish(ToGrpc(status)); }
  void OnDone() override { delete this; }
};

// What the core holds of a stream. It outlives the reactor, which gRPC ends when it likes.
class StreamHandle : public AgentStream {
 public:
  explicit StreamHandle(Reactor* reactor) : reactor_(reactor) {}

  void Send(CoordinatorMessage message) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (finished_) return;
    if (auto* desired = std::get_if<Desired>(&message)) {
      desired_ = std::move(*desired);
    } else if (auto* ack = std::get_if<Ack>(&message)) {
      ack_ = std::move(*ack);
    } else {
      first_.push_back(std::move(message));
    }
    WriteNext();
  }

  void ReadNext() override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!finished_) reactor_->StartRead(&incoming_);
  }

  void Close() override {
    const std::lock_guard<std::mutex> lock(mutex_);
    closing_ = true;
    WriteNext();
  }

  // ---- from the reactor
  void OnWritten(bool ok) {
    const std::lock_guard<std::mutex> lock(mutex_);
    writing_ = false;
    if (!ok) DropOutbox();
    WriteNext();
  }
  // The other end is gone, or cancelled: finish as soon as no write is under way.
  void OnBroken() {
    const std::lock_guard<std::mutex> lock(mutex_);
    DropOutbox();
    WriteNext();
  }
  const v1::AgentMessage& incoming() const { return incoming_; }

  SessionId session = 0;  // loop only

 private:
  void DropOutbox() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    first_.clear();
    ack_.reset();
    desired_.reset();
    closing_ = true;
  }

  // One write at a time; Finish once, and never under a write.
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || finished_) return;
    std::optional<CoordinatorMessage> next;
    if (!first_.empty()) {
      next = std::move(first_.front());
      first_.pop_front();
    } else if (ack_) {
      next = *std::exchange(ack_, std::nullopt);
    } else if (desired_) {
      next = *std::exchange(desired_, std::nullopt);
    } else if (closing_) {
      finished_ = true;
      reactor_->Finish(grpc::Status::OK);
      return;
    } else {
      return;
    }
    writing_ = true;
    outgoing_.Clear();
    ToProto(*next, &outgoing_);
    reactor_->StartWrite(&outgoing_);
  }

  std::mutex mutex_;
  Reactor* const reactor_;                                        // valid until finished_
  std::deque<CoordinatorMessage> first_ ABSL_GUARDED_BY(mutex_);  // welcome, refusal
  std::optional<Ack> ack_ ABSL_GUARDED_BY(mutex_);
  std::optional<Desired> desired_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  v1::CoordinatorMessage outgoing_;  // of the write under way
  v1::AgentMessage incoming_;        // of the read under way
};

class AgentReactor : public Reactor {
 public:
  AgentReactor(TaskLoop* loop, Fleet* fleet, std::string peer_name)
      : loop_(loop), fleet_(fleet), handle_(std::make_shared<StreamHandle>(this)) {
    loop_->Post([fleet = fleet_, handle = handle_, name = std::move(peer_name)]() mutable {
      handle->session = fleet->OnConnected(std::move(name), handle);
    });
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      handle_->OnBroken();
      return;
    }
    const size_t bytes = handle_->incoming().ByteSizeLong();
    auto message = std::make_shared<absl::StatusOr<AgentMessage>>(FromProto(handle_->incoming()));
    loop_->Post([fleet = fleet_, handle = handle_, message, bytes] {
      fleet->OnMessage(handle->session, std::move(*message), bytes);
    });
  }

  void OnWriteDone(bool ok) override { handle_->OnWritten(ok); }
  void OnCancel() override { handle_->OnBroken(); }

  void OnDone() override {
    loop_->Post([fleet = fleet_, handle = handle_] { fleet->OnGone(handle->session); });
    delete this;
  }

 private:
  TaskLoop* const loop_;
  Fleet* const fleet_;
  const std::shared_ptr<StreamHandle> handle_;
};

}  // namespace

class AgentPort::Service : public v1::AgentPort::CallbackService {
 public:
  Service(TaskLoop* loop, Fleet* fleet) : loop_(loop), fleet_(fleet) {}

  Reactor* Session(grpc::CallbackServerContext* context) override {
    absl::StatusOr<Peer> peer = PeerOf(*context->auth_context());
    if (peer.ok() && !peer->role.empty() && peer->role != "agent") {
      peer = absl::PermissionDeniedError(
          absl::StrFormat("a certificate for the role '%s' may not act as an agent (benchctl ca "
                          "issue --role agent)",
                          peer->role));
    }
    if (!peer.ok()) {
      LogWarning("refused a session from %s: %s", context->peer(), Message(peer.status()));
      return new RefusingReactor<Reactor>(peer.status());
    }
    return new AgentReactor(loop_, fleet_, std::move(peer->name));
  }

 private:
  TaskLoop* const loop_;
  Fleet* const fleet_;
};

AgentPort::AgentPort(TaskLoop* loop, Fleet* fleet)
    : service_(std::make_unique<Service>(loop, fleet)) {}
AgentPort::~AgentPort() = default;
grpc::Service* AgentPort::service() { return service_.get(); }

}  // namespace benchfleet
