#include "agent/coordinator_client.h"

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "base/status.h"
#include "proto/agent_port.grpc.pb.h"
#include "proto/convert.h"

namespace benchfleet {

// How many streams gRPC still holds.
class CoordinatorClient::StreamCount {
 public:
  void Add(int change) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      count_ += change;
    }
    changed_.notify_all();
  }
  void AwaitNone() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ ABSL_GUARDED_BY(mutex_) = 0;
};

// One stream. The loop's half is called by CoordinatorClient and by posted tasks; the reactions
// come from gRPC's threads. Lives until gRPC is done with it and the loop has heard so.
//
// Operations are begun from the loop too, outside of reactions, so gRPC is kept from ending the
// stream under us by a hold, which is given up once: when the stream is broken, or closed by us.
class CoordinatorClient::Stream
    : public grpc::ClientBidiReactor<v1::AgentMessage, v1::CoordinatorMessage>,
      public std::enable_shared_from_this<Stream> {
 public:
  Stream(std::shared_ptr<grpc::Channel> channel, TaskLoop* loop, LinkEvents* events,
         std::shared_ptr<StreamCount> count)
      : channel_(std::move(channel)),
        stub_(v1::AgentPort::NewStub(channel_)),
        loop_(loop),
        count_(std::move(count)),
        events_(events) {}

  // ---- on the loop
  void Begin() {
    self_ = shared_from_this();
    count_->Add(1);
    stub_->async()->Session(&context_, this);
    AddHold();
    StartRead(&incoming_);
    StartCall();
    loop_->Post([self = shared_from_this()] {
      if (self->events_ != nullptr) self->events_->OnConnected();
    });
  }

  void Send(AgentMessage message) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (std::holds_alternative<AgentState>(message)) {
      state_ = std::move(message);
    } else {
      outbox_.push_back(std::move(message));
    }
    WriteNext();
  }

  void Close() {
    events_ = nullptr;
    context_.TryCancel();
    const std::lock_guard<std::mutex> lock(mutex_);
    Break();
  }

  // ---- reactions
  void OnReadDone(bool ok) override {
    if (!ok) {
      const std::lock_guard<std::mutex> lock(mutex_);
      return Break();
    }
    auto message = std::make_shared<absl::StatusOr<CoordinatorMessage>>(FromProto(incoming_));
    loop_->Post([self = shared_from_this(), message] { self->Deliver(std::move(*message)); });
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    writing_ = false;
    if (!ok) return Break();  // why, OnDone will tell
    WriteNext();
  }

  void OnDone(const grpc::Status& status) override {
    const std::shared_ptr<StreamCount> count = count_;
    {
      std::shared_ptr<Stream> self = std::move(self_);
      loop_->Post([self, why = FromGrpc(status)] {
        if (LinkEvents* const events = std::exchange(self->events_, nullptr)) {
          events->OnDisconnected(why);
        }
      });
    }  // `this` may be gone
    count->Add(-1);
  }

 private:
  void Deliver(absl::StatusOr<CoordinatorMessage> message) {
    if (events_ == nullptr) return;
    if (!message.ok()) {
      LinkEvents* const events = events_;
      Close();
      return events->OnDisconnected(Annotate(message.status(), "from the coordinator"));
    }
    events_->OnMessage(*std::move(message));
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!broken_) StartRead(&incoming_);
  }

  void Break() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (broken_) return;
    broken_ = true;
    outbox_.clear();
    state_.reset();
    RemoveHold();
  }

  // The state goes before batches: it is small, and the newest is what counts. The hello, which is
  // the first message of all, comes before any state does.
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || broken_) return;
    std::optional<AgentMessage> next = std::exchange(state_, std::nullopt);
    if (!next) {
      if (outbox_.empty()) return;
      next = std::move(outbox_.front());
      outbox_.pop_front();
    }
    writing_ = true;
    outgoing_.Clear();
    ToProto(*next, &outgoing_);
    StartWrite(&outgoing_);
  }

  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::AgentPort::Stub> stub_;
  TaskLoop* const loop_;
  const std::shared_ptr<StreamCount> count_;
  LinkEvents* events_;            // loop only; null once closed
  std::shared_ptr<Stream> self_;  // until OnDone

  grpc::ClientContext context_;
  v1::AgentMessage outgoing_;        // of the write under way
  v1::CoordinatorMessage incoming_;  // of the read under way

  std::mutex mutex_;
  std::deque<AgentMessage> outbox_ ABSL_GUARDED_BY(mutex_);
  std::optional<AgentMessage> state_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;
};

absl::StatusOr<std::unique_ptr<CoordinatorClient>> CoordinatorClient::Create(
    const std::string& address, const TlsFiles& tls, TaskLoop* loop) {
  BF_RETURN_IF_ERROR(Dial(address, tls).status());
  return std::unique_ptr<CoordinatorClient>(new CoordinatorClient(address, tls, loop));
}

CoordinatorClient::CoordinatorClient(std::string address, TlsFiles tls, TaskLoop* loop)
    : address_(std::move(address)),
      tls_(std::move(tls)),
      loop_(loop),
      count_(std::make_shared<StreamCount>()),
      scope_(loop) {}

CoordinatorClient::~CoordinatorClient() {
  Close();
  count_->AwaitNone();
}

void CoordinatorClient::Connect(LinkEvents* events) {
  Close();
  // A new channel for each attempt: an old one would insist on a back-off of its own.
  auto channel = Dial(address_, tls_);
  if (!channel.ok()) {
    scope_.Post([this, attempt = attempt_, events, why = channel.status()] {
      if (attempt == attempt_) events->OnDisconnected(why);
    });
    return;
  }
  stream_ = std::make_shared<Stream>(*channel, loop_, events, count_);
  stream_->Begin();
  // Only now may the former channel go. gRPC's callback threads live as long as any channel that
  // uses them; in 1.51 they do not survive being stopped and started again at the same moment
  // (assertion "prior > 0" in ref_counted.h).
  channel_ = *std::move(channel);
}

void CoordinatorClient::Send(AgentMessage message) {
  if (stream_ != nullptr) stream_->Send(std::move(message));
}

void CoordinatorClient::Close() {
  ++attempt_;
  if (stream_ != nullptr) std::exchange(stream_, nullptr)->Close();
}

}  // namespace benchfleet
